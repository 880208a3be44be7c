"""Strict JSON: what a body may hold, and for everything else a 400 that says what is wrong and where."""

import io
import json
import time
from typing import Any

import pytest
from hypothesis import example, given, strategies as st
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from profiles_project.api.parsers import MAX_DEPTH, StrictJSONParser, loads
from profiles_project.words.wording import worded

pytestmark = pytest.mark.pure


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * depth + closing * depth).encode()


def request(body: bytes, content_type: str) -> Request:
    plain = APIRequestFactory().post("/", body, content_type=content_type)
    return Request(plain, parsers=[StrictJSONParser()])


def refusal(body: bytes) -> str:
    """The sentence with which a body is refused; it must be fit for a JSON answer in UTF-8."""
    with pytest.raises(ParseError) as caught:
        loads(body)
    sentence = worded(str(caught.value.detail))
    assert sentence.endswith(".")
    assert len(sentence) < 200
    assert sentence.isprintable()
    return sentence


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        (b"[]", []),
        (b'""', ""),
        (b"null", None),
        (b" \r\n\t{ } \n", {}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('{"naïve": "Zoë 😀"}'.encode(), {"naïve": "Zoë 😀"}),
        (rb'"\ud83d\ude00"', "😀"),
        (rb'"\uD83D\uDE00\uD83D\uDE00"', "😀😀"),
        (rb'"\\\ud83d\ude00"', "\\😀"),
        (rb'"\\u0000 \\ud800"', r"\u0000 \ud800"),
        (rb'"\u00010"', "\x010"),
        (rb'"\\\\u0000"', r"\\u0000"),
        (rb'{"a": {"x": 1}, "b": {"x": 1}}', {"a": {"x": 1}, "b": {"x": 1}}),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"1.7976931348623157e308", 1.7976931348623157e308),
        (b"1e-400", 0.0),
        (b"3.90", 3.9),
        (b"[" + b"[]," * 100 + b"[]]", [[]] * 101),
        (b'"' + b"[{" * 1000 + b'"', "[{" * 1000),
        (rb'"\"' + b"[" * 1000 + b'"', '"' + "[" * 1000),
    ],
)
def test_sound_json_is_read(body: bytes, value: Any) -> None:
    assert loads(body) == value


def test_numbers_keep_the_type_that_python_gives_them() -> None:
    assert [type(number) for number in loads(b"[1, 1.0, 1e2, -0, true]")] == [int, float, float, int, bool]


BROKEN = "The request is not valid JSON, from line 1, column "
TOO_DEEP = "The request is nested more than 32 levels deep."
EMPTY = "Nothing was sent, but something is required."


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"", EMPTY),
        (b" \n\t", EMPTY),
        (b"\xef\xbb\xbf", EMPTY),
        (b'{"a": "\xff"}', "The request is not valid UTF-8, from byte 8 on."),
        (b"\xef\xbb\xbf\xff", "not valid UTF-8, from byte 4 on."),
        (b'"\xed\xa0\x80"', "not valid UTF-8, from byte 2 on."),
        (b'"\xc0\x80"', "not valid UTF-8, from byte 2 on."),
        ("{}".encode("utf-16"), "not valid UTF-8, from byte 1 on."),
        ("{}".encode("utf-16-le"), BROKEN),
        (b"\xef\xbb\xbf" * 2 + b"{}", BROKEN),
        (b"{", "JSON, from line 1, column 2 on."),
        (b'{"a": 1,\n "b" 2}', "JSON, from line 2, column 6 on."),
        (b'{"a": 1 "b": 2}', "JSON, from line 1, column 9 on."),
        (b"{} {}", "JSON, from line 1, column 4 on."),
        (b'{"a": }', "JSON, from line 1, column 7 on."),
        (b'"abc', "JSON, from line 1, column 1 on."),
        (b'"a\nb"', "JSON, from line 1, column 3 on."),
        (b'"a\x00b"', "JSON, from line 1, column 3 on."),
        (rb'"\x41"', "JSON, from line 1, column 2 on."),
        (rb'"\u12"', "JSON, from line 1, column 3 on."),
        (b"\x00", "JSON, from line 1, column 1 on."),
        (b"[1, ]", BROKEN),
        (b"{'a': 1}", BROKEN),
        (b"01", BROKEN),
        (b"+1", BROKEN),
        (b".5", BROKEN),
        (b"1.", BROKEN),
        (b"- 1", BROKEN),
        (b"0x10", BROKEN),
        (b"True", BROKEN),
        (b"nul", BROKEN),
        (b"nan", BROKEN),
        (b"/* */ {}", BROKEN),
        (b"a=1&b=2", BROKEN),
    ],
)
def test_an_unreadable_body_is_refused_and_the_place_named(body: bytes, part: str) -> None:
    assert part in refusal(body)


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"NaN", "The request contains NaN, which is not a number."),
        (b'{"a": [Infinity]}', "contains Infinity, which is not a number."),
        (b"[-Infinity]", "contains -Infinity, which is not a number."),
        (b"1e400", "The number 1e400 is too large."),
        (b'{"a": -1.5E+999}', "The number -1.5E+999 is too large."),
        (b"9" * 5000 + b".0", f"The number {'9' * 40}… is too large."),
        (b"9223372036854775808", "The number 9223372036854775808 is too large."),
        (b"-9223372036854775809", "The number -9223372036854775809 is too large."),
        (b"9" * 5000, f"The number {'9' * 40}… is too large."),
        (b"[-" + b"1" * 5000 + b"]", f"The number -{'1' * 39}… is too large."),
    ],
)
def test_a_number_out_of_range_is_refused_by_name(body: bytes, part: str) -> None:
    assert part in refusal(body)


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (rb'"a\u0000"', "There is a character that can't be stored at line 1, column 3."),
        (b'{\n"a\\u0000": 1}', "There is a character that can't be stored at line 2, column 3."),
        (rb'"\\\u0000"', "There is a character that can't be stored at line 1, column 4."),
        (rb'{"a": ["\ud800"]}', "There is a character that can't be stored at line 1, column 9."),
        (rb'{"\uDFFF": 1}', "There is a character that can't be stored at line 1, column 3."),
        (rb'"\ude00\ud83d"', "There is a character that can't be stored at line 1, column 2."),
        (rb'"\ud83d\u0041"', "There is a character that can't be stored at line 1, column 2."),
        (rb'"\ud83d\ud83d\ude00"', "There is a character that can't be stored at line 1, column 2."),
        (rb'"\ud83d\ude00\ude00"', "There is a character that can't be stored at line 1, column 14."),
        (rb'"\\ud83d\ude00"', "There is a character that can't be stored at line 1, column 9."),
        (rb'["\ud83d", "\ude00"]', "There is a character that can't be stored at line 1, column 3."),
    ],
)
def test_a_character_that_no_database_stores_is_refused_and_the_place_named(body: bytes, part: str) -> None:
    assert part in refusal(body)


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"a": 1, "b": 2, "a": 1}', "a"),
        (b'[{"a": {"": 1, "": 2}}]', ""),
        (rb'{"a": 1, "\u0061": 1}', "a"),
        (rb'{"\ud800": 1, "\ud800": 1}', r"\ud800"),
        (rb'{"\u0000\n": 1, "\u0000\n": 1}', r"\x00\n"),
        (b'{"%s": 1, "%s": 1}' % (b"k" * 999, b"k" * 999), "k" * 40 + "…"),
    ],
)
def test_a_key_that_stands_twice_in_one_object_is_refused_by_name(body: bytes, key: str) -> None:
    assert refusal(body) == f"The request contains «{key}» twice in the same place."


