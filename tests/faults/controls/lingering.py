"""The control of sigterm: the service with a pause between what it stores and what it answers."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from profiles_project.wsgi import application as served

PAUSE_SECONDS = 0.1


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The service's own answer, late."""
    answer: Iterable[bytes] = served(environ, start_response)
    time.sleep(PAUSE_SECONDS)
    return answer
