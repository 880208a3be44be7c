"""Values in another shape than JSON Resume gives them: a text for an object, an object for a list, and the like.

Pure. What can be understood of them is put into the standard's shape, with a sentence that says so; what can't stays as
it came, and the reader of the value says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from profiles.portability.dates import says_nothing
from profiles.portability.json_resume.mapping import Key, Section, is_empty
from profiles.portability.json_resume.values import FROM_OBJECT, fingerprint, text_in, texts_in
from profiles_project.words.sentences import mark

ADDRESS_MEMBERS = ("url", "href", "link", "value")
# Fields of several paragraphs; a list for any other text is one line.
PARAGRAPHS = frozenset(
    {"professional_summary", "enhanced_professional_summary", "description", "company_description"}
    | {"enhanced_description", "summary", "reference"}
)
# Of several addresses or numbers the first is the person's.
FIRST_ALONE = frozenset({"email", "phone"})
# The key that a text means which stands where an item should.
NAMED_BY = {
    "skills": "name",
    "interests": "name",
    "languages": "language",
    "projects": "name",
    "certificates": "name",
    "publications": "name",
    "awards": "title",
}
# Lists that some write as an object, and what the values of its members are: texts, or lists of texts.
AS_OBJECTS = {"skills": ("level", "keywords"), "languages": ("fluency", ""), "interests": ("", "keywords")}
# The key in `extra` that positions in the same company have alike.
GROUP = "group"
# The key for what a document says of a company and its positions say otherwise.
OF_COMPANY = "ofCompany"
# The key for a place in one line that came as something else than a text.
DISPLAY_AS_IT_CAME = "displayAsItCame"
# In characters, of a text that is said of each position in a company.
LONGEST_SHARED = 2_000

_TOGETHER = mark("The texts of this list were put together.")
_FIRST = mark("Of several, the first is stored; the others are kept separately.")
_ONE = mark("A single entry was turned into a list.")
_NAME = mark("A text was read as an entry of this name.")
_MEMBERS = mark("The parts of this were turned into a list.")
_POSITIONS = mark("Several positions in one company are stored as one entry each.")


def plain(key: Key, given: Any) -> tuple[Any, str]:
    """A value for a field of one text, as a text, and a sentence where it came in another shape."""
    if key.kind in {"texts", "flag", "number", "as_it_is", "skill_kind"}:
        return given, ""
    if isinstance(given, list):
        return _of_list(key, given)
    if isinstance(given, Mapping):
        found = _of_object(key, given)
        return (found, FROM_OBJECT) if found else (given, "")
    return given, ""


def _of_list(key: Key, given: Sequence[Any]) -> tuple[Any, str]:
    found = [text_in(each) for each in given]
    if not found or not all(found):
        return given, ""
    if key.kind != "text" or key.field in FIRST_ALONE:
        return found[0], _FIRST if len(found) > 1 else FROM_OBJECT
    return ("\n\n" if key.field in PARAGRAPHS else ", ").join(found), _TOGETHER


def _of_object(key: Key, given: Mapping[str, Any]) -> str:
    if key.kind == "url":
        return next((v for name in ADDRESS_MEMBERS if isinstance(v := given.get(name), str) and v.strip()), "")
    if key.field == "full_name":
        return " ".join(texts_in(given))
    return text_in(given)


# Lists ----------------------------------------------------------------------------------------------------------------


class Shaped(NamedTuple):
    """An item of a list: the steps to it from the list, the item, and what is to be told of its shape.

    `group` is what positions in one company have alike, `came` what came where that is not the item.
    """

    steps: tuple[str | int, ...]
    item: Any
    why: str = ""
    group: str = ""
    came: Any = None


def listed(section: Section, raw: Any) -> tuple[Any, str]:
    """What came for a list as a list, and a sentence where it came in another shape."""
    if isinstance(raw, str) and section.name in NAMED_BY and not says_nothing(raw):
        return [raw], _ONE
    if not isinstance(raw, Mapping):
        return raw, ""
    if _names(section) & raw.keys():
        return [raw], _ONE
    of_text, of_list = AS_OBJECTS.get(section.name, ("", ""))
    name = NAMED_BY.get(section.name, "")
    made = [_member(name, of_text, of_list, *each) for each in raw.items()]
    return (made, _MEMBERS) if made and all(made) else (raw, "")


def _member(name: str, of_text: str, of_list: str, key: str, value: Any) -> dict[str, Any] | None:
    """An item that is written as a member of an object, None where it can't be one."""
    if is_empty(value) and (of_text or of_list):
        return {name: key}
    if of_text and isinstance(value, str | int | float) and not isinstance(value, bool):
        return {name: key, of_text: str(value)}
    if of_list and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return {name: key, of_list: value}
    return None


