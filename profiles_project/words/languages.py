"""In which language a request is answered (contract 1.3)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from rest_framework.request import Request

from profiles_project.words.wording import language_of

R = TypeVar("R", bound=HttpResponseBase)


def request_language(request: HttpRequest | Request) -> str:
    """The language of the one who asks; an account counts as soon as the request is known to be its own."""

    def account() -> str | None:
        # DRF puts the user there when it has authenticated the request.
        user = getattr(getattr(request, "_request", request), "user", None)
        # On pages Django does, who asks the database for the admin's session then, which may be what is away.
        return None if type(user) is SimpleLazyObject else getattr(user, "language", None)

    return language_of(request.headers.get("Accept-Language"), account)


def spoken(response: R, language: str) -> R:
    """The response, marked as one that says something in a language."""
    response.headers["Content-Language"] = language
    patch_vary_headers(response, ["Accept-Language"])
    return response


@contextmanager
def in_language_of(request: HttpRequest | Request) -> Iterator[str]:
    """Inside, the language of the one who asks is active; it is what this gives."""
    language = request_language(request)
    with translation.override(language):
        yield language
