"""PDFs as tests read them."""

from typing import Any

from profiles.portability import printing


def pdf(*given: Any, **named: Any) -> bytes:
    """The bytes of `printing.pdf`."""
    return printing.pdf(*given, **named).content
