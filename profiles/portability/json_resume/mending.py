"""What the API refuses of a document that was read is shortened, kept aside, or left out with a sentence."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from profiles.portability.json_resume import mapping, shapes
from profiles.portability.json_resume.cutting import CUT_LIST, CUT_TEXT, can_be_cut, cut_within, largest
from profiles.portability.json_resume.objects import Entry, Path, ReadObject
from profiles.portability.json_resume.reading import OTHER_PROFILES, DocumentFault, Located, Reading, is_vital
from profiles.portability.json_resume.values import size
from profiles_project.words.sentences import Sentence, mark, say

_TOO_MANY = mark("{sentence} The first {n} are stored; the others are left out.")


class Member(NamedTuple):
    """A member of `extra` that can be left out, and how; `path` is to be told of, where forgetting doesn't tell."""

    name: str
    value: Any
    forget: Callable[[], None]
    path: Path | None = None


class Mending:
    """Mends a document that was read, round by round."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

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
        path: Path
        match fault.path:
            case ("label",):
                path = ("label",)
                del own["label"]
            case ("custom_fields", str(key), *_):
                path = ("customFields", key)
                own["customFields"] = {k: v for k, v in own["customFields"].items() if k != key}
            case ("custom_fields",) if fault.limit:
                path = ("customFields",)
                own["customFields"] = dict(list(own["customFields"].items())[: fault.limit])
                why = say(_TOO_MANY, sentence=Sentence(fault.detail), n=fault.limit)
            case _:
                return False
        self.reading.entries.append(Entry(("meta", mapping.OURS_IN_META, *path), "refused", why))
        return True

    def _mend_made(self, field: str, fault: DocumentFault) -> None:
        """Mend what is made of several objects: the one line of a place, or all links together."""
        reading = self.reading
        if field == "links":
            self._keep_links(reading.links[fault.limit :], _kept(fault))
        elif field == "location":
            self._mend_line(fault)

    def _mend_line(self, fault: DocumentFault) -> None:
        """Cut the one line of a place where it is too long; what it was is kept separately."""
        reading, line = self.reading, self.reading.line.get("location")
        is_long = fault.limit and fault.code == "max_length"
        reading.line = {"location": cut_within(line, (), fault.limit or 0) if line and is_long else None}
        reading.place.unknown.setdefault(shapes.DISPLAY_AS_IT_CAME, line)
        outcome, why = ("changed", say(CUT_TEXT, n=fault.limit)) if is_long else ("kept_aside", _kept(fault))
        reading.place.tell(outcome, why, "display")

    def _keep_links(self, parts: Sequence[ReadObject], why: str) -> None:
        for part in parts:
            self.reading.links = [link for link in self.reading.links if link is not part]
            self.reading.keep("basics", OTHER_PROFILES, {str(part.path[-1]): part.came}, part.path, why)

    # What came beyond our fields --------------------------------------------------------------------------------

    def _mend_extra(self, part: ReadObject, fault: DocumentFault) -> None:
        """Leave out members of `extra`: those nested the deepest, or as many of the largest as are too much."""
        why = _lost(fault)
        is_document = part is self.reading.basics
        members = list(self._of_document(why) if is_document else _members(part, why))
        if fault.code == "max_depth":
            lost = _deepest(members)
        else:
            whole = self.reading.extra() if is_document else part.extra()
            weighed = ((size({member.name: member.value}), member) for member in members)
            lost = largest(weighed, size(whole) - (fault.limit or 0))
        for member in lost:
            member.forget()
        self.reading.retell([member.path for member in lost if member.path is not None], why)

    def _of_document(self, why: str) -> Iterator[Member]:
        """What belongs to no item: of the personal information, kept aside whole, and unknown keys at the top."""
        reading = self.reading
        for part in (reading.basics, reading.place, reading.networks, *reading.links):
            yield from _members(part, why)
        for section, kept in reading.aside.items():
            for name, value in kept.items():
                path = reading.kept_at(section, name)
                if name == OTHER_PROFILES:
                    for index, link in value.items():
                        yield Member(name, link, partial(self._forget_link, index), (*path, int(index)))
                else:
                    yield Member(name, value, partial(self._forget_kept, section, name), path)
        for name in reading.resume.keys() - set(mapping.TOP_LEVEL):
            yield Member(name, reading.resume[name], partial(reading.resume.pop, name), (name,))
        for name, value in reading.of_profile.get("unknown", {}).items():
            yield Member(name, value, partial(self._forget_own, name), reading.kept_at("", name))

    def _forget_kept(self, section: str, name: str) -> None:
        """Leave out what was kept aside whole."""
        del self.reading.aside[section][name]
        if not self.reading.aside[section]:
            del self.reading.aside[section]

    def _forget_link(self, index: str) -> None:
        """Leave out one of the entries that are no links of ours."""
        links = self.reading.aside["basics"][OTHER_PROFILES]
        del links[index]
        if not links:
            self._forget_kept("basics", OTHER_PROFILES)

    def _forget_own(self, name: str) -> None:
        """Leave out what an earlier import found at the top."""
        own = self.reading.of_profile
        del own["unknown"][name]
        if not own["unknown"]:
            del own["unknown"]


def _deepest(members: Sequence[Member]) -> list[Member]:
    depths = [_depth(member.value) for member in members]
    most = max(depths, default=0)
    return [member for member, depth in zip(members, depths, strict=True) if depth == most]


def _members(part: ReadObject, why: str) -> Iterator[Member]:
    for name, value in part.beyond().items():
        yield Member(name, value, partial(part.forget, name, why))


def _kept(fault: DocumentFault) -> Sentence:
    return say("{sentence} It is kept separately.", sentence=Sentence(fault.detail))


def _lost(fault: DocumentFault) -> Sentence:
    return say("{sentence} It is left out.", sentence=Sentence(fault.detail))


def _depth(value: Any) -> int:
    """How many levels of lists and objects there are."""
    depth, level = 0, [value]
    while level := [each for each in level if isinstance(each, Mapping | list)]:
        depth += 1
        level = [below for each in level for below in (each.values() if isinstance(each, Mapping) else each)]
    return depth
