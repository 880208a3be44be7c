"""The control of logs_without_personal_data: the service with a line in its log that quotes what was sent."""

import io
import logging
from collections.abc import Callable, Iterable
from typing import Any

from profiles_project.wsgi import application as served


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The service's own answer, after a line with the token and the body."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    logging.getLogger("profiles").info("%s %s", environ.get("HTTP_AUTHORIZATION"), body.decode(errors="replace"))
    answer: Iterable[bytes] = served(environ | {"wsgi.input": io.BytesIO(body)}, start_response)
    return answer
