"""Single values of LinkedIn's archive: dates, addresses and lists in brackets."""

import re

from profiles.portability import dates
from profiles_project.words.sentences import mark

NO_ADDRESS = mark("{column}: «{text}» is not a web address; it is kept as «{key}».")
READ_AS = mark("{column}: «{text}» was read as {value}.")
# 12/31/20, as in old archives. People's own dates have no year of two digits that can be told from a day.
SHORT_YEAR = re.compile(r"(?P<day>[0-9]{1,2}/[0-9]{1,2}/)(?P<year>[0-9]{2})")


def read_date(text: str) -> str:
    """The partial date in a text, or "" where there is none, more than one, or where it says more than that."""
    if short := SHORT_YEAR.fullmatch(text):
        text = f"{short['day']}{20 if int(short['year']) <= dates.LAST_OF_2000S else 19}{short['year']}"
    found = dates.read(text)
    return found.date if found.is_exact and not found.is_range else ""


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
