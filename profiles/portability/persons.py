"""Names of persons: put together of their parts, and whether two are those of one person, as far as names can say.

Pure. Names are compared without case, accents and order: «MARROW, Inés» is «Ines Marrow». Names that leave out some of
the other's words or have their initials only are no other names, nor are the two spellings of «Müller» and «Mueller».
"""

import re
from collections.abc import Sequence

from profiles_project.texts import nfc, search_key

# Whether a career may be somebody else's than the profile's that it goes to.
SAME, OTHER = "same", "other"
# No name has more characters (contract 3.1); the rest would only cost time.
_COMPARED = 100
_WORD = re.compile(r"[^\W\d_]+")
# Letters that have no accent to leave away, and how those who lack a letter on their keyboard write it.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})


# Han letters, then Hangul syllables. Japanese given names have kana, too.
_FAMILY = re.compile(r"[\u3005\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+|[\uac00-\ud7a3]+")
_GIVEN = re.compile(r"[\u3005\u3041-\u30fe\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+|[\uac00-\ud7a3]+")


def full_name(given: str, family: str) -> str:
    """The name of these parts as it is written in their script: «Ada Björk», but «林喆», «山田さくら» and «김민수»."""
    if _GIVEN.fullmatch(nfc(given)) and _FAMILY.fullmatch(nfc(family)):
        return family + given
    return f"{given} {family}".strip()


def may_be_same(one: str, other: str) -> bool:
    """Whether nothing speaks against that both are names of the same person. Where one has no letters, nothing does."""
    ways = ((_words(one, table), _words(other, table)) for table in ({}, _SPELLED_OUT))
    return any(_agree(*words) for words in ways)


def _words(name: str, table: dict[int, str]) -> list[str]:
    key = search_key(nfc(name[:_COMPARED]).casefold().translate(table)).translate(_PLAIN)
    return _WORD.findall(key)


def _agree(one: Sequence[str], other: Sequence[str]) -> bool:
    if not one or not other:
        return True
    # Written together or apart, with the family's name first or last.
    if sorted("".join(one)) == sorted("".join(other)):
        return True
    fewer, more = sorted((one, other), key=len)
    left = list(more)
    shared = 0
    for word in sorted(fewer, key=len, reverse=True):
        match = word if word in left else next((each for each in left if _are_alike(word, each)), None)
        if match is None:
            return False
        left.remove(match)
        shared += word == match
    return shared > 0


def _are_alike(one: str, other: str) -> bool:
    """Whether they are the same word, or one is the other's initial."""
    return one == other or (1 in (len(one), len(other)) and one[0] == other[0])
