"""Request bodies at the edge of the contract: valid ones, and the same with hostile values in them.

``generate`` gives the same bodies for the same seed. They are for a profile that was made of ``document()``.
"""

import copy
import json
import random
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from profiles.api.examples import ITEMS, NEW_PROFILE

PROFILE_ID = "01990000-0000-7000-8000-00000000aaaa"
IN_SKILLS = ("languages", "certifications")
KEY_OF_LITERAL = "literal "


class Request(NamedTuple):
    """A request below /api/v1."""

    method: str
    path: str
    body: bytes


def literal(text: str) -> str:
    """A JSON text that no Python value stands for, such as ``1e400``; `encode` writes it as it is."""
    return KEY_OF_LITERAL + text.encode().hex()


def item_id(kind: str, number: int) -> str:
    """The id of an item of the profile."""
    return f"01990000-0000-7000-8000-{list(ITEMS).index(kind):08x}{number:04x}"


def item(kind: str, number: int) -> dict[str, Any]:
    """A valid item with every field set."""
    return {**copy.deepcopy(ITEMS[kind]), "id": item_id(kind, number)}


def document() -> dict[str, Any]:
    """A valid profile with two items of each kind; its ids are known."""
    made: dict[str, Any] = {**copy.deepcopy(NEW_PROFILE), "id": PROFILE_ID}
    for kind in ITEMS:
        (made["skills"] if kind in IN_SKILLS else made)[kind] = [item(kind, number) for number in range(2)]
    return made


def nested(depth: int) -> Any:
    """Lists in lists."""
    return literal("[" * depth + "]" * depth)


LIMITS = (1, 10, 20, 32, 50, 100, 200, 500, 1000, 2000)
NUMBERS: list[Any] = [
    *(0, 1, -1, 3.8, 4.0, 4.000001, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**40),
    *map(literal, ("-0.0", "1e308", "1e400", "-1e400", "1e-400", "0.1e1", "1.0", "NaN", "Infinity", "-Infinity")),
    *map(literal, ("00", "+1", "1.", "0x10", "9007199254740993.0", "0.30000000000000004", "3.9999999999999999")),
]
TEXTS: list[Any] = [
    *("", " ", "\t\n", "0", "null", "ß", "İ", "ﬀ", "Ä", "a\u0308", "e\u0301" * 100, "e\u0301" * 101, "\u1100\u1161"),
    *(
        "👩‍👩‍👧‍👦",
        "\u202egnp.exe",
        "\u200b",
        "\ufeffx",
        "a\u2028b",
        "\x7f",
        "\x85",
        "\ufffe",
        "\U0010ffff",
        "𝔘𝔫𝔦",
        "١٢٣",
    ),
    *("<script>alert(1)</script>", "'; DROP TABLE profiles; --", "%00", "\\", '"', "{{7*7}}", "../../etc/passwd"),
    *(literal('"\\u0000"'), literal('"a\\u0000b"'), literal('"\\ud800"'), literal('"\\udc00\\ud800"')),
    *(literal('"\\ud83d\\ude00"'), literal('"\\uD83D"'), literal('"\\x41"'), literal('"tab\there"')),
    *("x" * size for limit in LIMITS for size in (limit, limit + 1)),
    *("😀" * size for size in (50, 51, 100, 101)),
]
DATES: list[Any] = [
    *("2021", "2021-03", "2021-03-15", "2020-02-29", "2021-02-29", "2021-13", "2021-00", "2021-04-31", "2021-3"),
    *(
        "0000",
        "0001",
        "9999-12-31",
        "10000",
        "-2021",
        "２０２１",
        "2021-03-15T00:00:00Z",
        "15.03.2021",
        " 2021 ",
        "1850",
    ),
]
URLS: list[Any] = [
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://example.org"),
    *(
        "mailto:a@example.org",
        "example.org",
        "//example.org",
        "HTTP://EXAMPLE.ORG",
        "http://",
        "https://[::1",
        "http://[::1]/",
    ),
    *("http://ex ample.org", "http://例え.jp", "https://user:pw@example.org", "example.org:8080/a", "http://10.0.0.1"),
    *("https://example.org/" + "a" * size for size in (180, 181)),
    "example.org/" + "a" * 181,
]
IDS: list[Any] = [
    *("not-an-id", item_id("projects", 0), item_id("projects", 0).upper(), "{" + item_id("projects", 1) + "}"),
    *("urn:uuid:" + PROFILE_ID, PROFILE_ID.replace("-", ""), "00000000-0000-0000-0000-000000000000", PROFILE_ID, 7),
    "01990000-0000-7000-8000-00000000ffff",
]
SHAPES: list[Any] = [
    *(None, True, False, [], {}, [None], [[]], [""], ["a", "A"], [1], {"": 1}, {"a": None}, ["a"] * 50, ["a"] * 51),
    *(["x" * 500], ["x" * 501], ["x" * 100] * 50, nested(20), nested(31), nested(33), nested(2000), [{}], "a" * 11_000),
    *({f"key {n}": n for n in range(count)} for count in (100, 101)),
    *({"k" * size: 1} for size in (50, 51)),
]
ALL: list[Any] = [*NUMBERS, *TEXTS, *DATES, *URLS, *IDS, *SHAPES]
# What is put where a field of such a name stands; anything anywhere else.
POOLS: list[tuple[str, list[Any]]] = [
    (r"date", DATES),
    (r"url|linkedin|github|website", URLS),
    (r"^id$|ids$", IDS),
    (r"gpa|^value$", NUMBERS),
    (r"achievements|technologies|honors|technical|soft|custom_fields|skills|fields", SHAPES),
    (r"", TEXTS),
]


