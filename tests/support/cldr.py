"""Names of months and languages in the languages that most résumés are written in, from Unicode's CLDR by Babel.

`python -m tests.support.cldr` writes them to where imports read them: they are data of the project, since Babel would
keep some megabytes of each language in every web process.
"""

import json
import sys
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from babel import Locale
from babel.core import get_global

from profiles.portability.dates import MONTHS_FILE
from profiles.portability.formats.language_names import NAMES_FILE

LANGUAGES = (
    *("ar", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hi", "hu", "id", "it", "nb", "nl", "pl", "pt"),
    *("ro", "ru", "sv", "th", "tr", "uk", "vi"),
)
# The others in which Europass writes CVs, or in which forms from abroad may be.
MORE_LANGUAGES = ("bg", "et", "ga", "hr", "is", "ja", "ko", "lt", "lv", "mk", "mt", "no", "sk", "sl", "sr", "zh")
# Languages that CVs name, beside all of those.
NAMED = (
    *("af", "am", "az", "be", "bn", "bs", "ca", "cy", "eu", "fa", "fil", "gl", "hy", "ka", "kk", "ku", "lb", "mn"),
    *("ms", "ne", "nn", "pa", "ps", "si", "so", "sq", "sw", "ta", "te", "ur", "uz"),
)


def months() -> dict[str, int]:
    """The number of the month by each name that it has, in small letters and without a full stop."""
    found: dict[str, int] = {}
    for language in LANGUAGES:
        for forms in Locale(language).months.values():
            for width in ("wide", "abbreviated"):
                for month, name in forms[width].items():
                    key = unicodedata.normalize("NFKC", name).casefold().rstrip(".")
                    if found.setdefault(key, month) != month:
                        raise ValueError(f"{key} is month {found[key]} and month {month}.")
    return dict(sorted(found.items(), key=lambda item: (item[1], item[0])))


def language_names() -> dict[str, Any]:
    """The codes of two letters by all codes of ISO 639, and what languages are called, as a line of its own begins."""
    written = sorted({*LANGUAGES, *MORE_LANGUAGES})
    named = sorted({*written, *NAMED})
    aliases: Mapping[str, str] = get_global("language_aliases")
    codes = {code: code for code in named} | {code: of for code, of in sorted(aliases.items()) if of in named}
    names = {language: Locale(language).languages for language in written}
    return {
        "codes": codes,
        "names": {
            language: {code: f"{known[code][:1].upper()}{known[code][1:]}" for code in named if code in known}
            for language, known in names.items()
        },
    }


def written(content: object) -> str:
    """A file's text."""
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


FILES = {MONTHS_FILE: months, NAMES_FILE: language_names}

if __name__ == "__main__":
    for path, made in FILES.items():
        Path(path).write_text(written(made()), encoding="utf-8")
        sys.stdout.write(f"{path}\n")
