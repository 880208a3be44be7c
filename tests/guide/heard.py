"""Put before a page's Python, so that each answer that httpx gets is told on standard output, too."""

import json
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import httpx

P = ParamSpec("P")


def _telling(send: Callable[P, httpx.Response]) -> Callable[P, httpx.Response]:
    @wraps(send)
    def told(*args: P.args, **kwargs: P.kwargs) -> httpx.Response:
        answer = send(*args, **kwargs)
        body = answer.read().decode("latin-1")
        heard = {"status": answer.status_code, "headers": dict(answer.headers), "body": body}
        # In one piece: a page may send from several threads, and `print` writes the end of a line by itself.
        sys.stdout.write(f"\x1e{json.dumps(heard)}\n")
        return answer

    return told


httpx.Client.send = _telling(httpx.Client.send)  # type: ignore[method-assign]