def encode(value: Any, *, ascii_only: bool) -> bytes:
    """The JSON of a value, its literals as they are."""
    text = json.dumps(value, ensure_ascii=ascii_only)
    whole = re.sub(f'"{KEY_OF_LITERAL}([0-9a-f]*)"', lambda found: bytes.fromhex(found[1]).decode(), text)
    return whole.encode("utf-8", "surrogatepass")


def spots(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value that can be written to: the container and its key or index."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [spot for key, each in inner for spot in [(value, key), *spots(each)]]


def spoil_value(value: Any, dice: random.Random) -> Any:
    """The JSON value with one place changed: another value there, none, or its neighbours once more."""
    places = spots(value)
    if not places or dice.random() < 0.03:
        return dice.choice(ALL)
    container, key = dice.choice(places)
    way = dice.random()
    if way < 0.08:
        del container[key]
    elif way < 0.14 and isinstance(container, list):
        container += copy.deepcopy(container)
    elif way < 0.18 and isinstance(container, list):
        container += [copy.deepcopy(container[key])] * dice.choice([48, 49, 50, 100])
    elif way < 0.75 and isinstance(key, str):
        container[key] = dice.choice(next(pool for pattern, pool in POOLS if re.search(pattern, key)))
    else:
        container[key] = dice.choice(ALL)
    return value


def spoil_bytes(body: bytes, dice: random.Random) -> bytes:
    """The body broken where no JSON value could be."""
    small = [b"", b" ", b"null", b"0", b'""', b"[]", b"{}", b"[" * 20_000, b'{"a":' * 5000]
    ways = [
        body[: dice.randrange(len(body))],
        body.replace(b"a", b"\xff", 1),
        body.replace(b'"', b'"\xed\xa0\x80', 1),
        body.replace(b'"', b'"\xc0\x80', 1),
        b"\xef\xbb\xbf" + body,
        body.decode("utf-8", "replace").encode("utf-16"),
        re.sub(rb'("[a-z_]+": )', rb"\1null, \1", body, count=1),
        body + dice.choice([b",", b"}", b" x", b"\0", b"\n\n "]),
        body.replace(b'"', b"'"),
        body.replace(b": ", b": \0", 1),
        dice.choice(small),
    ]
    return dice.choice(ways)


def _valid(dice: random.Random) -> tuple[str, str, Any]:
    """Method, path and body of a request that would be accepted."""
    profile = f"/profiles/{PROFILE_ID}"
    whole = document()
    kind = dice.choice(list(ITEMS))
    number = dice.randrange(2)
    one = item(kind, number)
    new = {name: value for name, value in one.items() if name != "id"}
    part = {name: one[name] for name in ("id", dice.choice(list(one)))}
    fresh = {**copy.deepcopy(NEW_PROFILE), "label": "Another"}
    change = {name: whole[name] for name in dice.sample(list(whole), 3)}
    skills, fields = whole["skills"], whole["custom_fields"]
    entries = [{"key": key, "value": value} for key, value in fields.items()]
    choices: list[tuple[str, str, Any]] = [
        ("POST", "/profiles", fresh),
        ("PUT", profile, whole),
        ("PATCH", profile, change),
        ("POST", f"{profile}/{kind}", dice.choice([new, [new, new], [new]])),
        ("PUT", f"{profile}/{kind}", [item(kind, n) for n in range(2)]),
        ("PATCH", f"{profile}/{kind}", [part]),
        ("PUT", f"{profile}/{kind}/{one['id']}", one),
        ("PATCH", f"{profile}/{kind}/{one['id']}", part),
        ("PUT", f"{profile}/{kind}/order", {"ids": [item_id(kind, 1), item_id(kind, 0)]}),
        ("PUT", f"{profile}/skills", {name: skills[name] for name in dice.sample(list(skills), 2)}),
        ("POST", f"{profile}/skills/{dice.choice(['technical', 'soft'])}", {"skills": ["Go", "C++", "straße"]}),
        ("POST", f"{profile}/custom-fields", {"fields": entries}),
        ("PUT", f"{profile}/custom-fields", fields),
        ("POST", f"{profile}/duplicate", {"label": "Copy"}),
    ]
    return dice.choice(choices)


def generate(count: int, seed: int) -> Iterator[Request]:
    """That many requests: a few valid, most with one or two values spoilt, some with broken bytes."""
    dice = random.Random(seed)  # noqa: S311  # bodies, not secrets
    for _ in range(count):
        method, path, value = _valid(dice)
        way = dice.random()
        changes = 0 if way < 0.08 else 1 if way < 0.7 else dice.randrange(2, 4)
        for _ in range(changes):
            value = spoil_value(value, dice)
        body = encode(value, ascii_only=dice.random() < 0.5)
        if way > 0.88:
            body = spoil_bytes(body, dice)
        yield Request(method, path, body)
