"""A JSON Resume document read as a career document, with a report of what became of each part of it.

What is stored in another form than it came keeps its original in `extra`, under its own key, as `{given, stored}`:
`stored` is the fingerprint of our value, so that an export gives the original back as long as nobody changed it.
Where nothing came and something stands in for it, `given` is absent.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

from profiles.portability.json_resume import mapping, shapes
from profiles.portability.json_resume.checking import NoResume, check, check_items, check_size
from profiles.portability.json_resume.mapping import NOT_GIVEN, SKILLS, Key, Section, is_empty
from profiles.portability.json_resume.objects import ABSENT, EMPTY, NO_FIELD, SAID_BY_ABSENCE, Entry, Path, ReadObject
from profiles.portability.json_resume.values import UNKNOWN_FLUENCY, fingerprint, text_in
from profiles_project.texts import fold
from profiles_project.words.sentences import Sentence, either, mark, say

# The key in `extra.basics` for entries of its profiles that are no links of ours. No document has a key of that name.
OTHER_PROFILES = "profiles[]"
# Which field says of an item that it goes on.
GOES_ON = {"education": "is_current", "projects": "is_ongoing"}
# The most characters of the one line of a place (contract 3.1).
LONGEST_PLACE = 100
_ODD = mark("This is not in the expected form; it is left out.")
_ODD_KEPT = mark("This is not in the expected form; it is kept separately.")
_NOT_HERE = mark("There is no field of this name here; it is left out.")
_NO_LIST = mark("This should be a list; it is kept separately.")


class DocumentFault(NamedTuple):
    """What is wrong with a value of the career document.

    `limit` is the most characters, items or bytes, where there are too many.
    """

    path: Path
    code: str
    detail: str
    limit: int | None = None


class Reading:
    """A document that was read. What the API's own judgement finds wrong with `document()`, `mending` takes out.

    `sections` are the lists that it may have, those that JSON Resume lacks among them.
    """

    def __init__(self, resume: Any, sections: Sequence[Section], *, account_email: str) -> None:
        check(resume)
        # A copy, since parts of it may be left out.
        self.resume: dict[str, Any] = dict(resume)
        self.sections = sections
        self.by_plural = {section.plural: section for section in sections}
        self.account_email = account_email
        # What was kept aside whole: items by section and place, and members of `basics` and `meta`.
        self.aside: dict[str, Any] = {}
        self.entries: list[Entry] = []
        self.links: list[ReadObject] = []
        # Which lists came, in whatever shape.
        self.has_links = False
        self.read_lists: set[str] = set()
        self._read_basics(resume["basics"])
        self.items = {section.name: list(self._read_list(section)) for section in (*sections, SKILLS)}
        self._drop_double_skills()
        self.of_profile: dict[str, Any] = {}
        self._read_rest()

    # Reading ----------------------------------------------------------------------------------------------------

    def _read_basics(self, raw: Mapping[str, Any]) -> None:
        own = dict(raw)
        place, links = own.pop("location", None), own.pop("profiles", None)
        networks = {name: own.pop(name) for name in mapping.NETWORKS.values() if name in own}
        self.basics = _read(("basics",), own, mapping.BASICS)
        if not self.basics.values.get("full_name"):
            raise NoResume(
                ("basics", "name"), "required", mark("The document has no name; without one nothing is imported.")
            )
        if not self.basics.values.get("email"):
            self.own_email(mark("There is no e-mail address; the one of your account is used."))
        self._read_place(place, is_there="location" in raw)
        self._read_links(links)
        # Addresses of networks that the links do not give.
        named = {name: value for name, value in networks.items() if not is_empty(value)}
        self.networks = ReadObject(("basics",), named, mapping.NETWORK_KEYS)
        self.no_networks = {name: value for name, value in networks.items() if is_empty(value)}

    def own_email(self, why: str) -> None:
        self.basics.given.setdefault("email", self.basics.raw.get("email", ABSENT))
        self.basics.values["email"] = self.account_email
        self.basics.tell("changed", why, "email")

    def _read_place(self, raw: Any, *, is_there: bool) -> None:
        path: Path = ("basics", "location")
        if isinstance(raw, str) and raw.strip():
            self.entries.append(Entry(path, "changed", mark("This was read as a place in one line.")))
            raw = {"display": raw}
        elif is_there and is_empty(raw):
            self.entries.append(Entry(path, "changed", EMPTY))
        elif is_there and not isinstance(raw, Mapping):
            self.keep("basics", "location", raw, path, _ODD_KEPT)
        given = dict(raw) if isinstance(raw, Mapping) else {}
        # The one line of the place, where it is not made of the parts.
        self.line: dict[str, Any] = {}
        if "display" in given:
            display = given.pop("display")
            line = display.strip() if isinstance(display, str) else text_in(display)
            self.line["location"] = line or None
            if not isinstance(display, str) and not is_empty(display):
                given[shapes.DISPLAY_AS_IT_CAME] = display
        self.place = _read(path, given, mapping.LOCATION)
        if self.line.get("location", path) is None and not one_line(self.place.values):
            self.place.tell("changed", EMPTY, "display")
        if self.line and self.place.values == {"city": self.line["location"]}:
            # An export writes the line as the city, for programs that don't know `display`.
            del self.place.values["city"]

    def _read_links(self, raw: Any) -> None:
        path: Path = ("basics", "profiles")
        if is_empty(raw):
            if "profiles" in self.resume["basics"]:
                self.entries.append(Entry(path, "changed", EMPTY))
            return
        raw = self._in_shape(path, *shapes.links(raw))
        if not isinstance(raw, list):
            self.keep("basics", "profiles", raw, path, _NO_LIST)
            return
        check_size(path, mark("links"), raw)
        self.has_links = True
        for index, came in enumerate(raw):
            each = shapes.link(came)
            part = _read((*path, index), each, mapping.PROFILES) if isinstance(each, Mapping) else None
            if part is None or not part.values:
                sentence = mark("This names no network, user or address; it is kept separately.")
                self.keep("basics", OTHER_PROFILES, {str(index): came}, (*path, index), sentence)
                continue
            part.came = came
            if not part.values.get("network"):
                name = shapes.network(part.values.get("url") or "") or NOT_GIVEN
                part.stand_in("network", name, _stands_in(name))
            self.links.append(part)

    def _read_list(self, section: Section) -> Iterator[ReadObject]:
        raw = section.listed(self.resume)
        if is_empty(raw):
            return
        raw = self._in_shape(section.path, *shapes.listed(section, raw))
        if not isinstance(raw, list):
            self.keep(section.name, "given", raw, section.path, _NO_LIST)
            return
        check_items(section.path, section.label, raw)
        check_size(section.path, section.label, range(shapes.size(section, raw)))
        self.read_lists.add(section.name)
        for shaped in shapes.items(section, raw):
            path: Path = (*section.path, *shaped.steps)
            if not isinstance(shaped.item, Mapping):
                self._set_aside(section, path, shaped.item, _ODD_KEPT)
                continue
            part = _read(path, shaped.item, section.keys, section)
            if shaped.group:
                if shapes.GROUP in part.unknown:
                    part.unknown[shapes.free_key(part.unknown, shapes.GROUP)] = part.unknown[shapes.GROUP]
                part.unknown[shapes.GROUP] = shaped.group
            if shaped.why:
                # Of positions in one company once, where they stood.
                told = Entry((*section.path, *shaped.steps[:1]), "changed", shaped.why)
                self.entries += [told] if told not in self.entries[-1:] else []
            if shaped.came is not None:
                part.came = shaped.came
            if why := _complete(section, part):
                self._set_aside(section, path, part.came, why)
            else:
                yield part

    def _in_shape(self, path: Path, made: Any, why: str) -> Any:
        """What was made of a value in another shape, which is told where it was."""
        if why:
            self.entries.append(Entry(path, "changed", why))
        return made

    def _set_aside(self, section: Section, path: Path, raw: Any, why: str) -> None:
        """Keep an item of a list aside whole, by the place where it stood."""
        steps = path[len(section.path) :]
        self.keep(section.name, ".".join(map(str, steps)), raw, path, why)

    def kept_at(self, where: str, name: str) -> Path:
        """Where in the document a member of `extra` stood: `name` in the part `where` of it, or at its top for ""."""
        if not where:
            is_own = name in self.of_profile.get("unknown", {})
            return ("meta", mapping.OURS_IN_META, "unknown", name) if is_own else (name,)
        if where == "basics":
            return ("basics", "profiles") if name == OTHER_PROFILES else ("basics", name)
        place = next((section.path for section in self.sections if section.name == where), (where,))
        steps = () if name == "given" else name.split(".")
        return (*place, *(int(step) if step.isdecimal() else step for step in steps))

    def retell(self, paths: Sequence[Path], why: str) -> None:
        """Tell that what was kept aside is left out after all."""
        lost = set(paths)
        told = (
            e for e in self.entries if e.outcome != "kept_aside" or lost.isdisjoint(accumulate((s,) for s in e.path))
        )
        self.entries = [*told, *(Entry(path, "refused", why) for path in paths)]

    def keep(self, section: str, name: str, raw: Any, path: Path, why: str) -> None:
        kept = self.aside.setdefault(section, {})
        kept[name] = {**kept.get(name, {}), **raw} if name == OTHER_PROFILES else raw
        self.entries.append(Entry(path, "kept_aside", why))

    def _drop_double_skills(self) -> None:
        seen: set[tuple[str, str]] = set()
        for part in list(self.items["skills"]):
            key = (kind_of(part), fold(part.values["name"]))
            if key in seen:
                self.take_out(part, mark("This skill is in the list already; it is kept separately."))
            seen.add(key)
        kinds = [kind_of(part) for part in self.items["skills"]]
        if kinds != sorted(kinds, reverse=True):
            self.entries.append(Entry(("skills",), "changed", mark("In exports, soft skills come after the others.")))

    def _read_rest(self) -> None:
        named = self.resume.get("$schema")
        if named != mapping.SCHEMA_URL:
            sentence = mark("Exports name version 1.0.0 of JSON Resume here.")
            self.entries.append(Entry(("$schema",), "changed", sentence))
        meta = self.resume.get("meta")
        if isinstance(meta, Mapping):
            self._read_ours(meta.get(mapping.OURS_IN_META))
            rest = {name: value for name, value in meta.items() if name != mapping.OURS_IN_META}
            if rest:
                self.keep("meta", "given", rest, ("meta",), NO_FIELD)
        elif not is_empty(meta):
            self.entries.append(Entry(("meta",), "refused", _ODD))
        for name, value in self.resume.items():
            if name in mapping.TOP_LEVEL and is_empty(value) and name != "$schema":
                self.entries.append(Entry((name,), "changed", EMPTY))
            elif name not in mapping.TOP_LEVEL:
                sentence = say(
                    "There is no field for this; exports will include it under «{name}».", name=mapping.OURS_IN_META
                )
                self.entries.append(Entry((name,), "kept_aside", sentence))

    def _read_ours(self, ours: Any) -> None:
        path: Path = ("meta", mapping.OURS_IN_META)
        if not isinstance(ours, Mapping):
            if ours is not None:
                self.entries.append(Entry(path, "refused", _ODD))
            return
        check_size(path, None, ours)
        forms = {"label": str, "customFields": Mapping, "unknown": Mapping, "lists": Mapping}
        self._tell_of_unknown_lists(ours.get("lists"), (*path, "lists"))
        if isinstance(ours.get("unknown"), Mapping):
            ours = {**ours, "unknown": self._own_unknown(ours["unknown"], (*path, "unknown"))}
        fit = {name: ours[name] for name, form in forms.items() if isinstance(ours.get(name), form)}
        self.of_profile = {name: value for name, value in fit.items() if not is_empty(value)}
        for name in ours.keys() - self.of_profile.keys():
            outcome, sentence = ("changed", EMPTY) if name in fit else ("refused", _NOT_HERE)
            self.entries.append(Entry((*path, str(name)), outcome, sentence))
        if not self.of_profile or self.of_profile == {"label": mapping.DEFAULT_LABEL}:
            self.entries.append(Entry(path, "changed", SAID_BY_ABSENCE))
        elif self.of_profile.get("label") == mapping.DEFAULT_LABEL:
            self.entries.append(Entry((*path, "label"), "changed", SAID_BY_ABSENCE))

    def _tell_of_unknown_lists(self, lists: Any, path: Path) -> None:
        known = {section.plural for section in self.sections if section.is_ours}
        for name in lists.keys() - known if isinstance(lists, Mapping) else ():
            self.entries.append(Entry((*path, str(name)), "refused", _NOT_HERE))

    def _own_unknown(self, unknown: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """The unknown keys that an earlier import found at the top, without those that this document has there."""
        for name in unknown.keys() & self.resume.keys() | unknown.keys() & set(mapping.TOP_LEVEL):
            self.entries.append(
                Entry(
                    (*path, name),
                    "refused",
                    mark("Under this name, only the top level of the document counts."),
                )
            )
        return {name: v for name, v in unknown.items() if name not in {*self.resume, *mapping.TOP_LEVEL}}

    # What was read ----------------------------------------------------------------------------------------------

    def document(self) -> dict[str, Any]:
        """The career document (contract 3.1) as the API takes it. It lacks the lists that did not come."""
        line = {"location": text} if (text := one_line(self.place.values)) else {}
        info = {**self.place.values, **line, **self.line, **self._addresses(), **self.basics.values}
        made: dict[str, Any] = {"extra": self.extra()}
        made |= {name: info.pop(name) for name in mapping.SUMMARIES if name in info}
        if self.has_links:
            info["links"] = [full_link(link.values) for link in self.links]
        made["personal_info"] = info
        skills = self._skills()
        for section in self.sections:
            if self._came(section):
                items = [{**part.values, "extra": part.extra()} for part in self.items[section.name]]
                (skills if section.in_skills else made)[section.plural] = items
        if skills:
            made["skills"] = skills
        if "label" in self.of_profile:
            made["label"] = self.of_profile["label"]
        if "customFields" in self.of_profile:
            made["custom_fields"] = dict(self.of_profile["customFields"])
        return made

    @property
    def has_own_email(self) -> bool:
        """Whether the document has an e-mail address that could be taken over."""
        return self.basics.given.get("email") is not ABSENT and self.basics.values["email"] != self.account_email

    def _said(self) -> dict[str, Any]:
        """The addresses of networks that links give."""
        said: dict[str, Any] = {}
        for link in self.links:
            name = mapping.NETWORKS.get(link.values["network"].casefold())
            if name and link.values.get("url"):
                said.setdefault(name, link.values["url"])
        return said

    def _addresses(self) -> dict[str, Any]:
        return {**self._said(), **dict.fromkeys(self.no_networks), **self.networks.values}

    def _came(self, section: Section) -> bool:
        """Whether the document has the list."""
        return section.name in self.read_lists or isinstance(section.listed(self.resume), list)

    def _skills(self) -> dict[str, Any]:
        if not self._came(SKILLS):
            return {}
        made: dict[str, Any] = {"technical": [], "soft": [], "details": []}
        for part in self.items["skills"]:
            kind = kind_of(part)
            made[kind].append(part.values["name"])
            if detail := self._detail(part):
                made["details"].append({"kind": kind, "name": part.values["name"], **detail})
        return made

    @staticmethod
    def _detail(part: ReadObject) -> dict[str, Any]:
        whole = {**part.values, "extra": part.extra()}
        detail = {name: whole.get(name) for name in ("level", "keywords", "extra")}
        return {name: value for name, value in detail.items() if not is_empty(value)}

    def extra(self) -> dict[str, Any]:
        """The members of the document that no field of ours holds, by its own keys."""
        basics = {**self.basics.extra(), **self.networks.extra(), **self.aside.get("basics", {})}
        if place := self.place.extra():
            basics["location"] = place
        if any(part.extra() for part in self.links):
            # All of them: two links that are otherwise alike may differ in this.
            basics["profiles"] = [{"of": fingerprint(full_link(p.values)), **p.extra()} for p in self.links]
        made = {name: value for name, value in self.resume.items() if name not in mapping.TOP_LEVEL}
        made = {**self.of_profile.get("unknown", {}), **made}
        made |= {name: value for name, value in self.aside.items() if name != "basics"}
        return {**made, "basics": basics} if basics else made

    def report(self) -> list[Entry]:
        """What became of each part, in the order of the document's sections."""
        mapped = [Entry(("basics",), "mapped", mark("This is stored as the personal information."))]
        mapped += [Entry(part.path, "mapped", mark("This is stored as a link.")) for part in self.links]
        for section in (*self.sections, SKILLS):
            sentence = say("This is stored under {list}.", list=section.label)
            mapped += [Entry(part.path, "mapped", sentence) for part in self.items[section.name]]
        parts = (
            self.basics,
            self.place,
            self.networks,
            *self.links,
            *(p for parts in self.items.values() for p in parts),
        )
        notes = [*self.entries, *(entry for part in parts for entry in part.told()), *self._about_networks()]
        order = {name: number for number, name in enumerate(self.resume)}
        return sorted([*mapped, *notes], key=lambda entry: (order.get(str(entry.path[0]), -1), *_sortable(entry.path)))

    def _about_networks(self) -> Iterator[Entry]:
        # Called after all is mended: links may have lost their addresses until then.
        said = self._said()
        for name, value in self.no_networks.items():
            if name not in said or value is not None:
                yield Entry(("basics", name), "changed", EMPTY)
        for name, value in self.networks.values.items():
            if said.get(name) == value:
                yield Entry(
                    ("basics", name), "changed", mark("One of the links says the same; exports leave this out.")
                )

    def changed(self) -> None:
        """Forget what was remembered of the skills' order; to be called when some were taken out."""
        self.__dict__.pop("_skills_by", None)

    @cached_property
    def _skills_by(self) -> dict[str, list[ReadObject]]:
        """The skills in the order of each list of `document()`. Holds until something is mended."""
        skills = self.items["skills"]
        return {
            "technical": [part for part in skills if kind_of(part) == "technical"],
            "soft": [part for part in skills if kind_of(part) == "soft"],
            "details": [part for part in skills if self._detail(part)],
        }

    def source(self, path: Path) -> Path:
        """The place in the résumé that a value of `document()` came from, as exactly as is known."""
        if path[:1] == ("extra",) and path[1:]:
            return path[1:]
        if path[:1] in {("label",), ("custom_fields",)}:
            name = "label" if path[0] == "label" else "customFields"
            return ("meta", mapping.OURS_IN_META, name, *path[1:])
        if located := self.part(path):
            part, field, _ = located
            is_skill = path[:2] in {("skills", "technical"), ("skills", "soft")}
            key = None if is_skill else part.by_field.get(field)
            return (*part.path, key.name) if key else part.path
        for section in (*self.sections, SKILLS):
            if section.plural in path or (section is SKILLS and path[:1] == ("skills",)):
                return section.path
        return ("basics",)

    def part(self, path: Path) -> "Located | None":
        """The object that a value came from; None for a value that was stored before."""
        found: Located | None = None
        match path:
            case ("personal_info", "links", int(index), *rest):
                found = _at(self.links, index, rest, "network")
            case ("personal_info", str(field), *rest):
                holders = (part for part in (self.place, self.networks) if field in part.by_field)
                found = next(holders, self.basics), field, tuple(rest)
            case (str(field), *rest) if field in (*mapping.SUMMARIES, "extra"):
                found = self.basics, field, tuple(rest)
            case ("skills", ("technical" | "soft") as kind, int(index), *_):
                found = _at(self._skills_by[kind], index, (), "name")
            case ("skills", "details", int(index), *rest):
                found = _at(self._skills_by["details"], index, rest, "name")
            case ("skills", str(plural), int(index), *rest) | (str(plural), int(index), *rest):
                found = _at(self.items[self.by_plural[plural].name], index, rest, "")
        return found

    def take_out(self, part: ReadObject, why: str, field: str = "") -> None:
        """Keep an item aside that can't be one of ours; `field` is what is at fault in it."""
        section = part.section
        if section and part in self.items[section.name]:
            self.items[section.name].remove(part)
            if field:
                why = say("{place!c}: {sentence!l}", place=section.labels[field], sentence=Sentence(why))
            self._set_aside(section, part.path, part.came, why)


