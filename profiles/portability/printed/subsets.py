"""Cuts fonts to the letters of one document.

The typesetter reads a font's file whole. Noto Serif CJK has two of 26 MB, for which it needs longer than to set a page;
what a career needs of them has 100 KB.
"""

import re
import unicodedata
from collections.abc import Collection
from pathlib import Path

import uharfbuzz

# To read a smaller file takes less time than to cut it.
LARGE_BYTES = 2**20
# A career has 200 to 700. Cutting holds up the other threads of its process: 6 ms for 400 Han letters, 8 for as many
# Korean syllables, 27 and 50 for 2,000. Past this many a file is read whole, by the typesetter's own process.
MOST_LETTERS = 2_000
# What may be drawn as one letter that stands in no text: Korean syllables in parts, kana with their marks apart.
_SYLLABLE_PARTS = re.compile("[\u1100-\u11ff]+")
_KANA_MARKS = {"\u3099", "\u309a"}
_KANA = frozenset(map(chr, range(0x3041, 0x3100)))


def letters_of(text: str) -> frozenset[str]:
    """The letters that a font needs for a text: its own, and those that the shaper may put together or take apart."""
    found = set(text)
    for letter in tuple(found):
        # Fonts have all syllables, and of the parts a hundred glyphs more.
        if not "\uac00" <= letter <= "\ud7a3":
            found.update(unicodedata.normalize("NFD", letter))
    if found & _KANA_MARKS:
        found |= _KANA
    if _SYLLABLE_PARTS.search("".join(found)):
        for parts in _SYLLABLE_PARTS.findall(text):
            found.update(unicodedata.normalize("NFC", parts))
    return frozenset(found)


def cut(path: str, families: Collection[str], letters: frozenset[str]) -> bytes | None:
    """A font of the file that has no more than these letters; None where the file is best taken whole.

    A file of several fonts gives the one that is called by one of the families.
    """
    if len(letters) > MOST_LETTERS:
        return None
    try:
        if Path(path).stat().st_size < LARGE_BYTES:
            return None
        blob = uharfbuzz.Blob.from_file_path(path)
        faces = (uharfbuzz.Face(blob, place) for place in range(uharfbuzz.Face(blob).count))
        family = uharfbuzz.OTNameIdPredefined.FONT_FAMILY
        face = next((face for face in faces if face.get_name(family) in families), None)
        return bytes(uharfbuzz.subset(face, _wanted(letters)).blob.data) if face else None
    except (OSError, RuntimeError, uharfbuzz.HarfBuzzError):
        # A file that went away, or is none: the typesetter makes of it what it can.
        return None


def _wanted(letters: frozenset[str]) -> uharfbuzz.SubsetInput:
    wanted = uharfbuzz.SubsetInput()
    # Hints sharpen letters on screens of few dots, of these scripts by little. To share parts of outlines between
    # letters makes a file smaller that is read once.
    wanted.flags = uharfbuzz.SubsetFlags.NO_HINTING | uharfbuzz.SubsetFlags.DESUBROUTINIZE
    for letter in letters:
        wanted.unicode_set.add(ord(letter))
    # The forms of other languages: their letters are most of a subset. None of the languages that a sheet may be in
    # (`settings.LANGUAGES`) has such forms.
    wanted.layout_feature_tag_set.discard(int.from_bytes(b"locl"))
    return wanted
