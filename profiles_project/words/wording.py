"""What a sentence says in the language of the one who reads it, and which language that is (contract 1.3)."""

import json
import string
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation.trans_real import parse_accept_lang_header

from profiles_project.words.sentences import LIST, PLURAL, SEPARATOR

# The language of the code's own sentences, and of those whom none of ours suits.
ENGLISH = "en"


class _Formatter(string.Formatter):
    """Fills in places; `{place!c}` begins with a capital letter, `{place!l}` with a small one."""

    def convert_field(self, value: Any, conversion: str | None) -> Any:
        if conversion == "c":
            return value[:1].upper() + value[1:]
        if conversion == "l":
            # An abbreviation keeps its letters.
            return value if value[1:2].isupper() else value[:1].lower() + value[1:]
        return super().convert_field(value, conversion)


_formatter = _Formatter()


def worded(text: str) -> str:
    """What a sentence says in the language that is active. A text that is no sentence of ours stays as it is."""
    sentence, separator, packed = text.partition(SEPARATOR)
    if not separator:
        return gettext(sentence) if sentence else ""
    values = _unpacked(packed)
    if values is None:
        return text
    plural = values.pop(PLURAL, None)
    said = ngettext(sentence, plural, values["n"]) if plural else gettext(sentence)
    return _formatter.format(said, **{name: _value(value) for name, value in values.items()})


def _unpacked(packed: str) -> dict[str, Any] | None:
    """The values behind a sentence; None for what an earlier release has stored with such a separator in it."""
    try:
        values = json.loads(packed)
    except ValueError:
        return None
    return values if isinstance(values, dict) else None


def _value(value: Any) -> str:
    if isinstance(value, list):
        return worded(value[0])
    if isinstance(value, dict):
        return ", ".join(map(_value, value[LIST]))
    return value if isinstance(value, str) else number_format(value, force_grouping=True)


def worded_in(language: str, text: str) -> str:
    """What a sentence says in one of our languages."""
    with translation.override(language):
        return worded(text)


def language_of(header: str | None, account: Callable[[], str | None]) -> str:
    """Which of our languages somebody reads: by `Accept-Language`, else by the account, else English.

    `account` is asked where the header is absent or any language will do.
    """
    if not (header or "").strip():
        return account() or ENGLISH
    for tag, quality in parse_accept_lang_header(header or ""):
        if tag == "*" and quality:
            return account() or ENGLISH
        with suppress(LookupError):
            if quality:
                return translation.get_supported_language_variant(tag)
    return ENGLISH
