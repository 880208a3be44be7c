"""What languages are called in each other, by Unicode's CLDR (tests/support/cldr.py writes the names)."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path

NAMES_FILE = Path(__file__).with_name("language_names.json")
# Where nobody says in which language, or its names aren't there.
_ELSE = "en"


def language_name(code: str, language: str) -> str:
    """The name of the language with that ISO 639 code, in another language: of "fra" in "de" «Französisch».

    "" for a code that isn't known. Either may have two letters or three, and a country («de-AT»).
    """
    codes, names = _names()
    short, known = (codes.get(each.lower().replace("_", "-").partition("-")[0], "") for each in (code, language))
    return names.get(known, names[_ELSE]).get(short, "")


@functools.cache
def _names() -> tuple[Mapping[str, str], Mapping[str, Mapping[str, str]]]:
    """The codes of two letters by all codes; by these the names of languages, in the languages that have names."""
    content = json.loads(NAMES_FILE.read_text(encoding="utf-8"))
    return content["codes"], content["names"]