def _stands_in(text: str) -> Sentence:
    return say("This is missing; «{text}» is used instead.", text=text)


# An object that was read, its field, and the rest of the path below the field.
Located = tuple[ReadObject, str, Path]


def _at(parts: Sequence[ReadObject], index: int, rest: Sequence[str | int], field: str) -> Located | None:
    """The object at an index, with the field that the rest of a path names, or else with the given field."""
    if index >= len(parts):
        return None
    return parts[index], str(rest[0]) if rest else field, tuple(rest[1:])


def _read(path: Path, raw: Mapping[str, Any], keys: Iterable[Key], section: Section | None = None) -> ReadObject:
    check_size(path, section.label if section else None, raw)
    return ReadObject(path, raw, keys, section)


def kind_of(part: ReadObject) -> str:
    """The list of skills that a skill goes to."""
    return str(part.values.get("kind", "technical"))


def one_line(place: Mapping[str, Any]) -> str | None:
    """The parts of a place as one line."""
    line = ", ".join(str(place[name]) for name in ("city", "region", "country_code") if place.get(name))
    return line if line and len(line) <= LONGEST_PLACE else None


def full_link(values: Mapping[str, Any]) -> dict[str, Any]:
    """A link with all its members."""
    return {name: values.get(name) for name in ("network", "username", "url")}


