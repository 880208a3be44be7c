"""Dates as people and programs write them in résumés, read as partial dates (contract 1.1).

Pure. What has one meaning is read; what has several is read as far as they agree, which is the year. All else is no
date: nobody's start or end is guessed.
"""

import functools
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from profiles.partial_dates import parse
from profiles.portability import date_words
from profiles.portability.eras import years_of_our_era

# The months' names by Unicode's CLDR (tests/support/cldr.py writes them).
MONTHS_FILE = Path(__file__).with_name("months.json")
# Longer texts are none of a date.
LONGEST = 100
# Of a year of two digits: up to here it is one of the 2000s.
LAST_OF_2000S = 49
# The beginning of a month's name is enough where it has so many letters and no other month begins with it.
SHORTEST_NAME = 3


class Found(NamedTuple):
    """What a text says: the date or the start of a range, the end of a range, and whether that is now.

    `is_exact` is false where the text says more than could be read, as a season does.
    """

    date: str = ""
    end: str = ""
    is_now: bool = False
    is_range: bool = False
    is_exact: bool = True


NOTHING = Found()
NOW = Found(is_now=True)


def read(text: str) -> Found:
    """What a text says as a date, a range of dates, or as «now»; NOTHING where it says none of them."""
    if len(text) > LONGEST:
        return NOTHING
    if _OURS.fullmatch(text) and (found := _read_ours(text)):
        return found
    text = _plain(text)
    if means_now(text):
        return NOW
    return _range(text) or _date(text) or NOTHING


# As we and the standard write dates, which most are.
_OURS = re.compile(r"[12][0-9]{3}(?:-[0-9]{2}){0,2}")


def _read_ours(text: str) -> Found | None:
    try:
        return Found(parse(text))
    except ValueError:
        return None


@functools.lru_cache(maxsize=1024)
def means_now(text: str) -> bool:
    """Whether the text of an end says that it is still to come."""
    return len(text) <= LONGEST and _plain(text).strip("().[] ") in date_words.NOW


def says_nothing(value: Any) -> bool:
    """Whether a value is what programs and people write in place of a date that there isn't."""
    return isinstance(value, str) and value.strip().casefold() in _NOTHINGS


_NOTHINGS = frozenset(
    {"-", "\u2013", "\u2014", "\u2212", "n/a", "n.a.", "na", "null", "none", "nil", "undefined", "k.a."}
)


def read_period(text: str) -> Found:
    """What a text says of a period, of which it may name one end alone: «since 2018», «2018 –», «until 2020»."""
    if len(text) > LONGEST:
        return NOTHING
    plain = _plain(text)
    since, until = _SINCE.match(plain), _UNTIL.match(plain)
    if since and (start := _date(plain[since.end() :])):
        return Found(start.date, is_now=True, is_range=True, is_exact=start.is_exact)
    if until and (end := _date(plain[until.end() :])):
        return Found(end=end.date, is_range=True, is_exact=end.is_exact)
    if plain.endswith("-") and (start := _date(plain)):
        return Found(start.date, is_now=True, is_range=True, is_exact=start.is_exact)
    return read(text)


_SINCE = re.compile(rf"(?:{'|'.join(date_words.SINCE)})[. ]+")
_UNTIL = re.compile(rf"(?:(?:{'|'.join(date_words.UNTIL)})[. ]+|-+ ?)")


