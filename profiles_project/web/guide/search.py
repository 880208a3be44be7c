"""Finds sections of the guide, types of problems and operations by the words that somebody types."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from profiles_project.api.openapi.problems import problem_types
from profiles_project.texts import fault, search_key
from profiles_project.web.guide.library import library
from profiles_project.web.guide.problems import operations
from profiles_project.words.wording import worded

LONGEST = 100
MOST_WORDS = 8
MOST_HITS = 20
# Words of a question that say nothing of what is looked for.
SMALL_WORDS = frozenset(
    ["a", "an", "are", "can", "do", "does", "for", "how", "i", "is", "my", "of", "the", "to", "what", "why"]
)
# How many words of a section are shown, and how many of them stand before the first that was found.
SHOWN, BEFORE = 28, 6
# What a word counts in a heading, beside its times in the text, of which no more count than this.
IN_HEADING, MOST_TIMES = 10, 5


class Entry(NamedTuple):
    """What can be found: where it is, and its texts, as they are shown and as they are compared."""

    href: str
    page: str
    heading: str
    text: str
    heading_key: str
    key: str


class Hit(NamedTuple):
    """A place that has all the words: `heading` and `excerpt` have them marked."""

    href: str
    page: str
    heading: SafeString
    excerpt: SafeString


def query_fault(query: str) -> str:
    """Why nothing is looked for, as a sentence; empty where the query is fit."""
    if len(query) > LONGEST:
        return f"A search has {LONGEST} characters at most."
    found = fault(query, LONGEST)
    return worded(found[0]) if found else ""


def search(query: str) -> Sequence[Hit]:
    """The best places first. The query must be fit (`query_fault`)."""
    words = _words(query)
    if not words:
        return []
    scored = [(_score(entry, words), entry) for entry in _entries() if all(word in entry.key for word in words)]
    # Equals stay in the order of the pages.
    scored.sort(key=lambda each: -each[0])
    return [_hit(entry, words) for _, entry in scored[:MOST_HITS]]


def _words(query: str) -> Sequence[str]:
    """What is looked for: without the small words of a question, unless it has no others."""
    key = search_key("".join(each if each.isprintable() else " " for each in query))
    # The pages write it in two words.
    typed = key.replace("offline", "off line").split()
    return ([each for each in typed if each not in SMALL_WORDS] or typed)[:MOST_WORDS]


@cache
def _entries() -> Sequence[Entry]:
    return [
        Entry(href, page, heading, text, search_key(heading), search_key(page, heading, text))
        for href, page, heading, text in _texts()
    ]


def _texts() -> Iterator[tuple[str, str, str, str]]:
    """Address, page, heading and text of everything."""
    for link in library().pages:
        document = library().documents[link.name]
        for section in document.sections:
            anchor = f"#{section.anchor}" if section.level > 1 else ""
            yield link.href + anchor, document.title, section.heading, section.text
    for section in library().problems.sections[1:]:
        title = problem_types()[section.heading].title
        yield f"/problems/{section.heading}", "Problems", f"{title} ({section.heading})", section.text
    for each in operations():
        yield each.href, "Operations", each.summary, f"{each.method} {each.path} {each.pk}"


def _score(entry: Entry, words: Sequence[str]) -> int:
    return sum(IN_HEADING * (word in entry.heading_key) + min(MOST_TIMES, entry.key.count(word)) for word in words)


def _hit(entry: Entry, words: Sequence[str]) -> Hit:
    shown = entry.text.split()
    first = next((place for place, each in enumerate(shown) if _is_found(each, words)), 0)
    start = max(0, first - BEFORE)
    end = start + SHOWN
    excerpt = format_html(
        "{}{}{}", "… " if start else "", _marked(shown[start:end], words), " …" if end < len(shown) else ""
    )
    return Hit(entry.href, entry.page, _marked(entry.heading.split(), words), excerpt)


def _is_found(text: str, words: Sequence[str]) -> bool:
    key = search_key(text)
    return any(word in key for word in words)


def _marked(texts: Sequence[str], words: Sequence[str]) -> SafeString:
    return format_html_join(" ", "{}", ((_marked_in(each, words),) for each in texts))


def _marked_in(text: str, words: Sequence[str]) -> SafeString:
    """A word with what was looked for marked; all of it where it is compared in another form than it is shown in."""
    key = search_key(text)
    if not any(word in key for word in words):
        return format_html("{}", text)
    if key != text.lower():
        return format_html("<mark>{}</mark>", text)
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    parts = re.split(f"({pattern})", text, flags=re.IGNORECASE)
    # What matches stands in every second place.
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", part) if n % 2 else part,) for n, part in enumerate(parts))
    )
