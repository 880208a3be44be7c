"""What all translations share: items are taken apart member by member, and what nobody takes keeps its own name.

So nothing is lost by not being thought of. Of a key that JSON Resume or we use for something else, the name gets that
of the format before it.
"""

import copy
import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from profiles.portability import dates, persons
from profiles.portability.formats import rich_text
from profiles.portability.json_resume import SCHEMA_URL, mapping
from profiles.portability.json_resume.mapping import is_empty
from profiles.portability.linkedin import Note
from profiles_project.texts import shown
from profiles_project.words.sentences import Sentence, mark, say

Item = dict[str, Any]
# The most names that a note lists.
MOST_NAMES = 40

# By which key a list says of an item that it goes on.
_GOES_ON = {"work": "isCurrent", "education": "isCurrent", "projects": "isOngoing"}

_AS_MARKDOWN = mark("{names}: the formatting was rewritten as Markdown.")
READ_AS = mark("{name}: «{text}» was read as {value}.")
_TOGETHER = mark("{names}: these were put together as «{key}».")
_HIDDEN = mark("This is hidden there; it is kept separately, and not shown.")
_NOT_A_CAREER = mark("This is no part of a career, and was not read: {names}.")


@dataclass(frozen=True)
class Translation:
    """A document as JSON Resume.

    `places` maps pointers into it to the place in the source that each part came from, as `imports.Career` has it.
    """

    document: dict[str, Any]
    places: Mapping[str, str]
    notes: Sequence[Note]


class Translator:
    """Makes a JSON Resume document, part by part. `prefix` is the format's name as keys are written."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.document: dict[str, Any] = {"$schema": SCHEMA_URL, "basics": {}}
        self.places: dict[str, str] = {}
        self.notes: list[Note] = []
        # What says nothing of a career, but how it is shown.
        self.looks: set[str] = set()

    def note(self, place: str, outcome: str, detail: str) -> None:
        """Tell of something that isn't in the document as it was."""
        self.notes.append(Note(place, outcome, detail))

    def basics(self, draft: "Draft") -> None:
        """Take over the person's own part."""
        made = draft.finish()
        self.document["basics"] |= made
        self.places |= {f"/basics/{key}": draft.place for key in made if key != "profiles"}
        self.places.setdefault("/basics", draft.place)

    def link(self, draft: "Draft") -> None:
        """Take over one of the person's profiles in networks."""
        links = self.document["basics"].setdefault("profiles", [])
        self.places[f"/basics/profiles/{len(links)}"] = draft.place
        links.append(draft.finish())

    def add(self, section: str, item: Any, place: str) -> None:
        """Add an item to a list of the document."""
        items = self.document.setdefault(section, [])
        self.places[f"/{section}/{len(items)}"] = place
        items.append(item)

    def items(self, section: str, raw: Any, part: str, steps: "Steps", *, is_shown: bool = True) -> None:
        """Add the items of a list of the source; what is no object goes as it came, and the reading judges it."""
        for number, each in enumerate(listed(raw), 1):
            place = entry(part, number)
            if not isinstance(each, Mapping):
                if is_shown:
                    self.add(section, each, place)
                else:
                    self.hide(section, {"name": each}, place)
                continue
            draft = Draft(self, section, each, place).follow(steps)
            if not is_shown:
                draft.made["isVisible"] = False
            self.add(section, draft.finish(), place)

    def hide(self, name: str, item: Mapping[str, Any], place: str) -> None:
        """Keep what is hidden in the source, in a list of its own: nothing in JSON Resume says of it that it is."""
        key = self.prefix + name[:1].upper() + name[1:]
        if not isinstance(self.document.get(key, []), list):
            key = free(key, self.prefix, self.document)
        self.document.setdefault(key, []).append({**item, "isVisible": False})
        self.places["/" + _escaped(key)] = shown(name)
        self.note(place, "kept_aside", _HIDDEN)

    def custom(self, heading: str, items: Sequence[Any], place: str) -> None:
        """Add a list of the person's own making under its heading."""
        key = free(heading.strip() or self.prefix, self.prefix, self.document, mapping.TOP_LEVEL)
        self.places["/" + _escaped(key)] = place
        if key == heading:
            self.document[key] = list(items)
        else:
            self.document[key] = {"name": heading, "items": list(items)}

    def rest(self, raw: Mapping[str, Any]) -> None:
        """Keep what is left at the top of the source under its own names."""
        for name, value in raw.items():
            if not is_empty(left := pruned(value)):
                key = free(name, self.prefix, self.document, mapping.TOP_LEVEL)
                self.document[key] = left
                self.places["/" + _escaped(key)] = shown(name)

    def result(self, whole: Sentence) -> Translation:
        """What was made; `whole` is what a note on the whole document names as its place."""
        if self.looks:
            names = ", ".join(shown(name) for name in sorted(self.looks)[:MOST_NAMES])
            self.note(whole, "refused", say(_NOT_A_CAREER, names=names))
        return Translation(self.document, self.places, self.notes)


