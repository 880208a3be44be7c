"""Every sentence of the code has its translation, in step with the code and complete."""

import io
import re
import string
from collections.abc import Iterator
from typing import Any

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo

from tests.support.wording import LANGUAGES, ROOT, catalog

pytestmark = pytest.mark.pure
KEYWORDS = {"mark": None, "say": None, "say_many": (1, 2)}


def in_code() -> dict[str, str]:
    """The sentences and phrases of the code, each with its plural or an empty text."""
    found: dict[str, str] = {}
    for package in ("profiles", "profiles_project", "users"):
        for _, _, message, _, _ in extract_from_dir(ROOT / package, [("**.py", "python")], keywords=KEYWORDS):
            singular, plural = message if isinstance(message, tuple) else (message, "")
            found[singular] = plural or found.get(singular, "")
    return found


def sentences(language: str) -> list[Message]:
    return [message for message in catalog(language) if message.id]


def texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def places(text: str) -> Iterator[str]:
    return (name for _, name, _, _ in string.Formatter().parse(text) if name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_of_the_code_is_in_the_catalog_and_no_other(language: str) -> None:
    known = {texts(message.id)[0]: "".join(texts(message.id)[1:]) for message in sentences(language)}
    assert known == in_code()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_whole(language: str) -> None:
    for message in sentences(language):
        said = texts(message.string)
        assert len(said) == len(texts(message.id)), message.id
        assert all(each.strip() == each and each for each in said), message.id
        assert not message.fuzzy, message.id
        for each in said:
            # A number of one may be left out: «in one minute».
            wanted = set(places("".join(texts(message.id))))
            assert set(places(each)) <= wanted, message.id
            assert wanted - set(places(each)) <= ({"n"} if message.pluralizable else set()), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_stays_a_sentence_and_a_phrase_a_phrase(language: str) -> None:
    for message in sentences(language):
        for english, said in zip(texts(message.id), texts(message.string), strict=True):
            ends = re.search(r"[.?!,:]?$", english)
            assert ends is not None
            if ends[0] == ".":
                assert said.endswith((".", "}")), message.id
            elif not ends[0]:
                assert not said.endswith((".", ",")), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_service_reads_is_what_the_catalog_says(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalog(language))
    path = ROOT / "profiles_project" / "locale" / language / "LC_MESSAGES" / "django.mo"
    assert path.read_bytes() == compiled.getvalue(), "make messages"
