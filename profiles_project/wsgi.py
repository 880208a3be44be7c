"""The service as a WSGI application, for granian (`manage.py serve`) or any other server."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http.request import HttpHeaders
from django.utils.functional import cached_property

from profiles_project.database import clock
from profiles_project.observe import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "profiles_project.settings")


# In characters. Python reads the parameters of a type in quadratic time: those of 128 KiB take 8 s.
LONGEST_TYPE = 1_000


class Headers(Mapping[str, str]):
    """A request's headers by their names in any case, each found when it is asked for.

    Django's own are a dictionary of them all, which costs a 304 a fortieth of its time; few requests look at three.
    """

    def __init__(self, meta: Mapping[str, Any]) -> None:
        self._meta = meta

    def get(self, name: str, default: Any = None) -> Any:
        return self._meta.get(HttpHeaders.to_wsgi_name(name), default)

    def __getitem__(self, name: str) -> str:
        return str(self._meta[HttpHeaders.to_wsgi_name(name)])

    def __contains__(self, name: object) -> bool:
        return HttpHeaders.to_wsgi_name(str(name)) in self._meta

    def __iter__(self) -> Iterator[str]:
        return iter(HttpHeaders(self._meta))

    def __len__(self) -> int:
        return len(HttpHeaders(self._meta))


class Request(WSGIRequest):
    """Django's request, which a malformed Content-Type would keep from being made, outside all handlers of errors."""

    @cached_property
    def headers(self) -> Headers:  # type: ignore[override]  # another mapping
        return Headers(self.META)

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
