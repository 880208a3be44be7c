"""One object of a résumé as it was read: the values to store, their originals, and entries for the report."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from profiles.portability import dates
from profiles.portability.json_resume import shapes
from profiles.portability.json_resume.mapping import Key, Section, goes_on, is_empty
from profiles.portability.json_resume.values import AS_FAR, READERS, TWO_DATES, NotKept, Unreadable, fingerprint
from profiles_project.words.sentences import mark, say

Path = tuple[str | int, ...]
ABSENT = object()
EMPTY = mark("This was empty and is left out.")
NO_FIELD = mark("There is no field for this; exports will include it.")
_NO_FIELDS = mark("There are no fields for {n} parts of this; exports will include them.")
# Nobody reads of more parts of one object one by one.
MOST_TOLD = 100
_NO_END = mark("This says that it goes on, where a date is expected; it is kept separately.")
SAID_BY_ABSENCE = mark("Exports leave this out; its absence means the same.")


# What can become of a part of a résumé: stored as it is, stored in another form, kept in `extra`, not kept at all.
OUTCOMES = ("mapped", "changed", "kept_aside", "refused")


class Entry(NamedTuple):
    """What became of a part of the document: one of OUTCOMES, and a sentence."""

    path: Path
    outcome: str
    detail: str


class ReadObject:
    """One object of the document with what was read from it."""

    def __init__(self, path: Path, raw: Mapping[str, Any], keys: Iterable[Key], section: Section | None = None) -> None:
        self.path = path
        self.raw = raw
        # What came in the object's place, if that was not an object.
        self.came: Any = raw
        self.section = section
        self.values: dict[str, Any] = {}
        self.entries: list[Entry] = []
        # Originals of values that are stored in another form, by the key's standard name.
        self.given: dict[str, Any] = {}
        self.unknown = dict(raw)
        self.forgotten: set[str] = set()
        self.by_field = {key.field: key for key in keys}
        for key in self.by_field.values():
            for name in (key.name, *key.also):
                if key.field not in self.values and name in self.unknown:
                    self._read(key, name, self.unknown.pop(name))
        self._settle_range()
        if len(self.unknown) > MOST_TOLD:
            self.tell("kept_aside", say(_NO_FIELDS, n=len(self.unknown)))
        else:
            for name in self.unknown:
                self.tell("kept_aside", NO_FIELD, name)

    def tell(self, outcome: str, detail: str, *below: str) -> None:
        """Add to the report."""
        self.entries.append(Entry((*self.path, *below), outcome, detail))

    def _read(self, key: Key, name: str, given: Any) -> None:
        if is_empty(given):
            self.tell("changed", EMPTY, name)
            return
        try:
            value, why = self._value(key, given)
        except Unreadable as error:
            is_kept = not isinstance(error, NotKept)
            if is_kept:
                self.given[key.name] = given
            self.tell("kept_aside" if is_kept else "refused", str(error), name)
            self._tell_of_older_name(key, name)
            return
        if why:
            self.given[key.name] = given
            self.tell("changed", why, name)
        elif value == key.said_by_absence(self.values):
            self.tell("changed", SAID_BY_ABSENCE, name)
        self._tell_of_older_name(key, name)
        self.values[key.field] = value

    def _tell_of_older_name(self, key: Key, name: str) -> None:
        if name != key.name:
            self.tell("changed", say("Newer documents and exports call this «{name}».", name=key.name), name)
            self.tell("changed", say("This came as «{name}».", name=name), key.name)

    def _value(self, key: Key, given: Any) -> tuple[Any, str]:
        """What is read for a key, and what was changed. Raises Unreadable."""
        plain, shape = shapes.plain(key, given)
        value, why = READERS[key.kind](plain)
        if value is None and key.kind == "date" and key.field not in self._ends:
            raise Unreadable(_NO_END)
        if why == TWO_DATES and not self._has_room_for_both(key):
            why = AS_FAR
        return value, shape or why

    def _has_room_for_both(self, key: Key) -> bool:
        """Whether a start and an end in one text both have a place: there is one for each, and the other is free."""
        others = [field for field in (self.section.period[:2] if self.section else ()) if field != key.field]
        return bool(self._ends) and all(self._came(self.by_field[field]) is ABSENT for field in others)

    @property
    def _ends(self) -> tuple[str, ...]:
        """The fields whose date may be still to come."""
        return self.section.period[1:2] if self.section else ()

    def _settle_range(self) -> None:
        """Store both ends of a period where one text says them."""
        if not self._ends:
            return
        start, end = self.section.period[:2] if self.section else ("", "")
        for field in (start, end):
            came = self._came(self.by_field[field])
            found = dates.read(came) if isinstance(came, str) else dates.NOTHING
            if not found.is_range:
                if isinstance(came, str):
                    self._settle_other_end(field, dates.read_period(came))
                continue
            if field == end:
                self.values[end] = found.end or None
                self.values.setdefault(start, found.date)
            elif end not in self.values and not self._is_unread(end):
                self.values[end] = found.end or None

    def _settle_other_end(self, field: str, found: dates.Found) -> None:
        """Store «until 2018» as the end where it stands as the start, «since 2018» as the start where as the end."""
        start, end = self.section.period[:2] if self.section else ("", "")
        other = end if field == start else start
        if other in self.values or self._is_unread(other):
            return
        if field == start and found.end and not found.date:
            del self.values[start]
            self.values[end] = found.end
        elif field == end and found.date and found.is_now:
            self.values[start], self.values[end] = found.date, None

    def stand_in(self, field: str, value: Any, why: str) -> None:
        """Give a field a value that did not come."""
        name = self.by_field[field].name
        self.given.setdefault(name, ABSENT)
        self.values[field] = value
        self.tell("changed", why, name)

    def drop(self, field: str, why: str) -> None:
        """Keep aside what came for a field."""
        key = self.by_field[field]
        self.given.setdefault(key.name, self._came(key))
        self.values.pop(field, None)
        self.tell("kept_aside", why, key.name)

    def replace(self, field: str, value: Any, why: str) -> None:
        """Give a field another value than what came."""
        key = self.by_field[field]
        if self.values.get(field) != value:
            self.given.setdefault(key.name, self._came(key))
            self.values[field] = value
            self.tell("changed", why, key.name)

    def beyond(self) -> dict[str, Any]:
        """What came beyond our fields, or in another form than ours, by its key."""
        return {**self.unknown, **{name: given for name, given in self.given.items() if given is not ABSENT}}

    def forget(self, name: str, why: str) -> None:
        """Leave out what came beyond our fields under a key."""
        self.unknown.pop(name, None)
        self.given.pop(name, None)
        self.forgotten.add(name)
        self.tell("refused", why, name)

    def told(self) -> list[Entry]:
        """The entries of the report. None says of a part that is left out that it is kept."""
        gone = {(*self.path, name) for name in self.forgotten}
        return [each for each in self.entries if each.outcome != "kept_aside" or each.path not in gone]

    def _came(self, key: Key) -> Any:
        return next((self.raw[name] for name in (key.name, *key.also) if name in self.raw), ABSENT)

    def say_whether_current(self) -> None:
        """Say of a job whether it goes on, where the document does not.

        A start that can't be read is a start, and an end that can't be read is one that nobody knows.
        """
        has_start = bool(self.values.get("start_date")) or (
            self._is_unread("start_date") and not dates.says_nothing(self.given["startDate"])
        )
        # A null that was read means now.
        is_open = "end_date" in self.values or (has_start and not self._is_unread("end_date"))
        is_current = is_open and not self.values.get("end_date")
        self.values.setdefault("end_date", None)
        if self.values.setdefault("is_current", is_current) == is_current:
            self.tell_of_open_end()

    def tell_of_open_end(self) -> None:
        """Tell that exports say of a job whether it goes on, where its dates do not."""
        is_current = self.values["is_current"]
        if "isCurrent" not in self.raw and is_current != goes_on(self.values):
            goes = mark("The start is unknown, so exports show this as ongoing.")
            ended = mark("The end is unknown, and exports say so.")
            self.tell("changed", goes if is_current else ended, "isCurrent")

    def _is_unread(self, field: str) -> bool:
        """Whether something came for the field that can't be read."""
        return field not in self.values and self.by_field[field].name in self.given

    def extra(self) -> dict[str, Any]:
        """What an export needs to give back what came."""
        fields = {key.name: field for field, key in self.by_field.items()}
        made = dict(self.unknown)
        for name, given in self.given.items():
            stored = {"stored": fingerprint(self.values.get(fields[name]))}
            made[name] = stored if given is ABSENT else {"given": given, **stored}
        return made
