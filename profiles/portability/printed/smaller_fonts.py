"""Makes smaller fonts of Noto Serif CJK, once a machine: `python -m profiles.portability.printed.smaller_fonts`.

Its files have 26 MB each for 30,000 Han letters and 11,172 Korean syllables. The typesetter reads two of them whole,
which takes longer than to set a page. Few texts need more letters than the standards have by which computers of China,
Japan, Korea and Taiwan wrote before Unicode. So there is a font with the first level of the standard (what is met most)
and one with all of it, for each form of Han letters, and `fonts.py` takes the smallest that has all letters of a text.

What the fonts have beside Han letters and syllables is in the smaller ones as well. Hints are not: they sharpen letters
on screens of few dots, of these scripts by little, and are a fifth of a file.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import uharfbuzz

from profiles.portability.printed import fonts


class Standard(NamedTuple):
    """A standard that numbers letters by rows: Python's name of its code, and the first bytes of the rows by levels."""

    code: str
    levels: tuple[range, range]


_BIG5 = Standard("big5", (range(0xA4, 0xC7), range(0xA4, 0xFA)))
# By the forms in the order in which they stand in a file of Noto: Japan, Korea, mainland, Taiwan, Hong Kong.
STANDARDS = {
    "JP": Standard("euc_jp", (range(0xB0, 0xD0), range(0xB0, 0xF5))),  # JIS X 0208
    "KR": Standard("euc_kr", (range(0xB0, 0xC9), range(0xB0, 0xFE))),  # KS X 1001: syllables, then Han letters
    "SC": Standard("gb2312", (range(0xB0, 0xD8), range(0xB0, 0xF8))),  # GB/T 2312
    "TC": _BIG5,
    "HK": _BIG5,
}
# All that Unicode has; KS X 1001 has 2,350 of them, which is too few for names and loanwords of today.
SYLLABLES = range(0xAC00, 0xD7A4)


def letters(form: str, level: int) -> set[str]:
    """The Han letters and syllables of the first level (0) of a form's standard, or of all of it (1)."""
    standard = STANDARDS[form]
    found = set(_decoded(standard.code, standard.levels[level]))
    return found | set(map(chr, SYLLABLES)) if form == "KR" and level else found


def _decoded(code: str, rows: Iterable[int]) -> Iterator[str]:
    for row in rows:
        for cell in range(0x40, 0xFF):
            character = bytes((row, cell)).decode(code, errors="ignore")
            if len(character) == 1 and fonts.IN_LEVELS.match(character):
                yield character


def make(folder: Path) -> int:
    """Makes the fonts of this machine's Noto Serif CJK; returns how many, 0 where it has none."""
    large = {style: fonts.noto().get(f"NotoSerifCJK-{style}.ttc") for style in fonts.WEIGHTS}
    if not all(large.values()):
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    faces = {
        (form, style): uharfbuzz.Face(uharfbuzz.Blob.from_file_path(path), place)
        for style, path in large.items()
        for place, form in enumerate(STANDARDS)
    }
    made = 0
    for form in STANDARDS:
        for level, name in enumerate(fonts.LEVELS):
            kept = letters(form, level)
            for style in fonts.WEIGHTS:
                kept &= set(map(chr, faces[form, style].unicodes))
            if not kept:  # Older files have no form for Hong Kong.
                continue
            # Until they are all new, none is taken.
            (folder / fonts.listed(form, name)).unlink(missing_ok=True)
            for style in fonts.WEIGHTS:
                _write(folder / fonts.smaller(form, name, style), _subset(faces[form, style], kept))
            # The last, since it says that the others are there.
            _write(folder / fonts.listed(form, name), "".join(sorted(kept)).encode())
            made += len(fonts.WEIGHTS)
    return made


def _subset(face: uharfbuzz.Face, kept: set[str]) -> bytes:
    """The font with these letters, their variants, and all that is neither Han letter nor syllable."""
    wanted = uharfbuzz.SubsetInput()
    wanted.flags = uharfbuzz.SubsetFlags.NO_HINTING
    for number in face.unicodes:
        if chr(number) in kept or not fonts.IN_LEVELS.match(chr(number)):
            wanted.unicode_set.add(number)
    # By these a name says which variant of a letter it has (辻 with one dot or two).
    for number in face.variation_selectors:
        wanted.unicode_set.add(number)
    return bytes(uharfbuzz.subset(face, wanted).blob.data)


def _write(path: Path, content: bytes) -> None:
    """Replaces a file as a whole, since a service may read it, and another run may write it, at the same time."""
    part = path.with_suffix(f".{os.getpid()}")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


if __name__ == "__main__":
    try:
        made = make(fonts.SMALLER)
    except OSError as error:
        sys.exit(f"Smaller fonts can't be made: {error}")
    said = f"{made} smaller fonts are in {fonts.SMALLER}." if made else "There is no Noto Serif CJK here."
    sys.stdout.write(said + "\n")
