"""Returns the memory of a large request to the system soon after it, and not when later requests happen to."""

import ctypes
import gc
import threading
import time

from rest_framework.request import Request

LARGE_BYTES = 2**20
# By then the answer is sent, and nothing but circles of references holds what the body was.
REST_SECONDS = 1

_large = threading.Event()


def note_body(size: int) -> None:
    """Say that a body of so many bytes was read."""
    if size >= LARGE_BYTES:
        _large.set()


def let_go(request: Request) -> None:
    """Free what a large request has parsed, before its user may send the next one.

    View, request and serializers refer to each other, so that it would stay until the collector comes by, and with it
    that of the requests after it. With the service's own objects out of its sight (`gc.freeze`) that takes 10 to 50 ms.
    """
    request._data = request._full_data = None  # type: ignore[attr-defined]  # noqa: SLF001  # DRF has no public way
    gc.collect()


def give_back() -> None:
    """For a thread that ends with its process: collects garbage and frees memory after each large body.

    Python's collector comes by when enough new objects were made, which on a quiet server is never; glibc keeps free
    memory between pieces that are in use unless it is told not to (other C libraries have no such call).
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    while True:
        _large.wait()
        time.sleep(REST_SECONDS)
        _large.clear()
        gc.collect()
        if trim:
            trim(0)
