"""Who sends a request, as far as its head tells, and what it counts as before it has a thread."""

import base64
import binascii
import functools
import json
import re
from typing import Any, NamedTuple

from django.conf import settings

from profiles_project.api.addresses import client_network
from profiles_project.serving.environ import peer

# Larger bodies take long to be judged.
LARGE_BODY_BYTES = 256 * 2**10
# How much of each kind of slow work a process does at once: each takes a core for seconds or a tenth of a gigabyte.
# Documents are one more than a user may have under way, so that a third is refused at once and does not wait.
MOST_SLOW = {"documents": 3, "passwords": 2}
# What makes or reads whole documents, and what hashes a password.
SLOW = re.compile(
    r"(?P<documents>/api/v1/(?:profiles/import|profiles/[^/]+/(?:export|duplicate)|auth/me/export|jobs/[^/]+/file))"
    r"|(?P<passwords>/admin/(?:login|password_change|second-factor/password)/|/reset-password|/api/v1/auth/"
    r"(?:login|register|change-password|reset-password|change-email|me/erase))"
)
# A longer token is not one of ours, and would only fill the memory of those that are known.
LONGEST_TOKEN = 2_000


class Sender(NamedTuple):
    """Where a request comes from, and that with the user whom its token names, if it has one.

    The token is not checked here. Whoever makes one up shares nobody's threads, since the network is their own, and
    gains none by many names, since the network is judged first.
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
    """What a request with a body of so many bytes counts as, and how many of each may be under way.

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
