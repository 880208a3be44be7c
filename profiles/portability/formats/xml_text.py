"""XML without its dangers, as objects: no document type, so no entities and nothing outside of it; bounded.

An element with attributes or children is an object, one with text alone a text; children of one name are a list where
there are several. Attributes have an «@» before their name, text beside children or attributes is under «#text».
Prefixes of names are left out.
"""

from typing import Any
from xml.parsers import expat

from profiles.portability.formats.refusing import TOO_DEEP, TOO_MANY, Refused
from profiles_project.words.sentences import mark, say

MAX_DEPTH = 32
MAX_PARTS = 100_000
TEXT, ATTRIBUTE = "#text", "@"

_NO_XML = mark("This is not valid XML, from line {line}, column {column} on.")
_DOCTYPE = mark("XML with a document type (DOCTYPE) is not read, since it may refer to other files.")
_BETWEEN = " "


class _Builder:
    """Builds objects from what the parser meets."""

    def __init__(self) -> None:
        self.parts = 0
        # Open elements: their names, their members, and the pieces of their text.
        self.open: list[tuple[str, dict[str, Any], list[str]]] = []
        self.root: tuple[str, Any] = ("", None)

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self.parts += 1 + len(attributes)
        if self.parts > MAX_PARTS:
            raise Refused("too_large", say(TOO_MANY, n=MAX_PARTS))
        if len(self.open) >= MAX_DEPTH:
            raise Refused("too_large", say(TOO_DEEP, n=MAX_DEPTH))
        # Those of another namespace say where a schema is.
        own = {ATTRIBUTE + key: value for key, value in attributes.items() if _BETWEEN not in key}
        self.open.append((name.rpartition(_BETWEEN)[2], own, []))

    def text(self, text: str) -> None:
        self.open[-1][2].append(text)

    def end(self, name: str) -> None:
        name, members, pieces = self.open.pop()
        text = "".join(pieces)
        if members and text.strip():
            members[TEXT] = text.strip()
        value: Any = members or text.strip()
        if not self.open:
            self.root = name, value
            return
        holder = self.open[-1][1]
        if name not in holder:
            holder[name] = value
        elif isinstance(holder[name], list):
            holder[name].append(value)
        else:
            holder[name] = [holder[name], value]

    def refuse_type(self, *_: Any) -> None:
        raise Refused("unsupported_file", _DOCTYPE)


def loads(body: bytes) -> tuple[str, Any]:
    """The name of a document's root, and its value. Raises Refused."""
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=_BETWEEN)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = builder.refuse_type
    parser.EntityDeclHandler = builder.refuse_type
    parser.StartElementHandler = builder.begin
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    try:
        # At one go: in pieces, a long token would be read again with each.
        parser.Parse(body, True)  # noqa: FBT003  # expat takes no names
    except (expat.ExpatError, LookupError, ValueError) as error:
        if isinstance(error, Refused):
            raise
        line, column = getattr(error, "lineno", 1), getattr(error, "offset", 0) + 1
        raise Refused("broken", say(_NO_XML, line=str(line), column=str(column))) from error
    return builder.root