class Draft:
    """An item that is being made of one of the source's, which is taken apart meanwhile."""

    def __init__(self, out: Translator, section: str, raw: Mapping[str, Any], place: str) -> None:
        self.out = out
        self.section = section
        self.place = place
        self.left: dict[str, Any] = copy.deepcopy(dict(raw))
        self.made: Item = {}

    def follow(self, steps: "Steps") -> "Draft":
        """Take these steps, one after the other."""
        for step in steps:
            step(self)
        return self

    def take(self, path: str) -> Any:
        """Take a member out of the source, None where it has none; dots lead into objects."""
        *names, last = path.split(".")
        holder: Any = self.left
        for name in names:
            holder = holder.get(name) if isinstance(holder, dict) else None
        return holder.pop(last, None) if isinstance(holder, dict) else None

    def give_back(self, name: str, value: Any) -> None:
        """Leave a value that was taken to be kept under its own name."""
        self.left[name] = value

    def put(self, key: str, value: Any) -> None:
        """Give the item a value, under another key where this one has a value already."""
        if not is_empty(value):
            known = _known(self.section)
            self.made[free(key, self.out.prefix, self.made, () if key in known else known)] = value

    def text(self, path: str, key: str) -> None:
        """Take a text that may have HTML in it; behind another that has the key already."""
        self.put_text(key, self.take(path), path)

    def put_text(self, key: str, value: Any, path: str) -> None:
        """Give the item a text that may have HTML in it, which stood at a path."""
        if not isinstance(value, str):
            self.put(key, value)
            return
        made = rich_text.markdown(value)
        if made != value:
            self.tell("changed", say(_AS_MARKDOWN, names=path))
        if made.strip() and isinstance(before := self.made.get(key), str):
            self.made[key] = f"{before}\n\n{made}"
            self.tell("changed", say(_TOGETHER, names=path, key=key))
            return
        self.put(key, made)

    def points(self, path: str, key: str) -> None:
        """Take a text; the list that it ends with becomes the item's highlights."""
        self.text(path, key)
        text = self.made.get(key)
        if isinstance(text, str) and "highlights" not in self.made:
            text, points = rich_text.split_points(text)
            if points:
                self.made["highlights"] = points
                self.made[key] = text
                if not text:
                    del self.made[key]

    def period(self, path: str) -> None:
        """Take a text that says from when to when."""
        text = self.take(path)
        if isinstance(text, Mapping):
            self.put("startDate", text.get("start"))
            self.put("endDate", text.get("end"))
            if rest := {name: value for name, value in text.items() if name not in {"start", "end"}}:
                self.give_back(path, rest)
            return
        if isinstance(text, int) and not isinstance(text, bool):
            text = str(text)
        found = dates.read_period(text) if isinstance(text, str) else dates.NOTHING
        if found == dates.NOTHING:
            if not is_empty(text):
                self.give_back(path, text)
            return
        # A single date is not a beginning: what goes on says so.
        end = "" if found.is_now else found.end or found.date
        self.put("startDate", found.date)
        self.put("endDate", end)
        if found.is_now:
            self._go_on(path, text, has_start=bool(found.date))
        value = found.date if found.date == end else f"{found.date or '…'} – {end or '…'}"
        if value != text:
            self.tell("changed", say(READ_AS, name=path, text=shown(str(text)), value=value))
        if not found.is_exact:
            self.give_back(path, text)

    def _go_on(self, path: str, text: Any, *, has_start: bool) -> None:
        """Say that it goes on: of a job that began, the lack of an end says so."""
        if self.section in _GOES_ON and not (self.section == "work" and has_start):
            self.made[_GOES_ON[self.section]] = True
        elif self.section != "work":
            self.give_back(path, text)

    def url(self, holder: str, member: str) -> None:
        """Take an address with its label, which says nothing where it is the address once more."""
        if isinstance(self.left.get(holder), str):
            self.put("url", self.take(holder))
            return
        url, label = self.take(f"{holder}.{member}"), self.left.get(holder)
        self.put("url", url)
        if isinstance(label, dict) and isinstance(url, str) and _bare(label.get("label")) == _bare(url):
            label.pop("label", None)

    def level(self, path: str, key: str, most: int = 5) -> None:
        """Take how far something goes on a scale, for where no words say it."""
        level = self.left.get(path)
        if isinstance(level, bool) or not isinstance(level, int | float):
            return
        del self.left[path]
        if level and key not in self.made:
            self.put(key, f"{level:g}/{most}")
        elif level:
            self.give_back(path, level)

    def visibility(self, path: str, *, hidden: bool = False) -> None:
        """Take whether the item is shown, or with `hidden` whether it is hidden."""
        value = self.left.get(path)
        if isinstance(value, bool):
            del self.left[path]
            if value is hidden:
                self.made["isVisible"] = False

    def drop(self, *names: str) -> None:
        """Take what says how the item is shown, or is the program's own."""
        for name in names:
            if not is_empty(pruned(self.take(name))):
                self.out.looks.add(name)

    def tell(self, outcome: str, detail: str) -> None:
        """Add a note on this item."""
        self.out.note(self.place, outcome, detail)

    def finish(self) -> Item:
        """The item, with what nobody took."""
        known = _known(self.section)
        for name, value in self.left.items():
            if not is_empty(rest := pruned(value)):
                self.made[free(name, self.out.prefix, self.made, known)] = rest
        self.left = {}
        return self.made


