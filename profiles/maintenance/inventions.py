"""Invents values in place of personal ones. What is invented depends on the seed, on the place where it stands (table,
row, column) and on the size and script of the old value, and on nothing else: no list of what people may have
written leads back to it.
"""

import hashlib
import math
import random
import re
import string
import unicodedata
from typing import Any

# Letters to invent with, by the script's name in the names of Unicode.
LETTERS = {
    "LATIN": "aáeéiíoóuúüñçøbdfgklmnprst",
    "GREEK": "αεηιουωβγδκλμνπρστ",
    "CYRILLIC": "аеиоуыябвгдклмнпрст",
    "HEBREW": "אבגדהוזחטילמנ",
    "ARABIC": "ابتثجحدرسشعقلمن",
    "CJK": "天地人山水火木金土日月風花林石田",
    "HIRAGANA": "あいうえおかきくけこさしすせそ",
    "KATAKANA": "アイウエオカキクケコサシスセソ",
    "HANGUL": "가나다라마바사아자차카타파하",
    "DEVANAGARI": "कखगचजटडतदनपबमयरलवस",
    "THAI": "กขคงจชดตนบปพมยรลวสห",
}
WITHOUT_SPACES = {"CJK", "HIRAGANA", "KATAKANA", "THAI"}
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstv" for vowel in "aeiou"][:64]
COUNTRIES = ("AT", "BE", "CH", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IT", "NL", "NO", "PL", "PT", "SE")
# Words of ready text of each script, of which invented texts are pieces; one in ten ends a sentence.
WORDS = 5000
SENTENCE_ENDS = 0.1
# Texts up to so many characters are words without sentences.
SHORT = 60
DIGEST = 64
URL = re.compile(r"(https?)://", re.IGNORECASE)


class Inventor:
    """Gives the same values for the same seed."""

    def __init__(self, seed: str) -> None:
        self.key = hashlib.blake2b(seed.encode(), digest_size=32).digest()
        self._prose = {script: _prose(script, f"{seed} {script}") for script in ("ASCII", *LETTERS)}

    def bits(self, *where: object, size: int = 8) -> bytes:
        """So many bytes that nobody can tell without the seed."""
        return hashlib.blake2b(repr(where).encode(), key=self.key, digest_size=size).digest()

    def number(self, most: int, *where: object) -> int:
        """A number from 0 to before `most`."""
        return int.from_bytes(self.bits(*where), "big") % most

    def text(self, old: str, *where: object) -> str:
        """A text of as many characters as the old one, in its script, of at most as many bytes."""
        new = self._piece(_script(old), len(old), *where)
        if len(old) <= SHORT:
            new = new.replace(".", "a").title()
        return _shortened(new, len(old.encode()))

    def words(self, *where: object) -> str:
        """Two words that stand nowhere else."""
        syllables = [SYLLABLES[byte % len(SYLLABLES)] for byte in self.bits(*where)]
        return f"{''.join(syllables[:4])} {''.join(syllables[4:])}".capitalize()

    def handle(self, *where: object) -> str:
        """Three syllables."""
        return "".join(SYLLABLES[byte % len(SYLLABLES)] for byte in self.bits(*where, size=3))

    def code(self, old: str, *where: object) -> str:
        """Letters for letters, digits for digits, the signs between them as they were."""
        stream = self.bits(*where, size=DIGEST)
        return "".join(_sign(old_sign, stream[index % DIGEST]) for index, old_sign in enumerate(old))

    def phone(self, old: str, *where: object) -> str:
        """Digits for digits; of what is between them only what usually is."""
        return self.code(re.sub(r"[^\d+\-()./ ]", " ", old), *where)

    def email(self, *whose: object) -> str:
        """An address in a domain that is nobody's; the last part of `whose`, a number or id, makes it the only one."""
        return f"{self.handle(*whose)}{str(whose[-1]).replace('-', '')}@example.org"

    def url(self, old: str, *where: object) -> str:
        """An address about as long as the old one, on a host that nobody has."""
        found = URL.match(old)
        scheme = found[1].lower() if found else "https"
        base = f"{scheme}://example.org/"
        if len(old) <= len(base):
            return f"{scheme}://{self.handle(*where)[:1]}.test"
        return base + self._piece("ASCII", len(old) - len(base), *where).lower().replace(" ", "-").replace(".", "-")

    def json(self, old: Any, *where: object) -> Any:
        """A value of the same form: texts, keys and numbers invented, truth values and null as they were."""
        if isinstance(old, str):
            return self.url(old, *where) if URL.match(old) else self.text(old, *where)
        if isinstance(old, list):
            return [self.json(each, *where, index) for index, each in enumerate(old)]
        if isinstance(old, dict):
            return self._object(old, *where)
        if isinstance(old, bool) or old is None:
            return old
        return self._integer(old, *where) if isinstance(old, int) else self._float(old, *where)

    def _object(self, old: dict[str, Any], *where: object) -> dict[str, Any]:
        new: dict[str, Any] = {}
        for index, (key, value) in enumerate(old.items()):
            attempt = 0
            while (name := self.text(key, *where, "key", index, attempt)) in new:
                attempt += 1
                # Keys of one letter are soon used up.
                key += "a" * (attempt > DIGEST)  # noqa: PLW2901  # only its length counts
            new[name] = self.json(value, *where, index)
        return new

    def _integer(self, old: int, *where: object) -> int:
        lowest = 10 ** (len(str(abs(old))) - 1) if abs(old) > 1 else 0
        return (lowest + self.number(abs(old) - lowest + 1, *where)) * (-1 if old < 0 else 1)

    def _float(self, old: float, *where: object) -> float:
        mantissa, *exponent = repr(old).split("e")
        new = float("e".join([self.code(mantissa, *where), *exponent]))
        return new if math.isfinite(new) else 1.0

    def _piece(self, script: str, length: int, *where: object) -> str:
        """So many characters, of which the first and the last is a letter."""
        if not length:
            return ""
        prose = self._prose[script]
        start = self.number(len(prose), *where)
        piece = prose[start : start + length]
        if len(piece) < length:
            piece = (piece + prose * (length // len(prose) + 1))[:length]
        letter = next(sign for sign in prose if sign.isalpha())
        if not piece[-1].isalpha():
            piece = piece[:-1] + letter
        return piece if piece[0].isalpha() else letter + piece[1:]


def _prose(script: str, seed: str) -> str:
    chance = random.Random(seed)  # noqa: S311  # the same text for the same seed; where a piece begins is keyed
    parts: list[str] = []
    letters = SYLLABLES if script == "ASCII" else list(LETTERS[script])
    gap = "" if script in WITHOUT_SPACES else " "
    for _ in range(WORDS):
        word = "".join(chance.choices(letters, k=chance.randint(2, 4)))
        parts.append(word + (". " if chance.random() < SENTENCE_ENDS else gap))
    return "".join(parts)


def _script(text: str) -> str:
    """The script of the first letter that is not of ASCII."""
    if text.isascii():
        return "ASCII"
    names = (unicodedata.name(sign, "").split() for sign in text if not sign.isascii() and sign.isalpha())
    return next((name[0] for name in names if name and name[0] in LETTERS), "LATIN")


def _shortened(text: str, most: int) -> str:
    """The text with letters of one byte at its end where it has more bytes than `most`."""
    over = len(text.encode()) - most
    signs = list(text)
    for index in reversed(range(len(signs))):
        if over <= 0:
            break
        over -= len(signs[index].encode()) - 1
        signs[index] = signs[index] if signs[index].isascii() else "a"
    return "".join(signs)


def _sign(old: str, byte: int) -> str:
    if old.isdecimal():
        return string.digits[byte % 9 + 1]
    if old.isalpha() or not old.isascii():
        letters = string.ascii_uppercase if old.isupper() else string.ascii_lowercase
        return letters[byte % 26]
    return old
