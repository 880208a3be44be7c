"""Merges an imported career into a stored one: nothing comes in twice, and nothing that the person wrote is lost.

What an earlier import from the same source brought is remembered by fingerprints (`Origin`). A field that still is
what that import made of it follows the source; one that is empty and always was is filled; any other is the person's
and stays. In mode `replace` the source wins instead, in the parts that it has.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any, TypeVar

from profiles.career.matching import Candidate, pairs, without_case
from profiles.portability.json_resume.mapping import SKILLS, SUMMARIES, Section, is_empty
from profiles.portability.json_resume.objects import Entry, Path
from profiles.portability.json_resume.values import fingerprint
from profiles_project.texts import fold
from profiles_project.words.sentences import mark, say

Document = Mapping[str, Any]
Item = Mapping[str, Any]
One = TypeVar("One")

MERGE, REPLACE = "merge", "replace"
SKILL_KINDS = ("technical", "soft")
# The values of a period's fields where nothing is said of them; those that are not here are null.
_NO_PERIOD: Mapping[str, Any] = {"is_current": False}
_NO_DETAIL: Mapping[str, Any] = {"level": None, "keywords": [], "extra": {}}
# So many items of a list are remembered although the source no longer has them.
MAX_REMEMBERED = 1_000
YOURS_STAYS = mark("You have written something else here; yours is kept.")
STAYS_DELETED = mark("You have deleted this since the last import; it stays deleted.")
NOTHING_NEW = mark("This was already there; there was nothing to update.")


@dataclass
class Merged:
    """What to store (a document for the API, `partial`), what to remember of the source, and entries for the report."""

    document: dict[str, Any]
    origin: dict[str, Any]
    entries: list[Entry] = field(default_factory=list)


@dataclass(eq=False)
class Arrival:
    """An item that came, and what is known of it."""

    path: Path
    item: Item
    # The fingerprints of its values.
    marks: Mapping[str, str]
    # What is remembered of it where the source has brought it before.
    before: Item | None = None
    # The stored item that it is.
    same: Item | None = None


@dataclass
class Merge:
    """One import into one stored document; a new profile's is empty."""

    sections: Sequence[Section]
    stored: Document
    brought: Document
    origin: Document
    mode: str
    new_id: Callable[[], str]
    entries: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.is_replace = self.mode == REPLACE
        self.remembered: dict[str, Any] = {
            "fields": dict(self.origin.get("fields", {})),
            "lists": {},
            "skills": {},
            "aside": dict(self.origin.get("aside", {})),
        }

    def result(self) -> Merged:
        """Merge, and say what came of it."""
        made: dict[str, Any] = {"personal_info": self._own()}
        made |= {name: made["personal_info"].pop(name) for name in SUMMARIES if name in made["personal_info"]}
        made["extra"] = self._extra()
        if "custom_fields" in self.brought:
            made["custom_fields"] = self._custom_fields(self.stored["custom_fields"], self.brought["custom_fields"])
        if "label" in self.brought:
            self.entries.append(Entry(("label",), "refused", mark("The profile keeps the name that it has.")))
        skills = self._skills()
        for section in self.sections:
            brought = section.holder(self.brought).get(section.plural)
            if brought is None:
                self.remembered["lists"][section.plural] = self._known(section)
                continue
            mine = section.holder(self.stored)[section.plural]
            (skills if section.in_skills else made)[section.plural] = self._list(section, mine, brought)
        if skills:
            made["skills"] = skills
        return Merged(made, self.remembered, self.entries)

    def _known(self, section: Section) -> list[dict[str, Any]]:
        """What is remembered of the items of a list."""
        known: list[dict[str, Any]] = self.origin.get("lists", {}).get(section.plural, [])
        return known

    # Fields -----------------------------------------------------------------------------------------------------

    def _own(self) -> dict[str, Any]:
        summaries = {name: self.brought[name] for name in SUMMARIES if name in self.brought}
        brought = {**self.brought["personal_info"], **summaries}
        mine = {**self.stored["personal_info"], **{name: self.stored[name] for name in SUMMARIES}}
        taken, kept = self._taken(mine, brought, self.remembered["fields"])
        for name in kept:
            where: Path = (name,) if name in SUMMARIES else ("personal_info", name)
            self.entries.append(Entry(where, "refused", YOURS_STAYS))
        self.remembered["fields"] |= _marks(brought)
        return taken

    def _taken(
        self, mine: Item, brought: Item, known: Mapping[str, str], period: Collection[str] = ()
    ) -> tuple[dict[str, Any], list[str]]:
        """The values that change, and the names of those that stay although something else came.

        The fields of the `period` are taken over all or none.
        """
        differ = [name for name in brought if _mark(mine.get(name)) != _mark(brought[name])]
        stay = [] if self.is_replace else [n for n in differ if _mark(mine.get(n)) != known.get(n, "")]
        if any(name in period for name in stay):
            stay += [name for name in differ if name in period and name not in stay]
        return {name: brought[name] for name in differ if name not in stay}, stay

    def _custom_fields(self, mine: Item, brought: Item) -> Item:
        known = self.origin.get("custom_fields", {})
        self.remembered["custom_fields"] = {key: fingerprint([value]) for key, value in brought.items()}
        if self.is_replace:
            return brought
        made = dict(mine)
        for key, value in brought.items():
            stored = fingerprint([mine[key]]) if key in mine else ""
            if stored in {known.get(key, ""), fingerprint([value])}:
                made[key] = value
            else:
                self.entries.append(Entry(("custom_fields", key), "refused", YOURS_STAYS if stored else STAYS_DELETED))
        return made

    def _extra(self) -> dict[str, Any]:
        mine, brought = self.stored["extra"], self.brought["extra"]
        sections = {section.name for section in (*self.sections, SKILLS)}
        known = self.origin.get("extra", {})
        made, marks = dict(mine), {}
        for where, name, value in _members(brought):
            holder = _object(mine, where) if where else mine
            marks[f"{where}/{name}"] = fingerprint([value])
            is_mine = name in holder and fingerprint([holder[name]]) not in (
                known.get(f"{where}/{name}"),
                fingerprint([value]),
            )
            if name in sections and not where:
                continue
            if is_mine and not self.is_replace and not _is_mark(holder[name]):
                self.entries.append(Entry(("extra", where, name) if where else ("extra", name), "refused", YOURS_STAYS))
            elif where:
                made[where] = {**_object(made, where), name: value}
            else:
                made[name] = value
        self.remembered["extra"] = {**known, **marks}
        for section in (*self.sections, SKILLS):
            kept = self._kept_aside(section, _object(mine, section.name), _object(brought, section.name))
            made = {name: value for name, value in {**made, section.name: kept}.items() if name != section.name or kept}
        return made

    def _kept_aside(self, section: Section, mine: Item, brought: Item) -> Item:
        """What is kept aside of a section: what came now, and what came from elsewhere before."""
        # What came in a shape that is no list has come, though the section has no items by it.
        if not brought and not self._came(section):
            return mine
        known = self.origin.get("aside", {}).get(section.name, ())
        marks = [fingerprint(each) for each in brought.values()]
        self.remembered["aside"][section.name] = marks
        made = dict(brought)
        for place, each in mine.items():
            mark = fingerprint(each)
            is_over = mark in known and (self.is_replace or self._has_come(section, each))
            if not is_over and mark not in marks:
                free = (str(number) for number in count(len(made)) if str(number) not in made)
                made[place if place not in made else next(free)] = each
        return made

    def _came(self, section: Section) -> bool:
        """Whether a section was in the source."""
        if section is SKILLS:
            return "technical" in self.brought.get("skills", {})
        return section.plural in section.holder(self.brought)

    def _has_come(self, section: Section, kept: Any) -> bool:
        """Whether what was kept aside has become an item, for example because it has got its date."""
        if section is SKILLS or not isinstance(kept, Mapping):
            return True
        named = {
            key.field: kept[key.name] for key in section.keys if key.field in section.required and key.name in kept
        }
        items = section.holder(self.brought).get(section.plural, ())
        return any(all(item.get(name) == value for name, value in named.items()) for item in items)

    # Lists ------------------------------------------------------------------------------------------------------

    def _list(self, section: Section, mine: Sequence[Item], brought: Sequence[Item]) -> list[Item]:
        """The list as it shall be; what is remembered of it from now on goes to `remembered`."""
        placed: list[tuple[Item, bool]] = []
        new: list[Item] = []
        renewed: dict[str, Item] = {}
        for arrival in self._arrivals(section, mine, brought):
            before, same = arrival.before, arrival.same
            if before and same is None and not self.is_replace:
                self.entries.append(Entry(arrival.path, "refused", STAYS_DELETED))
                continue
            changed = self._item(section, arrival)
            placed.append((changed, same is None))
            entry = {"id": changed["id"], "fields": arrival.marks}
            if before:
                renewed[before["id"]] = entry
            else:
                new.append(entry)
        known = [*(renewed.get(entry["id"], entry) for entry in self._known(section)), *new]
        placed_ids = {item["id"] for item, _ in placed}
        self.remembered["lists"][section.plural] = self._worth_knowing(known, placed_ids, mine)
        return self._in_order(mine, placed)

    def _arrivals(self, section: Section, mine: Sequence[Item], brought: Sequence[Item]) -> list[Arrival]:
        """The items that came, each with what was remembered of it, and with the stored item that it is."""
        path: Path = ("skills", section.plural) if section.in_skills else (section.plural,)
        arrivals = [
            Arrival((*path, index), item, _marks(_told_of(section, item, item))) for index, item in enumerate(brought)
        ]
        if known := self._known(section):
            self._recognise(section, arrivals, known, mine)
        claimed = {entry["id"] for entry in known}
        if unclaimed := [item for item in mine if item["id"] not in claimed]:
            others = _candidates(section, ((item, item) for item in unclaimed))
            # An item whose remembered id is gone is looked for, too: a client may have sent it again without an id.
            ones = _candidates(section, ((arrival, arrival.item) for arrival in arrivals if arrival.same is None))
            # What is known of both may nowhere contradict: nobody has said before that they are the same.
            for arrival, item in pairs(section.identity, ones, others, contradict=partial(_contradict, section)):
                arrival.same = item
        return arrivals

    @staticmethod
    def _recognise(section: Section, arrivals: Sequence[Arrival], known: Sequence[Item], mine: Sequence[Item]) -> None:
        """Notes of what has come before what is remembered of it, and the stored item that it became."""
        by_id = {item["id"]: item for item in mine}
        came = _candidates(section, ((arrival, arrival.marks) for arrival in arrivals))
        remembered = _candidates(section, ((entry, entry["fields"]) for entry in known))
        for arrival, entry in pairs(section.identity, came, remembered):
            arrival.before = entry
            arrival.same = by_id.get(entry["id"])

    def _worth_knowing(self, known: Sequence[Item], placed: Collection[str], mine: Sequence[Item]) -> list[Item]:
        """What is remembered from now on: all that came, and the newest of what did not come."""
        came = [entry for entry in known if entry["id"] in placed]
        others = [entry for entry in known if entry["id"] not in placed]
        if self.is_replace:
            # Only what is hidden stays in the list.
            hidden = {item["id"] for item in mine if not item["is_visible"]}
            others = [entry for entry in others if entry["id"] in hidden]
        return [*came, *others[-MAX_REMEMBERED:]]

    def _item(self, section: Section, arrival: Arrival) -> dict[str, Any]:
        """What is to be stored of an item that came: all of it where it is new, else its id and what changes."""
        same, brought = arrival.same, arrival.item
        if same is None:
            return {"id": self.new_id(), **brought}
        known = arrival.before["fields"] if arrival.before else {}
        # What stood in for an unknown start was never the person's.
        known = {**known, **{name: _mark(same[name]) for name in _stand_ins(section, same) if name in section.period}}
        taken, kept = self._taken(same, _told_of(section, brought, same), known, section.period)
        self.entries += [Entry((*arrival.path, name), "refused", YOURS_STAYS) for name in kept]
        extra = {**same["extra"], **_useful(section, brought.get("extra", {}), {**same, **taken})}
        if fingerprint(extra) != fingerprint(same["extra"]):
            taken["extra"] = extra
        names = [section.labels[name] for name in taken if name != "extra"]
        sentence = say("This was already there; updated: {names}.", names=names) if names else NOTHING_NEW
        self.entries.append(Entry(arrival.path, "mapped", sentence))
        return {"id": same["id"], **taken}

    def _in_order(self, mine: Sequence[Item], placed: Sequence[tuple[Item, bool]]) -> list[Item]:
        """The list in order.

        A merge keeps the stored order, and puts a new item before the one that follows it in the source. A replacement
        takes the source's order.
        """
        changed = {item["id"]: item for item, _ in placed}
        if self.is_replace:
            # What is hidden may be missing in the source for that very reason: exports leave it out.
            hidden = [{"id": item["id"]} for item in mine if not item["is_visible"] and item["id"] not in changed]
            return [*(item for item, _ in placed), *hidden]
        made: list[Item] = [changed.get(item["id"], {"id": item["id"]}) for item in mine]
        place = len(made)
        for item, is_new in reversed(placed):
            if is_new:
                made.insert(place, item)
            else:
                place = next(index for index, each in enumerate(made) if each["id"] == item["id"])
        return made

    # Skills -----------------------------------------------------------------------------------------------------

    def _skills(self) -> dict[str, Any]:
        brought, mine = self.brought.get("skills", {}), self.stored["skills"]
        known = self.origin.get("skills", {})
        self.remembered["skills"] = dict(known)
        if "technical" not in brought:
            return {}
        made: dict[str, Any] = {}
        everywhere = {fold(name) for kind in SKILL_KINDS for name in mine[kind]}
        for kind in SKILL_KINDS:
            made[kind] = list(brought[kind]) if self.is_replace else list(mine[kind])
            for index, name in enumerate(() if self.is_replace else brought[kind]):
                if fold(name) in everywhere:
                    continue
                if fingerprint(fold(name)) in known.get(kind, ()):
                    self.entries.append(Entry(("skills", kind, index), "refused", STAYS_DELETED))
                else:
                    made[kind].append(name)
            names = {*known.get(kind, ()), *(fingerprint(fold(name)) for name in brought[kind])}
            self.remembered["skills"][kind] = sorted(names)
        made["details"] = self._details(made, mine["details"], brought)
        return made

    def _details(self, names: Item, mine: Sequence[Item], brought: Item) -> list[Item]:
        """The details of the skills by these names; the person may have moved a skill to the other list."""
        there = {(kind, fold(name)): name for kind in SKILL_KINDS for name in names[kind]}
        made = {(each["kind"], fold(each["name"])): dict(each) for each in mine}
        told = {(each["kind"], fold(each["name"])): each for each in brought["details"]}
        known = self.origin.get("details", {})
        self.remembered["details"] = dict(known)
        for kind in SKILL_KINDS:
            for index, name in enumerate(brought[kind]):
                key = next((key for key in ((each, fold(name)) for each in (kind, *SKILL_KINDS)) if key in there), None)
                if key is None:
                    continue
                came = {**_NO_DETAIL, **told.get((kind, fold(name)), {})}
                came = {n: v for n, v in came.items() if n in _NO_DETAIL and (self.is_replace or not is_empty(v))}
                same = made.get(key, {"kind": key[0], "name": there[key], **_NO_DETAIL})
                mark = fingerprint(key)
                taken, kept = self._taken(same, came, known.get(mark, {}))
                made[key] = {**same, **taken}
                self.remembered["details"][mark] = {n: fingerprint(v) for n, v in came.items()}
                self.entries += [Entry(("skills", kind, index), "refused", _stays(name)) for name in kept]
        return list(made.values())


