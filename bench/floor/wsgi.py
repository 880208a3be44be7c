"""A bare WSGI function: one prepared look-up by primary keys, then a 304, or the document out of Redis.

It believes every token, checks nothing else, and writes no log: no service could do without, so that what lies between
it and a service is the most that could be had.
"""

import base64
import json
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import psycopg
from redis import Redis

Start = Callable[[str, list[tuple[str, str]]], object]

DATABASE_URL = os.environ["DATABASE_URL"]
LOOK_UP = (
    "SELECT p.version FROM users_session s JOIN users_user u ON u.id = s.user_id"
    " JOIN profiles_profile p ON p.id = %s AND p.user_id = u.id WHERE s.id = %s"
)
PREFIX = "/api/v1/profiles/"
NOT_FOUND: list[tuple[str, str]] = [("Content-Length", "0")]

local = threading.local()
cache = Redis.from_url(os.environ["REDIS_URL"])


def database() -> Any:
    """The connection of the thread, which keeps its statements prepared."""
    if not hasattr(local, "connection"):
        local.connection = psycopg.connect(DATABASE_URL, autocommit=True)
        local.connection.prepare_threshold = 0
    return local.connection


def session_of(environ: dict[str, Any]) -> str:
    """The session that the token names."""
    payload = environ["HTTP_AUTHORIZATION"].split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(payload + "==="))["sid"])


def application(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """GET of a profile."""
    path: str = environ["PATH_INFO"]
    if not path.startswith(PREFIX):
        start("404 Not Found", NOT_FOUND)
        return []
    profile_id = path[len(PREFIX) :]
    row = database().execute(LOOK_UP, [profile_id, session_of(environ)]).fetchone()
    if row is None:
        start("404 Not Found", NOT_FOUND)
        return []
    etag = f'"{profile_id}.{row[0]}"'
    headers = [("ETag", etag), ("Cache-Control", "private, no-cache"), ("Vary", "Authorization")]
    if environ.get("HTTP_IF_NONE_MATCH") == etag:
        start("304 Not Modified", headers)
        return []
    # Put there by who compares (`contenders.keep_documents`).
    body: Any = cache.get(etag)
    start("200 OK", [*headers, ("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
