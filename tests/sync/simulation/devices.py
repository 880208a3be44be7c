"""What the simulation asks of a device, and a device that keeps its copy in memory."""

import json
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from http.client import HTTPConnection, HTTPException
from typing import Any, ClassVar
from urllib.parse import urlsplit

Values = dict[str, Any]
# Kind and id of an item.
Key = tuple[str, str]
ANSWER_SECONDS = 60
MOST_CHANGES = 100
# Small, so that there are several pages.
PAGE = 40


class Device(ABC):
    """A device of a person, with a copy of one profile. `clock` is by how many seconds its clock is wrong."""

    # The kinds of items that it keeps.
    kinds: ClassVar[tuple[str, ...]] = ("experiences", "projects")

    def __init__(self, seed: int, clock: float) -> None:
        self.clock = clock
        self.random = random.Random(seed)  # noqa: S311  # the same in each run

    @abstractmethod
    def open(self, url: str, token: str, profile: str) -> None:
        """Begin with nothing. `url` is that of the API."""

    @abstractmethod
    def create(self, kind: str, pk: str, values: Values) -> None:
        """Make an item with an id of the device's own."""

    @abstractmethod
    def edit(self, kind: str, pk: str, values: Values) -> bool:
        """Change some fields of an item; False where it is not as it was shown any more, and nothing was done."""

    @abstractmethod
    def delete(self, kind: str, pk: str) -> bool:
        """Delete an item, or say the same."""

    @abstractmethod
    def sync(self) -> bool:
        """Push and pull; False where the network failed."""

    @abstractmethod
    def token(self, token: str) -> None:
        """Go on with another access token."""

    @abstractmethod
    def dump(self) -> Values:
        """`{items: {kind: {id: {field: value}}}, pending: number, conflicts: [{yours, stored, conflict, isDeleted}]}`.

        `pending` counts what is not stored yet, `conflicts` has what the person is to be asked: a change (`yours`),
        and the item that it was not stored in.
        """

    @abstractmethod
    def resolve_all(self) -> Collection[Key]:
        """Answer all that is asked, for the person; the deleted items that are to come back, which it may not show."""

    @abstractmethod
    def close(self) -> None:
        """End whatever it has opened."""


@dataclass
class Change:
    """What a person has done to an item since its version `base`; `set` is None where they have deleted it.

    `seen` is the item at its base. `tag` is the profile's at which a change of a deleted item is to hold, None for all
    other changes.
    """

    kind: str
    id: str
    base: int
    set: Values | None
    seen: Values = field(default_factory=dict)
    tag: str | None = None

    @property
    def key(self) -> Key:
        """The item that it changes."""
        return self.kind, self.id

    def sent(self) -> Values:
        """The change as the push has it."""
        named = {"kind": self.kind, "id": self.id, "base": self.base}
        done = {"delete": True} if self.set is None else {"set": self.set}
        return {**named, **done, **({"resolve": "mine"} if self.tag else {})}


@dataclass
class Question:
    """A change that was not stored, and what the person was shown: `tag` is the profile's then."""

    change: Change
    conflict: Mapping[str, Any]
    is_deleted: bool
    version: int
    data: Values
    tag: str

    def answered(self, *, is_mine: bool) -> Change | None:
        """The change that does what the person has decided; None where it is to do nothing."""
        change = self.change
        if self.is_deleted:
            # Where the service no longer knows what the item was, this device may have all that is left of it.
            left = {} if self.data else {n: value for n, value in change.seen.items() if n not in {"id", "version"}}
            return replace(change, set={**left, **(change.set or {})}, tag=self.tag) if is_mine else None
        if change.set is None:
            return replace(change, base=self.version) if is_mine else None
        asked = set(self.conflict)
        left = {
            name: value
            if name in asked or not isinstance(value, list)
            else merged(change.seen.get(name) or [], value, self.data[name])
            for name, value in change.set.items()
            if is_mine or name not in asked
        }
        return Change(*change.key, self.version, left, self.data) if left else None

    def shown(self) -> Values:
        """The question as `dump` tells it."""
        stored = {"version": self.version, "data": self.data}
        conflict = {"conflict": self.conflict, "isDeleted": self.is_deleted}
        return {"yours": self.change.sent(), "stored": stored, **conflict}


class Failed(Exception):  # as the others of the project
    """The service did not take the request, or can't be reached."""


