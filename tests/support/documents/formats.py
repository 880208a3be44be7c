"""Small documents of other formats than JSON Resume: invented people, every member that a format has."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from profiles.portability.formats import recognising, xml_text, yaml_text
from profiles.portability.formats.translating import Translation

DATA = Path(__file__).parent.parent.parent / "data" / "formats"
FILES = sorted(DATA.iterdir())
SOURCES = {
    "reactive": "reactive-resume",
    "fresh": "fresh",
    "rendercv": "rendercv",
    "europass": "europass",
}
MEDIA_TYPES = {".json": "application/json", ".yaml": "application/yaml", ".xml": "application/xml"}


def source_of(file: Path) -> str:
    """The source that a sample is of."""
    return SOURCES[file.name.partition("_")[0]]


def document(file: Path) -> Any:
    """A sample, parsed."""
    body = file.read_bytes()
    if file.suffix == ".yaml":
        return yaml_text.loads(body)[0]
    return xml_text.loads(body)[1] if file.suffix == ".xml" else json.loads(body)


def translated(name: str) -> Translation:
    """The translation of a sample."""
    found = recognising.recognise((DATA / name).read_bytes())
    assert found.translation
    return found.translation


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value in a document that is no list and no object, with its path."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, (*path, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from leaves(each, (*path, str(index)))
    else:
        yield path, value


ODD: tuple[Any, ...] = (
    *(None, "", " ", 0, -1, 3.5, True, False, [], {}, [[]], {"": ""}, [None], ["x", 1], {"a": {"b": [1]}}),
    *("<p>", "<ul><li>a<li>b</ul>", "</a></b>", "&#0;&#xD800;", "<a href='javascript:x'>y</a>", "<b><i>x</b></i>"),
    *("2018 - 2020", "Present", "9999-99", "\u202e", "e\u0301" * 40, "x" * 5_000, {"Year": -1}, {"Contact": []}),
    *("https://", "10.1/x", {"href": 1}, {"items": {"a": 1}}, {"visible": "no"}, 2**62, "٢٠١٨", "\ue000"),
)


def mutated(value: Any, chance: random.Random) -> Any:
    """The document with some of its values and keys changed."""
    made = json.loads(json.dumps(value))
    for _ in range(chance.randint(1, 4)):
        holders = [holder for holder in _holders(made) if holder]
        if not holders:
            return chance.choice(ODD)
        holder = chance.choice(holders)
        _change(holder, chance)
    return made


def _change(holder: Any, chance: random.Random) -> None:
    keys = list(holder) if isinstance(holder, dict) else range(len(holder))
    key = chance.choice(keys)
    match chance.randint(0, 4):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[chance.choice(["items", "name", "label", "basics", "#text", "@x", "\u00e9" * 50, "a/b~c"])] = (
                holder.pop(key)
            )
        case 2:
            other = chance.choice(keys)
            holder[key], holder[other] = holder[other], holder[key]
        case 3 if isinstance(holder, list):
            holder.extend(json.loads(json.dumps(holder[:3])))
        case _:
            holder[key] = json.loads(json.dumps(chance.choice(ODD)))


def _holders(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for each in value.values() if isinstance(value, dict) else value:
            yield from _holders(each)
