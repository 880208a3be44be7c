"""Which fonts a document needs beside the typesetter's own, and which of them this machine has.

The typesetter's own fonts have Latin, Greek, Cyrillic and Hebrew letters. To look through all fonts of a machine takes
it longer than to set a page, so it is given the files of Noto for the scripts that a document has.
"""

import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from profiles_project.words.sentences import mark

# Where Debian and most others keep fonts, and where an administrator puts more.
FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")
_OWN = {"LATIN", "GREEK", "CYRILLIC", "HEBREW", "MODIFIER", "COMBINING", "MASCULINE", "FEMININE", "MICRO"}
_JAPANESE = {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HALFWIDTH"}
_KOREAN = {"HANGUL"}
_CHINESE = {"CJK", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH", "KANGXI"}
# Where Han letters have the forms of Taiwan and Hong Kong.
_TRADITIONAL = {"TW": "TC", "HK": "HK", "MO": "HK"}
# What a font of Noto is called where it isn't called by the name of its script, the best first.
_NAMES = {
    "Chinese": ("SerifCJK", "SansCJK"),
    "Japanese": ("SerifCJK", "SansCJK"),
    "Korean": ("SerifCJK", "SansCJK"),
    "Arabic": ("NaskhArabic", "SansArabic"),
    "Emoji": ("ColorEmoji",),
}
_FAMILIES = {
    "SerifCJK": "Serif CJK {form}",
    "SansCJK": "Sans CJK {form}",
    "NaskhArabic": "Naskh Arabic",
    "SansArabic": "Sans Arabic",
    "ColorEmoji": "Color Emoji",
}
# What people call the scripts of the languages with most speakers; of others the name in Unicode is said.
_WORDS = (
    mark("Arabic"),
    mark("Armenian"),
    mark("Bengali"),
    mark("Chinese"),
    mark("Devanagari"),
    mark("Emoji"),
    mark("Ethiopic"),
    mark("Georgian"),
    mark("Gujarati"),
    mark("Gurmukhi"),
    mark("Hebrew"),
    mark("Japanese"),
    mark("Kannada"),
    mark("Khmer"),
    mark("Korean"),
    mark("Lao"),
    mark("Malayalam"),
    mark("Myanmar"),
    mark("Sinhala"),
    mark("Tamil"),
    mark("Telugu"),
    mark("Thai"),
    mark("Tibetan"),
)
_STYLES = ("-Regular.ttc", "-Bold.ttc", "-Regular.ttf", "-Bold.ttf", ".ttf")


class Needed(NamedTuple):
    """The fonts for a document: files, names of families, and the scripts (in English) for which there is none."""

    files: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def noto() -> Mapping[str, str]:
    """The files of Noto fonts on this machine by their names, found once a process."""
    found: dict[str, str] = {}
    for top in FOLDERS:
        for folder, _, names in os.walk(top):
            found |= {name: str(Path(folder, name)) for name in sorted(names) if name.startswith("Noto")}
    return found


def needed(text: str, country: str = "") -> Needed:
    """The fonts for a text. In a country that writes Han letters in its own forms a Chinese text has these."""
    if text.isascii():
        return Needed()
    scripts = scripts_of(text)
    form = "JP" if "Japanese" in scripts else "KR" if "Korean" in scripts else _TRADITIONAL.get(country, "SC")
    files: dict[str, None] = {}
    families, missing = [], []
    for script in scripts:
        name, paths = _font(script)
        files |= dict.fromkeys(paths)
        if paths:
            families.append("Noto " + _FAMILIES.get(name, f"{name[: -len(script)]} {script}").format(form=form))
        else:
            missing.append(script)
    return Needed(tuple(files), tuple(dict.fromkeys(families)), tuple(missing))


def script_name(script: str) -> str:
    """What a person calls a script of `Needed.missing`, where a translation knows it."""
    return next((word for word in _WORDS if word == script), script)


def scripts_of(text: str) -> list[str]:
    """The scripts of a text that the typesetter has no font for, in the order of their letters in Unicode."""
    return sorted(set(_scripts(sorted(set(text)))))


def _scripts(characters: Iterable[str]) -> Iterator[str]:
    for character in characters:
        # Letters with accents, and those of formulas.
        if character < "\u0370" or "\u2100" <= character < "\u2150" or "\U0001d400" <= character < "\U0001d800":
            continue
        kind = unicodedata.category(character)
        word = unicodedata.name(character, "").partition(" ")[0]
        if kind in {"So", "Sk"} and (character > "\U0001f000" or "\u2600" <= character < "\u27c0"):
            yield "Emoji"
        elif word in _JAPANESE:
            yield "Japanese"
        elif word in _KOREAN:
            yield "Korean"
        elif word in _CHINESE:
            yield "Chinese"
        elif kind[0] == "L" and word and word not in _OWN:
            yield word.title()


def _font(script: str) -> tuple[str, list[str]]:
    """The font for a script and its files, none where this machine has no font for it."""
    for name in _NAMES.get(script, (f"Serif{script}", f"Sans{script}")):
        if paths := [path for style in _STYLES if (path := noto().get(f"Noto{name}{style}"))]:
            return name, paths
    return "", []
