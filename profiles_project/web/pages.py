"""Middleware of Django and others that only pages need: requests to the API skip it.

The API has neither cookies nor forms, and each of these would cost it a part of its answer's time.
"""

from typing import Any

from csp.middleware import CSPMiddleware as _Policy
from django.contrib.auth.middleware import AuthenticationMiddleware as _Authentication
from django.contrib.messages.middleware import MessageMiddleware as _Message
from django.contrib.sessions.middleware import SessionMiddleware as _Session
from django.http import HttpRequest

API = "/api/v1/"


class PagesOnly:
    """Mixed in before a middleware class."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request) if request.path.startswith(API) else super().__call__(request)  # type: ignore[misc]  # of the other class


class CSPMiddleware(PagesOnly, _Policy):
    """The content security policy of pages; that of the API's answers is one text and allows nothing."""


class SessionMiddleware(PagesOnly, _Session):
    """The session of somebody in the admin."""


class AuthenticationMiddleware(PagesOnly, _Authentication):
    """Who uses the admin."""


class MessageMiddleware(PagesOnly, _Message):
    """What the admin tells the person on the next page."""
