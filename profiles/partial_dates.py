"""Partial dates: a career's dates with the precision in which people remember them.

A partial date is one of the texts "2021", "2021-03" and "2021-03-15" (contract 1.1), from the year 1000 to 9999, so
that the order of the texts is the order of their earliest days.
"""

import functools
import re
from calendar import monthrange
from datetime import date

from profiles_project.words.sentences import mark, say

FORM = re.compile(r"[1-9][0-9]{3}(?:-[0-9]{2}(?:-[0-9]{2})?)?")


def parse(text: str) -> str:
    """The partial date in a text, without surrounding white space; ValueError, one sentence, if it is none."""
    return _checked(text.strip())


# The dates of careers are few; only those that are valid are remembered, so that each has ten characters at most.
@functools.lru_cache(maxsize=4096)
def _checked(text: str) -> str:
    if not FORM.fullmatch(text):
        raise ValueError(mark("Give a date as a year, a month or a day, such as 2021, 2021-03 or 2021-03-15."))
    try:
        earliest(text)
    except ValueError as error:
        raise ValueError(say("There is no such date as {date}.", date=text)) from error
    return text


def earliest(text: str) -> date:
    """The first day that a partial date may mean; ValueError where the calendar has no such day."""
    missing = "-01-01"[len(text) - len("2021") :]
    return date.fromisoformat(text + missing)


def latest(text: str) -> date:
    """The last day that a partial date may mean; ValueError where the calendar has no such day."""
    day = earliest(text)
    if len(text) == len("2021"):
        return day.replace(month=12, day=31)
    if len(text) == len("2021-03"):
        return day.replace(day=monthrange(day.year, day.month)[1])
    return day


def ends_before(end: str, start: str) -> bool:
    """Whether a range can't be right: the latest day that its end may mean lies before the earliest day of its start.

    Written as the database's check constraint is: the two texts compared at the length of the shorter one. That says
    the same as `latest(end) < earliest(start)`: where one is the beginning of the other, they have a day in common.
    """
    precision = min(len(end), len(start))
    return end[:precision] < start[:precision]
