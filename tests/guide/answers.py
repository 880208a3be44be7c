"""What a page shows as an answer, held against what came back.

Status, named headers, members and values must be the same, sentences too. Ids, times, e-mail addresses and tags may
differ. What is written as `…` stands for anything: a value, a part of a text, further members of an object (a member
`…`), the rest of a list (its last item).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.guide.pages import Block

ANY = "…"
# What differs from one run to the next, and what stands for it when both sides are compared.
CHANGING = (
    (re.compile(r"[\w.+…-]+@[\w-]+(\.\w+)+"), "‹e-mail›"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{4,8}…\w*"), "‹id›"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "‹time›"),
    (re.compile(r'"‹id›\.(\d+)\.[\w.…]+"'), r"‹tag \1›"),
)
# Members whose integers are ids of accounts.
ACCOUNT_IDS = {"id", "user_id"}
STATUS_LINE = re.compile(r"^HTTP/[\d.]+ (\d{3})[^\n]*$", re.MULTILINE)


@dataclass
class Came:
    """What came back. The status is None where only a body was shown; the body is None where there was none."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def is_refusal(self) -> bool:
        """Whether it is a problem document."""
        return isinstance(self.body, dict) and "/problems/" in str(self.body.get("type"))


def bodies(text: str) -> Iterator[Any]:
    """The JSON documents in a text, in which other lines may stand."""
    decoder = json.JSONDecoder()
    at = 0
    while begin := re.compile(r"[\[{]").search(text, at):
        try:
            document, at = decoder.raw_decode(text, begin.start())
        except ValueError:
            at = begin.end()
        else:
            yield document


def from_text(text: str) -> Came:
    """The last answer in a text, with its head where curl has printed that."""
    text = text.replace("\r\n", "\n")
    lines = list(STATUS_LINE.finditer(text))
    if not lines:
        return Came(body=next(reversed([*bodies(text)]), None))
    head, _, rest = text[lines[-1].end() + 1 :].partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    return Came(int(lines[-1][1]), {name.lower(): value for name, value in headers.items()}, next(bodies(rest), None))


def differences(answer: Block, came: Came) -> list[str]:
    """What a page shows that is not what came back, one line for each place."""
    if answer.language == "json":
        return [*_unlike(json.loads(answer.text), came.body, "")]
    shown = from_text(answer.text)
    found = [] if shown.status == came.status else [f"status: {shown.status} is shown, {came.status} came"]
    for name, value in shown.headers.items():
        found += _unlike(value, came.headers.get(name), name)
    return [*found, *_unlike(shown.body, came.body, "")]


def _unlike(shown: Any, came: Any, place: str) -> Iterator[str]:
    """The places below this one where what is shown and what came differ."""
    if isinstance(shown, dict) and isinstance(came, dict):
        yield from _unlike_objects(shown, came, place)
    elif isinstance(shown, list) and isinstance(came, list):
        yield from _unlike_lists(shown, came, place)
    elif not _same(shown, came, place.rpartition("/")[2]):
        yield f"{place}: {json.dumps(shown, ensure_ascii=False)} is shown, {json.dumps(came, ensure_ascii=False)} came"


def _unlike_objects(shown: dict[str, Any], came: dict[str, Any], place: str) -> Iterator[str]:
    for name in shown.keys() - {ANY}:
        if name in came:
            yield from _unlike(shown[name], came[name], f"{place}/{name}")
        else:
            yield f"{place}/{name}: is shown and did not come"
    if ANY not in shown:
        yield from (f"{place}/{name}: came and is not shown" for name in came.keys() - shown.keys())


def _unlike_lists(shown: list[Any], came: list[Any], place: str) -> Iterator[str]:
    is_part = bool(shown) and shown[-1] == ANY
    items = shown[:-1] if is_part else shown
    if len(items) > len(came) or (len(items) < len(came) and not is_part):
        yield f"{place}: {len(items)} items are shown, {len(came)} came"
    for number, (one, other) in enumerate(zip(items, came, strict=False)):
        yield from _unlike(one, other, f"{place}/{number}")


def _same(shown: Any, came: Any, name: str) -> bool:
    """Whether one value may stand for the other."""
    if shown == ANY:
        return came is not None
    if isinstance(shown, str) and isinstance(came, str):
        return bool(re.fullmatch(_pattern(shown), _plain(came), re.DOTALL))
    if name in ACCOUNT_IDS and isinstance(shown, int) and isinstance(came, int):
        return True
    return type(shown) is type(came) and bool(shown == came)


def _plain(text: str) -> str:
    """The text with a word in place of each part that changes."""
    for pattern, word in CHANGING:
        text = pattern.sub(word, text)
    return text


def _pattern(shown: str) -> str:
    return ".*".join(map(re.escape, _plain(shown).split(ANY)))