Step = Callable[[Draft], None]
Steps = Iterable[Step]


def move(path: str, key: str) -> Step:
    """Takes a member over as it is."""
    return lambda draft: draft.put(key, draft.take(path))


def text(path: str, key: str) -> Step:
    """Takes a text over that may have HTML in it."""
    return lambda draft: draft.text(path, key)


def points(path: str, key: str) -> Step:
    """Takes a text over whose list becomes the highlights."""
    return lambda draft: draft.points(path, key)


def period(path: str) -> Step:
    """Takes a text over that says from when to when."""
    return lambda draft: draft.period(path)


def address(holder: str, member: str) -> Step:
    """Takes an address over that has a label beside it."""
    return lambda draft: draft.url(holder, member)


def level(path: str, key: str) -> Step:
    """Takes a number of five over, where nothing says it in words."""
    return lambda draft: draft.level(path, key)


def visible(path: str) -> Step:
    """Takes over whether the item is shown."""
    return lambda draft: draft.visibility(path)


def hidden(path: str) -> Step:
    """Takes over whether the item is hidden."""
    return lambda draft: draft.visibility(path, hidden=True)


def drop(*names: str) -> Step:
    """Leaves out what says how the item is shown."""
    return lambda draft: draft.drop(*names)


def entry(part: str, number: int) -> Sentence:
    """A place in the source, as people say it."""
    return say("{part}, entry {n}", part=shown(part), n=str(number))


def listed(raw: Any) -> list[Any]:
    """The items of what should be a list."""
    if isinstance(raw, list):
        return raw
    return [] if is_empty(raw) else [raw]


def full_name(given: Any, family: Any) -> str:
    """The name of these parts, of which each may be a list of several."""
    parts = (" ".join(_words(part)) for part in (given, family))
    return persons.full_name(*parts)


def _words(value: Any) -> list[str]:
    return [word.strip() for word in listed(value) if isinstance(word, str) and word.strip()]


def pruned(value: Any) -> Any:
    """A value without what is empty in it."""
    if isinstance(value, Mapping):
        made = {name: pruned(each) for name, each in value.items()}
        return {name: each for name, each in made.items() if not is_empty(each)}
    if isinstance(value, list):
        return [each for each in map(pruned, value) if not is_empty(each)]
    return value


def free(name: str, prefix: str, *taken: Container[str]) -> str:
    """The name, or where it is taken one that says the format it is of."""

    def is_taken(key: str) -> bool:
        return any(key in each for each in taken)

    if is_taken(name):
        name = prefix + name[:1].upper() + name[1:]
    while is_taken(name):
        name += "_"
    return name


@cache
def _known(section: str) -> frozenset[str]:
    """The keys that have a meaning of their own in a part of the document."""
    if section == "basics":
        keys = (*mapping.BASICS, *mapping.NETWORK_KEYS)
        return frozenset({name for key in keys for name in (key.name, *key.also)} | {"location", "profiles"})
    if section == "profiles":
        return frozenset(key.name for key in mapping.PROFILES)
    lists = {name: keys for name, *keys in mapping.LISTS.values()} | {"skills": mapping.SKILLS.keys}
    names = {name for key in lists.get(section, ()) for name in (key.name, *key.also)}
    return frozenset(names | {mapping.IS_VISIBLE.name, "positions", "group"})


def _bare(url: Any) -> str:
    """An address without what people leave out of it."""
    return re.sub(r"^(?:https?://)?(?:www\.)?|/+$", "", url.strip().casefold()) if isinstance(url, str) else ""


def _escaped(key: str) -> str:
    return shown(key).replace("~", "~0").replace("/", "~1")