class PlainDevice(Device):
    """A device that does what the contract says, no more.

    It sends the changes that had no answer again as they were, takes each answer's item for its copy, and asks before
    it gives anything up.
    """

    kinds = ("experiences", "projects", "custom_fields", "skills.technical", "profile")

    def open(self, url: str, token: str, profile: str) -> None:
        parts = urlsplit(url)
        self.connection = HTTPConnection(str(parts.hostname), int(parts.port or 80), timeout=ANSWER_SECONDS)
        self.path = f"{parts.path}/profiles/{profile}/changes"
        self.access = token
        self.state: str | None = None
        # The service's items by version and data, as far as this device knows.
        self.stored: dict[Key, tuple[int, Values]] = {}
        # A copy that is made anew, until it is whole.
        self.fresh: dict[Key, tuple[int, Values]] | None = None
        # What was never sent, one change an item; what was sent and had no answer; what the person is to be asked.
        self.edits: dict[Key, Change] = {}
        self.unanswered: list[Change] = []
        self.questions: dict[Key, Question] = {}
        self.rejected: list[Values] = []

    # The person ---------------------------------------------------------------------------------------------------

    def create(self, kind: str, pk: str, values: Values) -> None:
        self.edits[kind, pk] = Change(kind, pk, 0, dict(values))

    def edit(self, kind: str, pk: str, values: Values) -> bool:
        version, seen = self.stored.get((kind, pk), (0, {}))
        change = self.edits.setdefault((kind, pk), Change(kind, pk, version, {}, seen))
        change.set = {**(change.set or {}), **values}
        return True

    def delete(self, kind: str, pk: str) -> bool:
        key = kind, pk
        self.edits.pop(key, None)
        if key in self.stored or any(change.key == key for change in self.unanswered):
            version, _ = self.stored.get(key, (0, {}))
            self.edits[key] = Change(kind, pk, version, None)
        return True

    def view(self, key: Key) -> Values | None:
        """The item as the person sees it; None where it is not there."""
        asked = self.questions.get(key)
        data: Values | None = None
        if key in self.stored:
            _, data = self.stored[key]
        elif asked:
            data = asked.data
        changes = [*([asked.change] if asked else []), *(each for each in self.unanswered if each.key == key)]
        if key in self.edits:
            changes.append(self.edits[key])
        for change in changes:
            data = None if change.set is None else {**(data or {}), **change.set}
        return data

    def resolve_all(self) -> Collection[Key]:
        questions, self.questions = self.questions, {}
        for key, asked in questions.items():
            if change := asked.answered(is_mine=self.random.random() < 0.5):
                self.edits[key] = change
        return ()

    def dump(self) -> Values:
        items: dict[str, dict[str, Values]] = {kind: {} for kind in self.kinds}
        keys = dict.fromkeys((*self.stored, *self.edits, *(each.key for each in self.unanswered), *self.questions))
        for kind, pk in keys:
            if (data := self.view((kind, pk))) is not None:
                items.setdefault(kind, {})[pk] = data
        pending = len(self.edits) + len(self.unanswered) + len(self.rejected)
        return {"items": items, "pending": pending, "conflicts": [asked.shown() for asked in self.questions.values()]}

    def token(self, token: str) -> None:
        self.access = token

    def close(self) -> None:
        self.connection.close()

    # The service --------------------------------------------------------------------------------------------------

    def sync(self) -> bool:
        try:
            self.push()
            while self.edits:
                # What is to hold at a certain state of the profile goes alone.
                tag = next(iter(self.edits.values())).tag
                some = [change for change in self.edits.values() if change.tag == tag]
                self.unanswered = some[:MOST_CHANGES]
                for change in self.unanswered:
                    del self.edits[change.key]
                self.push()
            self.pull()
        except Failed:
            return False
        return True

    def send(self, method: str, query: str = "", body: Any = None, **headers: str) -> tuple[int, Any, str]:
        """Status, body and tag of an answer. Raises Failed where there is none, or none that helps."""
        data = None if body is None else json.dumps(body)
        mine = {"Authorization": f"Bearer {self.access}", "Date": formatdate(time.time() + self.clock, usegmt=True)}
        kind = {"Content-Type": "application/json"} if data else {}
        try:
            self.connection.request(method, self.path + query, data, {**mine, **kind, **headers})
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as exc:
            self.connection.close()
            raise Failed from exc
        if answer.status not in {200, 410, 412}:
            raise Failed(f"{answer.status} {content[:500]!r}")
        return answer.status, json.loads(content), answer.headers["ETag"]

    def push(self) -> None:
        """Send what has no answer yet as it is, and take the answer."""
        if not self.unanswered:
            return
        changes, tag = self.unanswered, self.unanswered[0].tag
        body = {"changes": [change.sent() for change in changes]}
        status, answer, now = self.send("POST", body=body, **({"If-Match": tag} if tag else {}))
        if status == 412:
            # What the person was shown is no longer what is stored, or this was stored before: they are asked again.
            self.unanswered = [replace(change, tag=None) for change in changes]
            self.push()
            return
        self.unanswered = []
        for change, result in zip(changes, answer["results"], strict=True):
            self.take(change, result, now)

    def take(self, change: Change, result: Values, tag: str) -> None:
        """Bring the copy to what became of a change."""
        newer = self.edits.get(change.key)
        if result["status"] == "rejected":
            self.rejected.append(result)
            return
        before = self.stored.get(change.key, (0, {}))[1]
        self.keep(change.key, result)
        if result["status"] == "conflict":
            self.ask(change, self.edits.pop(change.key, None), result, tag)
        elif newer:
            self.rebase(newer, {**before, **(change.set or {})}, result, tag)

    def ask(self, change: Change, newer: Change | None, result: Values, tag: str) -> None:
        """Have a change that was not stored decided by the person."""
        if newer and newer.set is not None:
            # Only the service knows what the two meet with together.
            self.edits[change.key] = replace(change, set={**(change.set or {}), **newer.set}, tag=None)
            return
        # A deletion waits until the person has seen what else happened.
        shown = result["conflict"], result["deleted"], result["version"] or 0, result["data"] or {}
        self.questions[change.key] = Question(change, *shown, tag)

    def keep(self, key: Key, result: Values) -> None:
        """Take an answer's item for the copy."""
        self.stored.pop(key, None)
        if result["data"] is not None and not result["deleted"]:
            self.stored[key] = result["version"], result["data"]

    def rebase(self, newer: Change, seen: Values, result: Values, tag: str) -> None:
        """Bring a change that was made while another was on its way on top of what that has led to.

        Of a text that is not what the person saw they are asked, as the service can't know.
        """
        data = result["data"]
        if data is None or (newer.set is None and result["status"] != "applied"):
            # The service asks, as the base is older than what is stored.
            return
        newer.base, newer.seen = result["version"], data
        unseen = {}
        for name, value in (newer.set or {}).items():
            if isinstance(value, list) and newer.set:
                newer.set[name] = merged(seen.get(name) or [], value, data[name])
            elif result["status"] != "applied" and not is_same(data.get(name), seen.get(name)):
                unseen[name] = {"base": seen.get(name), "yours": value, "stored": data.get(name)}
        if unseen:
            del self.edits[newer.key]
            self.questions[newer.key] = Question(
                newer, unseen, is_deleted=False, version=newer.base, data=data, tag=tag
            )

    def pull(self) -> None:
        """Read all pages of what is new."""
        has_more = True
        while has_more:
            since = f"&since={self.state}" if self.state else ""
            status, page, _ = self.send("GET", f"?limit={PAGE}{since}")
            if status == 410:
                self.state = None
                continue
            self.read(page)
            self.state, has_more = page["state"], page["has_more"]

    def read(self, page: Values) -> None:
        """Bring the copy to what a page says."""
        if page["full"]:
            self.fresh = {}
        copy = self.stored if self.fresh is None else self.fresh
        for each in page["changed"]:
            copy[each["kind"], each["id"]] = each["version"], each["data"]
        for each in page["deleted"]:
            copy.pop((each["kind"], each["id"]), None)
        if not page["has_more"]:
            self.stored, self.fresh = copy, None


def merged(seen: list[str], mine: list[str], stored: list[str]) -> list[str]:
    """What is stored of a list of texts, without what the person removed and with what they added."""
    left = [text for text in stored if text in mine or text not in seen]
    return left + [text for text in mine if text not in seen and text not in left]


def is_same(one: Any, other: Any) -> bool:
    """Whether the service stores the two alike."""
    return bool((one.strip() if isinstance(one, str) else one) == (other.strip() if isinstance(other, str) else other))