@pytest.mark.parametrize("body", [nested(MAX_DEPTH), nested(MAX_DEPTH // 2, '{"a":[', "]}").replace(b"[]", b"[1]")])
def test_nesting_of_32_levels_is_read(body: bytes) -> None:
    assert loads(body) == json.loads(body)


@pytest.mark.parametrize(
    "body",
    [
        nested(MAX_DEPTH + 1),
        b"[" + nested(MAX_DEPTH // 2, '{"a":[', "]}") + b"]",
        b'{"a": 1, "b": [1, ' + nested(MAX_DEPTH) + b"]}",
        nested(900),
        nested(100_000),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'[{"a":' * 100_000,
    ],
)
def test_deeper_nesting_is_refused_at_once(body: bytes) -> None:
    started = time.thread_time()
    assert refusal(body) == TOO_DEEP
    # Of this thread alone, whatever else the machine does; what is gone through whole takes seconds.
    assert time.thread_time() - started < 1


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda children: (
        st.lists(children, max_size=5)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), children, max_size=5
        )
    ),
    max_leaves=25,
)


@given(values, st.fixed_dictionaries({"ensure_ascii": st.booleans(), "indent": st.sampled_from([None, 2])}))
def test_what_json_writes_comes_back_equal(value: Any, style: dict[str, Any]) -> None:
    assert loads(json.dumps(value, **style).encode()) == value


@given(
    st.lists(st.sampled_from(["\\", "u", "0000", "d83d", "DE00", '"', "a", "\\u", "\\ud83d\\ude00", "😀"])).map("".join)
)
@example("\\\\u0000")
@example("\\\\\\ud83d\\ude00")
def test_escapes_are_refused_exactly_if_their_text_cannot_be_stored(inside: str) -> None:
    body = f'"{inside}"'.encode()
    try:
        text = json.loads(body)
    except ValueError:
        assert BROKEN in refusal(body)
        return
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        assert "a character that can't be stored" in refusal(body)
    else:
        assert loads(body) == text


@given(st.binary() | st.text(alphabet='{}[]",:0123456789.eE+-\\u truefalsNI\n\0').map(str.encode))
def test_no_bytes_raise_anything_but_a_parse_error(body: bytes) -> None:
    try:
        value = loads(body)
    except ParseError:
        refusal(body)
    else:
        assert json.loads(json.dumps(value, allow_nan=False)) == value


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'application/json; charset="utf8"',
        "application/json; indent=4",
    ],
)
def test_a_body_in_utf_8_is_parsed(content_type: str) -> None:
    assert request('{"name": "Zoë"}'.encode(), content_type).data == {"name": "Zoë"}


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "us-ascii", "bz2_codec", "no-such", "x" * 5000, "\xff\n", ""])
def test_any_other_charset_is_answered_with_415(charset: str) -> None:
    with pytest.raises(UnsupportedMediaType) as caught:
        StrictJSONParser().parse(io.BytesIO(b"{}"), f"application/json; charset={charset}")
    assert len(str(caught.value.detail)) < 200
    with pytest.raises(UnsupportedMediaType):
        _ = request(b"{}", f"application/json; charset={charset}").data


def test_a_broken_body_is_answered_with_400() -> None:
    with pytest.raises(ParseError):
        _ = request(b"{", "application/json").data