def _plain(text: str) -> str:
    """The text in small letters, with plain digits, dashes, apostrophes and blanks."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = "".join(map(_plain_letter, text))
    return years_of_our_era(" ".join(text.split()))


def _plain_letter(letter: str) -> str:
    if letter.isascii():
        return letter
    if (digit := unicodedata.decimal(letter, None)) is not None:
        return str(digit)
    kind = unicodedata.category(letter)
    if kind == "Pd" or letter in "\N{MINUS SIGN}\N{WAVE DASH}":
        return "-"
    if letter in "\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}\N{ACUTE ACCENT}\N{PRIME}":
        return "'"
    # Marks of direction say nothing.
    return "" if kind == "Cf" else letter


# Ranges ---------------------------------------------------------------------------------------------------------------


def _range(text: str) -> Found | None:
    """A range in one text: «2018 - 2020», «Mar 2018 – present», «from 2018 to 2020», «2018-20»."""
    if any(form.fullmatch(text) for form in (_SHORT_RANGE, _TERM, _EITHER_END)):
        return _years(text)
    for one, other in _halves(text):
        start = _date(one)
        if start is None:
            continue
        if means_now(other) or text.endswith(" to date"):
            return Found(start.date, is_now=True, is_range=True, is_exact=start.is_exact)
        end = _date(other)
        if end is not None:
            return Found(start.date, end.date, is_range=True, is_exact=start.is_exact and end.is_exact)
    return _month_range(text)


def _years(text: str) -> Found | None:
    """A range of which the years alone are sure."""
    if found := _SHORT_RANGE.fullmatch(text):
        start, end = found["start"], found["start"][:2] + found["end"]
        return Found(start, end, is_range=True) if end > start else None
    if found := _TERM.fullmatch(text):
        year, following = _year(found["year"]), _year(found["end"])
        return Found(f"{year}", f"{following}", is_range=True, is_exact=False) if following == year + 1 else None
    if found := _EITHER_END.fullmatch(text):
        return Found(found["start"], found["end"], is_range=True, is_exact=False)
    return None


# A month has twelve; 2018-20 can mean years alone.
_SHORT_RANGE = re.compile(r"(?P<start>(?:19|20)[0-9]{2}) ?[-/] ?(?P<end>1[3-9]|[2-9][0-9])")
# Winter 2018/19, WS18/19. «Spring 05/06» may be a month, and two whole years are a range like any other.
_TERM = re.compile(
    rf"(?:(?:{'|'.join(date_words.SEASONS)}) (?!0|1[0-2][^0-9])|(?:{'|'.join(date_words.TERMS)}) ?)"
    r"(?P<year>[0-9]{4}(?=[^0-9]+[0-9]{2}$)|[0-9]{2}) ?[/-] ?(?P<end>[0-9]{4}|[0-9]{2})"
)
# The month of 2018-03-2019 may be in either year.
_EITHER_END = re.compile(r"(?P<start>(?:19|20)[0-9]{2})-[0-9]{1,2}-(?P<end>(?:19|20)[0-9]{2})")
_DASH = re.compile(r" ?(?:-+|(?<=.)~|(?<=[年月日])(?:至|から)) ?")


def _halves(text: str) -> Iterator[tuple[str, str]]:
    """The text parted at each place where a range may be parted."""
    text = text.removeprefix("from ").removeprefix("von ").removeprefix("de ").removeprefix("du ").removeprefix("từ ")
    # Of «2018-03 - 2019» the dash between blanks.
    dashes = sorted(_DASH.finditer(text), key=lambda found: " " not in found[0])
    for found in (*dashes, *_TO.finditer(text)):
        one, other = text[: found.start()].strip(), text[found.end() :].strip()
        if one and other:
            yield one, other
    one, _, other = text.partition("/")
    if other and ("-" in one or "-" in other or " " in one or len(one) == len(other) == len("2018")):
        # ISO 8601 parts a range so, and schools their years.
        yield one.strip(), other.strip()


_TO = re.compile(rf" (?:{'|'.join(date_words.TO)}) ")


def _month_range(text: str) -> Found | None:
    """«March - June 2018», in which the year stands once."""
    found = re.fullmatch(r"(?P<one>[^0-9-]{3,}) ?-+ ?(?P<other>[^0-9-]{3,}) (?P<year>[0-9]{4})", text)
    if not found:
        return None
    one, other = (_month(found[name].strip()) for name in ("one", "other"))
    if not one or not other or one > other:
        return None
    return Found(f"{found['year']}-{one:02}", f"{found['year']}-{other:02}", is_range=True)


# Dates ----------------------------------------------------------------------------------------------------------------


def _date(text: str) -> Found | None:
    """A single date."""
    text = text.strip(" ()[],;-").rstrip(". ")
    # Words that say how sure the date is.
    bare = _SURE.sub("", text).strip(" .")
    is_exact = bare == text
    bare = _BEGAN_OR_ENDED.sub("", bare)
    for form in _NUMBERS:
        if found := form.fullmatch(bare):
            made = _of_numbers(found)
            return made and made._replace(is_exact=made.is_exact and is_exact)
    if found := _EITHER_WAY.fullmatch(bare):
        return _of_two(int(found["first"]), int(found["second"]), _year(found["year"]))
    for form in _NAMES:
        if (found := form.fullmatch(bare)) and (month := _month(found["name"])):
            return _made(_year(found["year"]), month, found.groupdict().get("day"), is_exact=is_exact)
    # Of a quarter or a season the year is what a partial date can say.
    for form in _PARTS_OF_A_YEAR:
        if found := form.fullmatch(bare):
            return _made(_year(found["year"]), is_exact=False)
    return None


_SURE = re.compile(
    rf"^(?:{'|'.join(date_words.ABOUT)})[. ]+|^[~≈]|[ (]+(?:{'|'.join(date_words.EXPECTED)})\)?$| ?\(?\?\)?$"
)
_BEGAN_OR_ENDED = re.compile(rf"(?<=[0-9年月日년월일]) ?(?:{'|'.join(date_words.BEGAN_OR_ENDED)})$")
_YEAR = r"(?P<year>[0-9]{4})"
_MONTH, _DAY = r"(?P<month>[0-9]{1,2})", r"(?P<day>[0-9]{1,2})"
_NUMBERS = tuple(
    re.compile(form)
    for form in (
        # 2018, 2018-3, 2018-03-01; 2018/03/01, 2018.03.01, 2018. 3. 1
        rf"{_YEAR}(?:-{_MONTH}(?:-{_DAY})?)?",
        rf"{_YEAR}[/.] ?{_MONTH}(?:[/.] ?{_DAY})?",
        # 2018-03-01T00:00:00.000Z
        rf"{_YEAR}-(?P<month>[0-9]{{2}})-(?P<day>[0-9]{{2}})[t ][0-9]{{2}}:?[0-9]{{2}}.*",
        # 20180301, 201803
        r"(?P<year>(?:19|20)[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})?",
        # 03/2018, 03.2018, 03-2018
        rf"{_MONTH} ?[/.-] ?{_YEAR}",
        # 25.03.2018: with full stops the day always comes first
        rf"{_DAY}\. ?{_MONTH}\. ?{_YEAR}",
        # 2018年3月1日, 2018년 3월 1일
        rf"{_YEAR} ?[年년](?: ?{_MONTH} ?[月월](?: ?{_DAY} ?[日일号號]?)?)?",
        # 03/'18
        rf"{_MONTH} ?[/.-]? ?'(?P<short>[0-9]{{2}})",
        # tháng 07/2012, T9/2008
        rf"(?:tháng|thg) ?{_MONTH} ?[/.-] ?{_YEAR}",
        # T3/2018 may be a quarter.
        rf"t(?P<month>[5-9]|0[1-9]|1[0-2]) ?[/.-] ?{_YEAR}",
        # 2018 г., 31.08.2010 г.
        rf"(?:{_DAY}\.)?(?:{_MONTH}\.)?{_YEAR} ?(?:года?|року|рік|г|р)",
    )
)
# 25/03/2018 and 03/25/2018
_EITHER_WAY = re.compile(rf"(?P<first>[0-9]{{1,2}})[/-](?P<second>[0-9]{{1,2}})[/-]{_YEAR}")
_ANY_YEAR = r"(?P<year>[0-9]{4}|'[0-9]{2})"
_NAME = r"(?P<name>[^\W\d_][^\d_,/()]*?|thg [0-9]{1,2}|tháng [0-9]{1,2})"
_ORDINAL = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|er|ère|º|ª|°|\.)?"
# Russian and Ukrainian put «year» behind the number.
_YEAR_WORD = r"(?: ?(?:года|року|г|р)\.?)?"
_OF_YEAR = rf"(?: de | del | năm | ?[ ,/-] ?)?{_ANY_YEAR}{_YEAR_WORD}"
_NAMES = tuple(
    re.compile(form)
    for form in (
        # March 2018, Mar. '18, March, 2018, marzo de 2018, tháng 3 năm 2018, Mar/2018, mar-2018, março/2018
        rf"{_NAME}[.,]?{_OF_YEAR}",
        # 1 March 2018, 1st of March, 2018, 1. März 2018, 25 de marzo de 2018, 01-Mar-2018
        rf"(?:ngày )?{_ORDINAL}(?: de | of | ?[ -] ?)?{_NAME}[.,]?{_OF_YEAR}",
        # March 1, 2018
        rf"{_NAME}[.]? {_ORDINAL},? {_ANY_YEAR}",
        # 2018 March, 2018-Mar, 2018. március 1
        rf"{_YEAR}[.,]?(?: ?[ /-] ?){_NAME}(?: {_ORDINAL})?",
    )
)
_SEASON, _TERMS = "|".join(date_words.SEASONS), "|".join(date_words.TERMS)
_PARTS_OF_A_YEAR = tuple(
    re.compile(form)
    for form in (
        # Q1 2018, and of half years H1 and S1
        rf"(?:(?:q|t|k|kv)[ .]?[1-4]|[hs][ .]?[12])(?:[ /-]| of )?{_ANY_YEAR}",
        rf"(?:[1-4](?:q|t)|[12][hs])[ /-]?{_ANY_YEAR}",
        rf"{_YEAR}[ /-]?(?:(?:q|t|k)[ .]?[1-4]|[hs][ .]?[12])",
        rf"[1-4](?:\.|st|nd|rd|th|er|e|ère|º|°)? (?:{'|'.join(date_words.QUARTERS)})(?: de| of|,)? {_ANY_YEAR}",
        rf"(?:{_SEASON})(?: de| del| of|,)? ?{_ANY_YEAR}",
        rf"{_YEAR},? (?:{_SEASON}|{_TERMS})",
        # SS 2018, SS18
        rf"(?:{_TERMS})(?: de| del| of|,)? ?(?P<year>[0-9]{{4}}|'?[0-9]{{2}})",
        # School and business years: 2018年度, 2018학년도
        rf"{_YEAR} ?(?:年度|학년도|년도)",
        rf"{_YEAR} ?[年년]? ?(?:{'|'.join(date_words.PARTS_BEHIND)}|{_SEASON})",
        # quý 2 năm 2010, I кв. 2007, 1-е полугодие 2006
        rf"(?:{'|'.join(date_words.QUARTERS_BEFORE)}) ?[1-4](?: năm |[ /]){_YEAR}",
        rf"(?:[1-4]|i{{1,3}}|iv)(?:-?(?:е|й|я))? (?:{'|'.join(date_words.QUARTERS)})\.? {_YEAR}{_YEAR_WORD}",
    )
)


def _of_numbers(found: re.Match[str]) -> Found | None:
    parts = found.groupdict()
    year = _year(parts.get("short") or parts["year"])
    month = parts.get("month")
    return _made(year, None if month is None else int(month), parts.get("day"))


def _of_two(first: int, second: int, year: int) -> Found | None:
    """A day and a month in an order that only their size tells. Where it does not, both agree on the year."""
    ways = {(month, day) for month, day in ((second, first), (first, second)) if _made(year, month, str(day))}
    if len(ways) == 1:
        ((month, day),) = ways
        return _made(year, month, str(day))
    return _made(year, is_exact=False) if ways else None


def _made(year: int, month: int | None = None, day: str | None = None, *, is_exact: bool = True) -> Found | None:
    """The partial date of these, None where there is no such day."""
    found = _read_ours(f"{year:04}" + ("" if month is None else f"-{month:02}") + (f"-{int(day):02}" if day else ""))
    return found and found._replace(is_exact=is_exact)


def _year(text: str) -> int:
    """The year of 2018, of '18 and of 18."""
    digits = text.removeprefix("'")
    if len(digits) > len("18"):
        return int(digits)
    return int(digits) + (2000 if int(digits) <= LAST_OF_2000S else 1900)


