"""What the API refuses of a document that was read is shortened, kept aside, or left out with a sentence."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from profiles.portability.json_resume import mapping
from profiles.portability.json_resume.cutting import CUT_LIST, CUT_TEXT, can_be_cut, cut_within
from profiles.portability.json_resume.objects import Entry, Path, ReadObject
from profiles.portability.json_resume.reading import OTHER_PROFILES, DocumentFault, Located, Reading, is_vital
from profiles_project.words.sentences import Sentence, mark, say

# How many members of `extra` are left out at one try, the worst first; if that isn't enough, all of them are.
TRIES = (1, 4, 16, 64)
_TOO_MANY = mark("{sentence} The first {n} are stored; the others are left out.")


class Member(NamedTuple):
    """A member of `extra` that can be left out, and how."""

    value: Any
    forget: Callable[[], None]


class Mending:
    """Mends a document that was read, round by round."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        # How often members of the `extra` of an object were left out, by the object's place.
        self.tries: dict[Path, int] = {}

    def mend(self, faults: Sequence[DocumentFault]) -> list[DocumentFault]:
        """Take out or shorten what is at fault. Returns the faults of whole lists, which can't be mended."""
        found = [(self.reading.part(fault.path), fault) for fault in faults]
        left = [fault for located, fault in found if not self._mend(located, fault)]
        self.reading.changed()
        return left

    def _mend(self, located: Located | None, fault: DocumentFault) -> bool:
        if located is None or not located[1]:
            return self._mend_own(fault)
        part, field, rest = located
        if field == "extra":
            self._mend_extra(part, fault)
        elif field not in part.by_field:
            self._mend_made(field, fault)
        elif field in part.values or is_vital(part, field):
            self._mend_value(part, field, rest, fault)
        # Else another fault of the same value has been mended.
        return True

    def _mend_value(self, part: ReadObject, field: str, rest: Path, fault: DocumentFault) -> None:
        """Cut a text that is too long; keep aside any other value, and with a vital one its whole object."""
        key, why = part.by_field[field], _kept(fault)
        if fault.limit and fault.code == "max_length" and can_be_cut(key):
            cut = cut_within(part.values.get(field), rest, fault.limit)
            part.replace(field, cut, say(CUT_LIST if isinstance(cut, list) and not rest else CUT_TEXT, n=fault.limit))
        elif field == "email":
            sentence = say("{sentence} The address of your account is used.", sentence=Sentence(fault.detail))
            self.reading.own_email(sentence)
        elif part in self.reading.links and field == "network":
            self._keep_links([part], why)
        elif is_vital(part, field):
            self.reading.take_out(part, why, field)
        else:
            part.drop(field, why)
            if field in ("start_date", "end_date") and part in self.reading.items["work"]:
                part.tell_of_open_end()

    def _mend_own(self, fault: DocumentFault) -> bool:
        """Mend one of our own members of `meta`; false for any other fault."""
        own, why = self.reading.of_profile, _lost(fault)
        match fault.path:
            case ("label",):
                name = "label"
                del own[name]
            case ("custom_fields", str(key), *_):
                name = "customFields"
                own[name] = {k: v for k, v in own[name].items() if k != key}
            case ("custom_fields",) if fault.limit:
                name = "customFields"
                own[name] = dict(list(own[name].items())[: fault.limit])
                why = say(_TOO_MANY, sentence=Sentence(fault.detail), n=fault.limit)
            case _:
                return False
        self.reading.entries.append(Entry(("meta", mapping.OURS_IN_META, name), "refused", why))
        return True

    def _mend_made(self, field: str, fault: DocumentFault) -> None:
        """Mend what is made of several objects: the one line of a place, or all links together."""
        reading = self.reading
        if field == "links":
            self._keep_links(reading.links[fault.limit :], _kept(fault))
        elif field == "location":
            reading.line = {"location": None}
            reading.entries.append(Entry(reading.place.path, "refused", _lost(fault)))

    def _keep_links(self, parts: Sequence[ReadObject], why: str) -> None:
        for part in parts:
            self.reading.links = [link for link in self.reading.links if link is not part]
            self.reading.keep("basics", OTHER_PROFILES, {str(part.path[-1]): part.came}, part.path, why)

    # What came beyond our fields --------------------------------------------------------------------------------

    def _mend_extra(self, part: ReadObject, fault: DocumentFault) -> None:
        """Leave out members of `extra`, those first that are nested the deepest or are the largest."""
        why = _lost(fault)
        members = list(self._of_document(why) if part is self.reading.basics else _members(part, why))
        measure = _depth if fault.code == "max_depth" else _size
        tries = self.tries[part.path] = self.tries.get(part.path, 0) + 1
        worst = sorted(members, key=lambda member: measure(member.value), reverse=True)
        for member in worst[: TRIES[tries - 1]] if tries <= len(TRIES) else worst:
            member.forget()

    def _of_document(self, why: str) -> Iterator[Member]:
        """What belongs to no item: of the personal information, kept aside whole, and unknown keys at the top."""
        reading = self.reading
        for part in (reading.basics, reading.place, reading.networks, *reading.links):
            yield from _members(part, why)
        places = {section.name: section.path for section in reading.sections}
        for section, kept in reading.aside.items():
            for name, value in kept.items():
                for path in _paths(places.get(section, (section,)), name, value):
                    yield Member(
                        _at(value, name, path), lambda s=section, n=name, p=path: self._forget_kept(s, n, p, why)
                    )
        for name in reading.resume.keys() - set(mapping.TOP_LEVEL):
            yield Member(reading.resume[name], lambda n=name: self._forget_top(n, why))
        for name, value in reading.of_profile.get("unknown", {}).items():
            yield Member(value, lambda n=name: self._forget_own(n, why))

    def _kept_aside(self, section: str, why: str) -> Iterator[Member]:
        """What was kept aside whole of a section."""
        place = next((each.path for each in self.reading.sections if each.name == section), (section,))
        for name, value in self.reading.aside[section].items():
            for path in _paths(place, name, value):
                yield Member(_at(value, name, path), lambda n=name, p=path: self._forget_kept(section, n, p, why))

    def _forget_kept(self, section: str, name: str, path: Path, why: str) -> None:
        """Leave out what was kept aside whole."""
        kept = self.reading.aside[section]
        if name == OTHER_PROFILES:
            del kept[name][str(path[-1])]
        if name != OTHER_PROFILES or not kept[name]:
            del kept[name]
        if not kept:
            del self.reading.aside[section]
        self._retell(path, why)

    def _forget_top(self, name: str, why: str) -> None:
        self.reading.resume = {key: value for key, value in self.reading.resume.items() if key != name}
        self._retell((name,), why)

    def _forget_own(self, name: str, why: str) -> None:
        """Leave out what an earlier import found at the top."""
        unknown = self.reading.of_profile["unknown"]
        self.reading.of_profile["unknown"] = {key: value for key, value in unknown.items() if key != name}
        if not self.reading.of_profile["unknown"]:
            del self.reading.of_profile["unknown"]
        self._retell(("meta", mapping.OURS_IN_META, "unknown", name), why)

    def _retell(self, path: Path, why: str) -> None:
        """Tell that what was kept aside is left out after all."""
        told = self.reading.entries
        told[:] = [e for e in told if e.outcome != "kept_aside" or e.path[: len(path)] != path]
        told.append(Entry(path, "refused", why))