def _stays(name: str) -> str:
    """The sentence for a detail of a skill that stays although another one came."""
    return say("{place!c}: {sentence!l}", place=SKILLS.labels[name], sentence=YOURS_STAYS)


def _members(extra: Item) -> Iterator[tuple[str, str, Any]]:
    """The members of a profile's `extra`: where (`basics` or nowhere), name, value."""
    for name, value in extra.items():
        if name == "basics" and isinstance(value, Mapping):
            yield from (("basics", inner, each) for inner, each in value.items())
        else:
            yield "", name, value


def _is_mark(kept: Any) -> bool:
    """Whether it is the original of a stored value, which is kept as long as that value."""
    return isinstance(kept, Mapping) and "stored" in kept


def _told_of(section: Section, brought: Item, same: Item) -> dict[str, Any]:
    """What a source says of a stored item: its values without stand-ins, and its period as a whole if it has one."""
    told = {
        name: value for name, value in brought.items() if name not in {"id", "extra", *_stand_ins(section, brought)}
    }
    if not any(_mark(told.get(name)) for name in section.period):
        told = {name: value for name, value in told.items() if name not in section.period}
    if any(name in told for name in section.period):
        told |= {name: _NO_PERIOD.get(name) for name in section.period if name in same and name not in brought}
    return told