def is_vital(part: ReadObject, field: str) -> bool:
    """Whether an item can't be one of ours without a right value of the field."""
    return part.section is not None and field in part.section.vital


def _complete(section: Section, part: ReadObject) -> str:
    """Fill in what an item of ours must have. Returns why it can't be one of ours, or an empty text if it can."""
    values = part.values
    missing = [field for field in section.required if not values.get(field)]
    if missing and len(missing) == len(section.required):
        return _incomplete(section, missing)
    for field in section.needed:
        if values.get(field) is None:
            return _incomplete(section, [field])
    for field in missing:
        part.stand_in(field, NOT_GIVEN, _stands_in(NOT_GIVEN))
    if section.plural == "experiences":
        part.say_whether_current()
    for field in section.may_be_unknown:
        values.setdefault(field, None)
    if (flag := GOES_ON.get(section.plural)) and "end_date" in values and not values["end_date"]:
        # A null that was read means now.
        values.setdefault(flag, True)
    if values.get("is_current") and values.get("end_date"):
        part.replace("is_current", value=False, why=mark("This has an end date, so it is no longer ongoing."))
    if section.plural == "languages" and not values.get("proficiency"):
        part.stand_in("proficiency", UNKNOWN_FLUENCY, _NO_LEVEL)
    return ""


_NO_LEVEL = say("No level is given; it is stored as «{level}».", level=UNKNOWN_FLUENCY)


def _incomplete(section: Section, missing: Sequence[str]) -> Sentence:
    names = either([section.labels[field] for field in missing])
    return say("Missing: {names}. Therefore this is kept separately.", names=names)


def _sortable(path: Path) -> tuple[Any, ...]:
    return tuple((0, step, "") if isinstance(step, int) else (1, 0, step) for step in path[1:])
