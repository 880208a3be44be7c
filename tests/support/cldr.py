"""Month names of the languages that most résumés are written in, from Unicode's CLDR by Babel.

`python -m tests.support.cldr` writes them to where imports read them: they are data of the project, since Babel would
keep some megabytes of each language in every web process.
"""

import json
import sys
import unicodedata
from pathlib import Path

from babel import Locale

from profiles.portability.dates import MONTHS_FILE

LANGUAGES = (
    *("ar", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hi", "hu", "id", "it", "nb", "nl", "pl", "pt"),
    *("ro", "ru", "sv", "th", "tr", "uk", "vi"),
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


def written() -> str:
    """The file's text."""
    return json.dumps(months(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    Path(MONTHS_FILE).write_text(written(), encoding="utf-8")
    sys.stdout.write(f"{MONTHS_FILE}\n")
