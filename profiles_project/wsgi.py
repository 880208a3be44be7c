"""The service as a WSGI application, for granian (`manage.py serve`) or any other server."""

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

from profiles_project.database import clock
from profiles_project.observe import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "profiles_project.settings")


# In characters. Python reads the parameters of a type in quadratic time: those of 128 KiB take 8 s.
LONGEST_TYPE = 1_000


class Request(WSGIRequest):
    """Django's request, which a malformed Content-Type would keep from being made, outside all handlers of errors."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        if len(meta.get("CONTENT_TYPE", "")) > LONGEST_TYPE:
            meta["CONTENT_TYPE"] = ""
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]  # not in the stubs
        except ValueError:
            # Without a type the body is one that no parser takes: 415.
            meta["CONTENT_TYPE"] = ""
            super()._set_content_type_params(meta)  # type: ignore[misc]  # as above


class Application(WSGIHandler):
    """Django's application over our request."""

    request_class = Request


# What Django's get_wsgi_application() does, with our class.
django.setup(set_prefix=False)
tracing.start()
clock.ask()
application = Application()
