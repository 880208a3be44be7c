"""Single values of LinkedIn's archive: dates, addresses and lists in brackets."""

import re

from profiles import partial_dates
from profiles.portability import dates
from profiles_project.words.sentences import mark

NO_ADDRESS = mark("{column}: «{text}» is not a web address; it is kept as «{key}».")
READ_AS = mark("{column}: «{text}» was read as {value}.")

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
DATE_FORMS = tuple(
    re.compile(form)
    for form in (
        r"(?P<name>[a-z]{3,})\.?,? (?P<year>[0-9]{4})",
        r"(?P<day>[0-9]{1,2})\.? (?P<name>[a-z]{3,})\.?,? (?P<year>[0-9]{4})",
        r"(?P<name>[a-z]{3,})\.? (?P<day>[0-9]{1,2}),? (?P<year>[0-9]{4})",
        r"(?P<month>[0-9]{1,2})/(?P<year>[0-9]{4})",
        r"(?P<first>[0-9]{1,2})/(?P<second>[0-9]{1,2})/(?P<year>[0-9]{4}|[0-9]{2})",
    )
)
TWO_DIGIT_YEAR = re.compile(r"/[0-9]{2}$")
LAST_YEAR_OF_2000S = 49


def read_date(text: str) -> str:
    """The partial date in a text of one of LinkedIn's forms or of people's, or "" where there is none or several."""
    found = dates.read(text)
    if found.date and found.is_exact and not found.is_range:
        return found.date
    text = " ".join(text.split()).lower()
    matches = (form.fullmatch(text) for form in DATE_FORMS)
    match = next((match for match in matches if match), None)
    try:
        return partial_dates.parse(_iso(match.groupdict()) if match else text)
    except ValueError:
        return ""


def _iso(parts: dict[str, str]) -> str:
    """The text of a partial date; a month or a day that there isn't makes one that `partial_dates` refuses."""
    year, day = parts["year"], parts.get("day")
    month = int(parts.get("month") or _month(parts.get("name", "")))
    if "first" in parts:
        month, day = _month_and_day(int(parts["first"]), int(parts["second"]))
    if len(year) == len("20"):
        year = f"{20 if int(year) <= LAST_YEAR_OF_2000S else 19}{year}"
    return f"{year}-{month:02}" + (f"-{int(day):02}" if day is not None else "")


def _month(name: str) -> int:
    """The number of a month by its name or by the beginning of it, such as mar and sept; 0 where there is none."""
    return next((number for number, month in enumerate(MONTHS, start=1) if name and month.startswith(name)), 0)


def _month_and_day(first: int, second: int) -> tuple[int, str]:
    """Which is which of 12/31 and 31/12; 0 for the month of 3/4, which nobody can tell."""
    month, day = (second, first) if first > len(MONTHS) else (first, second)
    ambiguous = first != second and day <= len(MONTHS)
    return 0 if ambiguous else month, str(day)


HTTP = re.compile(r"https?://\S+", re.IGNORECASE)
WITHOUT_SCHEME = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}(?:[:/?#]\S*)?")
# \A keeps the search of a long cell from starting again at each letter.
LABEL = re.compile(r"\A(?!HTTPS?:)[A-Z][A-Z_]*:")
NETWORKS = {
    "GitHub": re.compile(r"https?://(?:www\.)?github\.com/(?P<username>[\w-]+)/?", re.IGNORECASE),
    "LinkedIn": re.compile(r"https?://(?:\w+\.)?linkedin\.com/in/(?P<username>[^/?#\s]+)/?", re.IGNORECASE),
}


def read_url(text: str) -> str:
    """An address on the web, with https where its scheme is left out, or "" where it is none."""
    if HTTP.fullmatch(text):
        return text
    return f"https://{text}" if WITHOUT_SCHEME.fullmatch(text) else ""


def websites(cell: str) -> list[str]:
    """The addresses in a cell such as [PORTFOLIO:https://ada.example,BLOG:https://blog.example], as they are there."""
    found: list[list[str]] = []
    for part in (part.strip(" \n\t[]") for part in cell.split(",")):
        if LABEL.match(part) or read_url(part) or not found:
            found.append([LABEL.sub("", part, count=1).strip()])
        elif part:
            # An address may have a comma in it.
            found[-1].append(part)
    return [site for parts in found if (site := ",".join(parts))]


def handles(cell: str) -> list[str]:
    """The names in a cell such as [ada,countess]."""
    return [name for part in cell.split(",") if (name := part.strip(" \n\t[]@"))]


def network_profile(address: str) -> dict[str, str] | None:
    """The item of `basics.profiles` for an address that is a person's page in a network, else None."""
    for network, form in NETWORKS.items():
        if match := form.fullmatch(address):
            return {"network": network, "username": match["username"], "url": address}
    return None
