"""What the maintenance commands share: how they show their progress and how they count."""

from typing import Any

from tqdm import tqdm


def bar(what: str, total: int | None = None, unit: str = " rows") -> "tqdm[Any]":
    """A progress bar on standard error where that is a terminal, nothing where it is not; gone when it is done."""
    return tqdm(total=total, desc=what, unit=unit, unit_scale=True, disable=None, leave=False)


def counted(number: int, what: str = "row") -> str:
    """`1 row`, `2 rows`, `1,000 rows`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