# Names ----------------------------------------------------------------------------------------------------------------


@functools.cache
def _months() -> tuple[dict[str, int], dict[str, int]]:
    """The months by their names, and by the beginnings of names that no other month has."""
    names: dict[str, int] = json.loads(MONTHS_FILE.read_text(encoding="utf-8"))
    for name, month in list(names.items()):
        for spelled in (_without_accents(name), *(name.replace(*each) for each in _SPELLED_OUT)):
            names.setdefault(spelled, month)
    beginnings: dict[str, set[int]] = {}
    for name, month in names.items():
        for length in range(SHORTEST_NAME, len(name)):
            beginnings.setdefault(name[:length], set()).add(month)
    return names, {start: months.pop() for start, months in beginnings.items() if len(months) == 1}


# Without the letter on one's keyboard one writes two.
_SPELLED_OUT: Sequence[tuple[str, str]] = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"))


def _month(name: str) -> int:
    """The number of a month, 0 for what is none's name."""
    # «tháng 03» is «tháng 3».
    name = name.strip(" .").replace(" 0", " ")
    names, beginnings = _months()
    return names.get(name) or names.get(_without_accents(name)) or beginnings.get(name, 0)


def _without_accents(name: str) -> str:
    """A name in Latin letters without their accents; other scripts have marks that are letters."""
    apart = unicodedata.normalize("NFD", name)
    if not all(letter.isascii() or unicodedata.combining(letter) for letter in apart):
        return name
    return "".join(letter for letter in apart if letter.isascii())