def _stand_ins(section: Section, item: Item) -> list[str]:
    """The fields of an item whose values stand in for something that did not come."""
    if not item.get("extra"):
        return []
    fields = {key.name: key.field for key in section.keys}
    marks = {fields[name]: mark for name, mark in _object(item, "extra").items() if name in fields and _is_mark(mark)}
    return [
        name for name, mark in marks.items() if "given" not in mark and mark["stored"] == fingerprint(item.get(name))
    ]


def _object(holder: Item, name: str) -> Item:
    found = holder.get(name)
    return found if isinstance(found, Mapping) else {}


def _mark(value: Any) -> str:
    """The fingerprint of a value. False counts as nothing: an item that is not current need not say so."""
    return "" if value is False else fingerprint(value)


def _marks(values: Item) -> dict[str, str]:
    return {name: _mark(value) for name, value in values.items() if name not in {"id", "extra"}}


def _useful(section: Section, extra: Mapping[str, Any], values: Item) -> dict[str, Any]:
    """What came beyond our fields, without the originals of values that were not taken over."""
    fields = {key.name: key.field for key in section.keys}
    return {
        name: kept
        for name, kept in extra.items()
        if name not in fields or _object(extra, name).get("stored") == fingerprint(values.get(fields[name]))
    }


# Pairing ----------------------------------------------------------------------------------------------------------


def _candidates(section: Section, named: Iterable[tuple[One, Item]]) -> list[Candidate[One]]:
    """What is to be paired, each with its values: of a field that it does not name it says that it is empty."""
    names = {name for names in section.identity for name in names}
    return [Candidate(of, without_case({name: values.get(name) for name in names})) for of, values in named]


def _contradict(section: Section, one: Item, other: Item) -> bool:
    """Whether two items say different things of what makes them one; dates by their precision."""
    dates = {key.field for key in section.keys if key.kind == "date"}
    for name in section.identity[0]:
        here, there = str(one.get(name) or ""), str(other.get(name) or "")
        length = min(len(here), len(there)) if name in dates else None
        if here and there and here[:length] != there[:length]:
            return True
    return False
