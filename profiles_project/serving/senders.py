"""Classifies a request by its head, before it has a thread: its sender, and the limits that it counts against."""

import base64
import binascii
import functools
import json
import re
from typing import Any, NamedTuple

from django.conf import settings

from profiles_project.api.addresses import client_network
from profiles_project.serving.environ import peer

# Larger bodies take long to validate.
LARGE_BODY_BYTES = 256 * 2**10
# How many works of each slow kind a process does at once: each takes a core for seconds, or a tenth of a gigabyte.
# Documents are one more than a user may have under way, so that a third is refused at once and does not wait.
MOST_SLOW = {"documents": 3, "passwords": 2}
# The routes that make or read whole documents, and those that hash a password.
SLOW = re.compile(
    r"(?P<documents>/api/v1/(?:profiles/import|profiles/[^/]+/(?:export|duplicate)|auth/me/export|jobs/[^/]+/file))"
    r"|(?P<passwords>/admin/(?:login|password_change|second-factor/password)/|/reset-password|/api/v1/auth/"
    r"(?:login|register|change-password|reset-password|change-email|me/erase))"
)
# A longer token is none of ours, and would only fill the cache of known ones.
LONGEST_TOKEN = 2_000


class Sender(NamedTuple):
    """The network that a request comes from, and that together with the user that its token names, if any.

    The token is not verified here. A made-up token takes no threads from its user, who is in another network, and many
    made-up ones gain nothing, since their network is judged first.
    """

    network: str
    user: str


def sender_of(scope: Any) -> Sender:
    """Who sends the request."""
    headers = scope.headers
    trusted = settings.TRUSTED_PROXY_COUNT
    forwarded = ",".join(headers.get_all("x-forwarded-for")) if trusted else ""
    network = client_network(peer(scope), forwarded, trusted)
    token = headers.get("authorization")
    subject = _subject(token) if token and len(token) <= LONGEST_TOKEN else ""
    return Sender(network, f"{network} {subject}")


def limits(scope: Any, size: int, sender: Sender) -> list[tuple[str, int]]:
    """The limits that a request with a body of this size counts against, and how many of each may be under way.

    One user leaves two threads of a process to others, one network leaves one, and so does one part of the API, whose
    tables may be locked.
    """
    threads: int = settings.WEB_THREADS
    most = max(1, threads - 1)
    found = [(sender.user, max(1, threads - 2)), (sender.network, most), (_area(scope.path), most)]
    if slow := SLOW.fullmatch(scope.path):
        kind = str(slow.lastgroup)
        found.append((kind, MOST_SLOW[kind]))
    elif size > LARGE_BODY_BYTES:
        found.append(("documents", MOST_SLOW["documents"]))
    return found


def _area(path: str) -> str:
    """The first word of the path, below the API's own prefix: `profiles`, `auth`, `admin`."""
    return path.removeprefix("/api/v1").lstrip("/").partition("/")[0]


@functools.lru_cache(maxsize=2_000)
def _subject(authorization: str) -> str:
    """The subject of a JSON web token (RFC 7519); nothing where it can't be read."""
    parts = authorization.split(".")
    if len(parts) != 3:  # noqa: PLR2004  # head, claims and signature
        return ""
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
        return str(claims["sub"])
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
        return ""
