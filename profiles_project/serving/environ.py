"""A request of granian's RSGI interface as WSGI's environment (PEP 3333)."""

import io
import sys
from typing import Any

from django.conf import settings

from profiles_project.api.addresses import nearest
from profiles_project.api.errors import Problem
from profiles_project.web.bodies import READ_BODY, REFUSAL

# CGI's names for these headers; any other is HTTP_ and its name.
NAMES = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
# The most cached names, since a client can send any.
KEPT_NAMES = 500
# Replaces a header's value that is not text; it matches nothing.
UNREADABLE = "\xff"
SCHEME = "HTTP_X_FORWARDED_PROTO"

_names: dict[str, str] = dict(NAMES)


def environment(scope: Any, body: bytes, refusal: Problem | None = None) -> dict[str, Any]:
    """The environment of a request whose body was read; `refusal` is to be its answer.

    A header with an underscore in its name is left out, since WSGI can't tell `X_Forwarded_For` from
    `X-Forwarded-For` (nginx leaves it out too). Lines of one header are joined in their order (RFC 9110, 5.3).
    """
    host, _, port = scope.server.rpartition(":")
    made: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": _latin(scope.path),
        "QUERY_STRING": _latin(scope.query_string),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": peer(scope),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": settings.WEB_WORKERS > 1,
        "wsgi.run_once": False,
        READ_BODY: body,
        REFUSAL: refusal,
    }
    headers = scope.headers
    lines = headers.items()
    for name, value in lines:
        if "_" in name:
            continue
        key = _names.get(name) or _key(name)
        if key in made:
            made[key] += ("; " if name == "cookie" else ",") + value
        else:
            made[key] = value
    if len(lines) < len(headers):
        # granian gives no value that is not in UTF-8. It is there all the same: a write has an If-Match, or a key.
        names: list[str] = headers.keys()
        for name in names:
            if "_" not in name:
                made.setdefault(_names.get(name) or _key(name), UNREADABLE)
    if SCHEME in made and settings.TRUSTED_PROXY_COUNT:
        made[SCHEME] = nearest(made[SCHEME], settings.TRUSTED_PROXY_COUNT)
    # The body is whole, in however many chunks it came.
    made.pop("HTTP_TRANSFER_ENCODING", None)
    made["CONTENT_LENGTH"] = str(len(body)) if body else ""
    return made


def peer(scope: Any) -> str:
    """The peer's address, without its port."""
    address: str = scope.client.rpartition(":")[0]
    return address.removeprefix("[").removesuffix("]")


def _latin(text: str) -> str:
    """The text's bytes, a character each, as WSGI has them."""
    return text if text.isascii() else text.encode().decode("latin-1")


def _key(name: str) -> str:
    key = "HTTP_" + name.upper().replace("-", "_")
    if len(_names) < KEPT_NAMES:
        _names[name] = key
    return key
