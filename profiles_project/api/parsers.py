"""Strict JSON (RFC 8259): what a database can't store or a reader could take two ways is refused with a 400."""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import IO, Any, NoReturn

from django.utils.http import parse_header_parameters
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from profiles_project.words.sentences import mark, say

MAX_DEPTH = 32
MAX_INTEGER = 2**63 - 1
MIN_INTEGER = -(2**63)
LONGEST_INTEGER = len(str(MIN_INTEGER))
# The most characters of a key or a number that an error repeats.
SHOWN = 40
# The most commas and opening brackets. Each may be a value, which takes up to a hundred times the memory of its text.
MOST_PARTS = 500_000
CONTAINERS = (dict, list)
Path = tuple[str | int, ...]

# Found in few bodies, so that most are spared the closer look of SOUND_ESCAPES.
SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
# The longest start of a JSON text without `\u0000` and without a surrogate escape outside a pair. Possessive repeats
# keep it linear. Raw NULs and raw surrogates need no look: JSON forbids the first in a string, UTF-8 the second.
SOUND_ESCAPES = re.compile(
    r"""(?:
        [^\\]++                                           # plain text
      | \\ [^u]                                           # a short escape such as \n or \\
      | \\u (?! 0000 | [dD][89a-fA-F] )                   # a character of the basic plane
      | \\u [dD][89abAB].. \\u [dD][c-fC-F]..             # a whole pair
    )*+""",
    re.VERBOSE | re.DOTALL,
)


class TooManyParts(APIException):
    """413: JSON with more values than any career has."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = say("The request has more than {n} commas and brackets; no CV has that many.", n=MOST_PARTS)


def loads(body: bytes) -> Any:
    """The value of a JSON text in UTF-8, a byte order mark before it tolerated (RFC 8259, section 8.1).

    Raises ParseError, whose detail is one sentence, for anything else: broken UTF-8 or JSON, an empty text, NaN and
    the infinities, integers beyond 64 bits, NUL characters, lone surrogates, a key twice in one object, and objects
    and arrays nested more than MAX_DEPTH deep. Raises TooManyParts before it reads anything, where commas and
    opening brackets are more than MOST_PARTS.
    """
    return _value(body, DECODER)


def loads_last(body: bytes) -> tuple[Any, list[Path]]:
    """The same of a document that comes from elsewhere, where of a key that stands twice the last one counts.

    The second part of the result are the paths of these keys.
    """
    doubled: list[tuple[dict[str, Any], list[str]]] = []

    def last(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            doubled.append((result, [key for key, number in Counter(key for key, _ in pairs).items() if number > 1]))
        return result

    value = _value(body, _decoder(last))
    return value, list(_paths(value, {id(each): keys for each, keys in doubled})) if doubled else []


def _paths(value: Any, keys: Mapping[int, Sequence[str]]) -> Iterator[Path]:
    """The paths of these keys, by the identity of the objects that they stand in."""
    waiting: list[tuple[Path, Any]] = [((), value)]
    while waiting:
        path, each = waiting.pop()
        yield from ((*path, key) for key in keys.get(id(each), ()))
        members = each.items() if isinstance(each, dict) else enumerate(each)
        waiting += [((*path, step), child) for step, child in members if isinstance(child, CONTAINERS)]


def _value(body: bytes, decoder: json.JSONDecoder) -> Any:
    # Those inside texts are counted too, which keeps the count quick.
    if len(body) > MOST_PARTS and sum(map(body.count, (b",", b"[", b"{"))) > MOST_PARTS:
        raise TooManyParts
    text = _decode(body)
    try:
        value = decoder.decode(text)
    except json.JSONDecodeError as error:
        line, column = _place(text, error.pos)
        told = say(
            "The request is not valid JSON, from line {line}, column {column} on.", line=str(line), column=str(column)
        )
        raise ParseError(told) from error
    except RecursionError as error:
        raise _too_deep() from error
    if depth_exceeds(value, MAX_DEPTH):
        raise _too_deep()
    if SUSPECT_ESCAPE.search(text):
        _check_escapes(text)
    return value


class OtherCharset(UnsupportedMediaType):
    """415: JSON in another character set than UTF-8."""


class StrictJSONParser(BaseParser):
    """Reads a request body with `loads`. A charset other than UTF-8 is answered with 415."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        # The header itself is read, since Django drops a charset that Python doesn't know.
        _, parameters = parse_header_parameters(media_type or self.media_type)
        charset = parameters.get("charset", "utf-8")
        if charset.lower() not in {"utf-8", "utf8"}:
            raise OtherCharset(charset, mark("JSON must be encoded in UTF-8."))
        return self.read(stream.read(), parser_context or {})

    def read(self, body: bytes, context: Mapping[str, Any]) -> Any:
        """The value of a body; `context` is DRF's for parsers."""
        return loads(body)


def _decode(body: bytes) -> str:
    try:
        text = body.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ParseError(say("The request is not valid UTF-8, from byte {n} on.", n=str(error.start + 1))) from error
    if not text or text.isspace():
        raise ParseError(mark("Nothing was sent, but something is required."))
    return text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        ((twice, _),) = Counter(key for key, _ in pairs).most_common(1)
        raise ParseError(say("The request contains «{name}» twice in the same place.", name=_shown(twice)))
    return result


def _integer(literal: str) -> int:
    # The length first: Python refuses to read thousands of digits, with an error of its own.
    if len(literal) > LONGEST_INTEGER or not MIN_INTEGER <= (value := int(literal)) <= MAX_INTEGER:
        raise ParseError(say("The number {number} is too large.", number=_shown(literal)))
    return value


def _float(literal: str) -> float:
    value = float(literal)
    if math.isinf(value):
        raise ParseError(say("The number {number} is too large.", number=_shown(literal)))
    return value


def _constant(name: str) -> NoReturn:
    raise ParseError(say("The request contains {name}, which is not a number.", name=name))


def _decoder(objects: Callable[[list[tuple[str, Any]]], Any]) -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=objects, parse_int=_integer, parse_float=_float, parse_constant=_constant)


DECODER = _decoder(_object)


def depth_exceeds(value: Any, limit: int) -> bool:
    """Whether objects and arrays are nested more than `limit` deep, checked level by level."""
    level = [value] if isinstance(value, CONTAINERS) else []
    for _ in range(limit):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, CONTAINERS)
        ]
        if not level:
            return False
    return True


def _check_escapes(text: str) -> None:
    """Refuses the escapes of NUL and of lone surrogates in a text that is known to be JSON."""
    sound = SOUND_ESCAPES.match(text)
    end = sound.end() if sound else 0
    if end < len(text):
        line, column = _place(text, end)
        told = say(
            "There is a character that can't be stored at line {line}, column {column}.",
            line=str(line),
            column=str(column),
        )
        raise ParseError(told)


def _too_deep() -> ParseError:
    return ParseError(say("The request is nested more than {n} levels deep.", n=MAX_DEPTH))


def _place(text: str, position: int) -> tuple[int, int]:
    """A position as line and column, counted from 1, in characters."""
    line, line_start = text.count("\n", 0, position), text.rfind("\n", 0, position)
    return line + 1, position - line_start


def _shown(text: str) -> str:
    """The start of a text, fit for an error: `repr` escapes what can't be printed or encoded."""
    return repr(text[:SHOWN])[1:-1] + ("…" if len(text) > SHOWN else "")