def items(section: Section, raw: Sequence[Any]) -> Iterator[Shaped]:
    """The items of a list, each in the standard's shape as far as can be understood."""
    name = NAMED_BY.get(section.name)
    for index, each in enumerate(raw):
        if isinstance(each, str) and each.strip() and name:
            yield Shaped((index,), {name: each}, _NAME, came=each)
        elif section.name == "work" and isinstance(each, Mapping) and _positions(each):
            yield from _each_position(section, index, each)
        else:
            yield Shaped((index,), each)


def _positions(job: Mapping[str, Any]) -> bool:
    """Whether it tells of several positions in one company."""
    found = job.get("positions")
    return isinstance(found, list) and bool(found) and all(isinstance(each, Mapping) for each in found)


def size(section: Section, raw: Sequence[Any]) -> int:
    """How many items a list makes, before any is made."""
    if section.name != "work":
        return len(raw)
    return sum(len(job["positions"]) if isinstance(job, Mapping) and _positions(job) else 1 for job in raw)


def _each_position(section: Section, index: int, job: Mapping[str, Any]) -> Iterator[Shaped]:
    """The positions in a company, each with what is said of the company.

    What no position can say as well, since it has a word of its own or we have no field for it, stays with the first.
    """
    shared = {name: value for name, value in job.items() if name != "positions"}
    common = {name: value for name, value in shared.items() if name in _names(section) and _is_short(value)}
    made = [_position(common, position) for position in job["positions"]]
    lost = {name: value for name, value in shared.items() if not any(each.get(name) == value for each in made)}
    alone = {name: value for name, value in lost.items() if name not in made[0]}
    made[0] |= alone
    if others := {name: value for name, value in lost.items() if name not in alone and not is_empty(value)}:
        made[0][free_key(made[0], OF_COMPANY)] = others
    group = fingerprint(job) if len(made) > 1 else ""
    for place, item in enumerate(made):
        yield Shaped((index, "positions", place), item, _POSITIONS, group)


def _position(common: Mapping[str, Any], position: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: value for name, value in position.items() if not is_empty(value)}
    # What some call a title.
    if "position" not in own and isinstance(own.get("title"), str):
        own["position"] = own.pop("title")
    dates = {"startDate", "endDate"} if own.keys() & {"startDate", "endDate"} else set()
    return {**{name: value for name, value in common.items() if name not in dates}, **own}


def _names(section: Section) -> set[str]:
    return {name for key in section.keys for name in (key.name, *key.also)}


def _is_short(value: Any) -> bool:
    """Whether a value may be said anew with each of many items."""
    return isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= LONGEST_SHARED)


def free_key(taken: Mapping[str, Any], name: str) -> str:
    """The name, or where an object has it already, one like it."""
    while name in taken:
        name += "_"
    return name


# Links ----------------------------------------------------------------------------------------------------------------


def links(raw: Any) -> tuple[Any, str]:
    """What came for the profiles in networks as a list, and a sentence where it came in another shape."""
    if not isinstance(raw, Mapping):
        return raw, ""
    if raw.keys() & {"network", "url", "username"}:
        return [raw], _ONE
    made = [{"network": name, **_address_or_name(value)} for name, value in raw.items() if isinstance(value, str)]
    return (made, _MEMBERS) if len(made) == len(raw) else (raw, "")


def link(each: Any) -> Any:
    """A link of its own shape, made of a text where that came."""
    return _address_or_name(each) if isinstance(each, str) and each.strip() else each


def _address_or_name(text: str) -> dict[str, str]:
    return {"url": text} if "." in text or "/" in text else {"username": text}


def network(url: str) -> str:
    """What a network is called by its address: the host without «www.»."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
