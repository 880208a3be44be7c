"""The log of a generated profile: what its later revisions have overwritten, as the service writes it.

The first version is that of a release without a log, so that the rows below it need no versions of their own.
"""

import functools
import json
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from bench.careers import words

# The version of every profile: the first one and three that the log tells of.
VERSION = 4
# Which of them changed the own members and the list of experiences last.
VERSIONS = json.dumps({"profile": VERSION, "experiences": 3})
# Of an entry beside its texts, as the service counts them.
ROW_BYTES = 160


class Entry(NamedTuple):
    """A row of the log; `changes` is JSON."""

    version: int
    actor: str
    action: str
    device: str
    changes: str

    @property
    def size(self) -> int:
        """The bytes that it counts as."""
        return ROW_BYTES + sum(len(text.encode()) for text in (self.action, self.device, self.changes))


def entries(seed: int, experience_id: str, since: str) -> Iterator[Entry]:
    """The entries of a profile, by version: a summary rewritten, a job deleted, headline and label changed."""
    chance = random.Random(seed)  # noqa: S311  # invented careers, no secrets
    prose = _prose()
    job = {
        "id": experience_id,
        "position": 8,
        "version": 1,
        "title": chance.choice(words.TITLES),
        "company": chance.choice(words.COMPANIES),
        "start_date": "1999-03",
        "end_date": "1999-11",
        "description": " ".join(chance.choices(prose, k=3)),
        "technologies": chance.sample(words.TECHNICAL, 6),
    }
    summary = " ".join(chance.choices(prose, k=4))
    yield _entry(2, "profiles_partial_update", {"updated_at": since, "profile": {"professional_summary": summary}})
    yield _entry(3, "experiences_delete", {"experience": {"deleted": [job]}})
    own = {"headline": chance.choice(words.TITLES), "label": "First"}
    yield _entry(VERSION, "profiles_partial_update", {"profile": own})


@functools.cache
def _prose() -> list[str]:
    return words.sentences(0).bare


def _entry(version: int, action: str, changes: dict[str, Any]) -> Entry:
    written = json.dumps(changes, ensure_ascii=False, separators=(",", ":"))
    return Entry(version, "you", action, "Firefox on Linux", written)