def _members(part: ReadObject, why: str) -> Iterator[Member]:
    for name, value in part.beyond().items():
        yield Member(value, lambda name=name: part.forget(name, why))


def _paths(place: Path, name: str, value: Any) -> Iterator[Path]:
    """Where in the document something stood that was kept aside whole; several places for other profiles."""
    if name == OTHER_PROFILES:
        for index in value:
            yield ("basics", "profiles", int(index))
    elif name == "given":
        yield place
    else:
        yield (*place, *(int(step) if step.isdecimal() else step for step in name.split(".")))


def _at(value: Any, name: str, path: Path) -> Any:
    return value[str(path[-1])] if name == OTHER_PROFILES else value


def _kept(fault: DocumentFault) -> Sentence:
    return say("{sentence} It is kept separately.", sentence=Sentence(fault.detail))


def _lost(fault: DocumentFault) -> Sentence:
    return say("{sentence} It is left out.", sentence=Sentence(fault.detail))


def _size(value: Any) -> int:
    return len(repr(value))


def _depth(value: Any) -> int:
    """How many levels of lists and objects there are."""
    depth, level = 0, [value]
    while level := [each for each in level if isinstance(each, Mapping | list)]:
        depth += 1
        level = [below for each in level for below in (each.values() if isinstance(each, Mapping) else each)]
    return depth
