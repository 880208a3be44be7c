"""`python -m tests.sync.simulation.mortal`: `manage.py serve`, whose web processes can be killed before they answer.

A request with the header `X-Last-Words` is carried out, and its process ends by SIGKILL when the answer is ready: after
the commit, before the first byte.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from django.core.management import execute_from_command_line

HEADER = "X-Last-Words"
# What `manage.py serve` serves.
SERVED, MORTAL = "profiles_project.rsgi.application", "tests.sync.simulation.mortal.application"


class Mortal:
    """A WSGI application, and the end of its process."""

    def __init__(self, served: Callable[..., Iterable[bytes]]) -> None:
        self.served = served

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """The application's own answer, unless it is to be the last."""
        answer = self.served(environ, start_response)
        if "HTTP_X_LAST_WORDS" in environ:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


def __getattr__(name: str) -> Any:
    """The application, made in the web processes alone."""
    if name != "application":
        raise AttributeError(name)
    from profiles_project.rsgi import application  # noqa: PLC0415  # sets Django up

    application.application = Mortal(application.application)
    globals()[name] = application
    return application


def main() -> None:
    """Run the server with the mortal application."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "profiles_project.settings")
    # It needs the settings.
    serve: Any = import_module("profiles_project.management.commands.serve")
    made = serve.Granian

    def server(target: str, **options: Any) -> Any:
        if target != SERVED:
            raise ValueError(f"manage.py serve serves {target}.")
        return made(MORTAL, **options)

    serve.Granian = server
    execute_from_command_line([sys.argv[0], "serve"])


if __name__ == "__main__":
    main()
