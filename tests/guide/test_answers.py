"""What counts as the same answer, when a page of the guide is held against what came back."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.guide.answers import Came, bodies, differences, from_text
from tests.guide.pages import Block, read

pytestmark = pytest.mark.pure

ID = "01a2240e-3525-77d6-9e15-830f4dd50f3f"
TAG = f'"{ID}.2.338743620.6615cd77f98ce"'


def unlike(shown: Any, came: Any) -> list[str]:
    """The differences between two bodies."""
    return differences(Block("json", json.dumps(shown, ensure_ascii=False)), Came(body=came))


@pytest.mark.parametrize(
    ("shown", "came"),
    [
        ({"a": 1, "b": None}, {"b": None, "a": 1}),
        ({"id": "0190…"}, {"id": ID}),
        ({"user_id": 7}, {"user_id": 1}),
        ({"at": "2026-01-01T00:00:00Z"}, {"at": "2026-11-28T21:27:20.406022Z"}),
        ({"email": "ada1796…@example.com"}, {"email": "ada1795@example.org"}),
        ({"tag": '"0190….2.…"'}, {"tag": TAG}),
        ({"location": "/api/v1/jobs/0190…"}, {"location": f"/api/v1/jobs/{ID}"}),
        ({"token": "eyJ…"}, {"token": "eyJhbGciOiJI"}),
        ({"a": 1, "…": "…"}, {"a": 1, "b": 2}),
        ([1, "…"], [1, 2, 3]),
        ({"a": "…"}, {"a": [1]}),
    ],
)
def test_what_may_differ_does(shown: Any, came: Any) -> None:
    assert unlike(shown, came) == []


@pytest.mark.parametrize(
    ("shown", "came", "found"),
    [
        ({"a": 1}, {"a": 2}, "/a: 1 is shown, 2 came"),
        ({"a": 1}, {"a": True}, "/a: 1 is shown, true came"),
        ({"a": 1}, {}, "/a: is shown and did not come"),
        ({}, {"a": 1}, "/a: came and is not shown"),
        ({"…": "…", "a": 1}, {"b": 2}, "/a: is shown and did not come"),
        ({"a": [{"b": "x"}]}, {"a": [{"b": "y"}]}, '/a/0/b: "x" is shown, "y" came'),
        ([1], [1, 2], ": 1 items are shown, 2 came"),
        ([1, 2, "…"], [1], ": 2 items are shown, 1 came"),
        ({"id": "0190…"}, {"id": "technical"}, '/id: "0190…" is shown, "technical" came'),
        ({"tag": '"0190….3.…"'}, {"tag": TAG}, '/tag: "\\"0190….3.…\\"" is shown'),
        ({"a": "…"}, {"a": None}, '/a: "…" is shown, null came'),
        ({"detail": "Sorry."}, {"detail": "No."}, '/detail: "Sorry." is shown, "No." came'),
    ],
)
def test_anything_else_is_told_with_its_place(shown: Any, came: Any, found: str) -> None:
    [told] = unlike(shown, came)
    assert told.startswith(found)


def test_status_and_the_headers_that_are_shown_are_compared() -> None:
    printed = f'HTTP/1.1 201 Created\r\netag: {TAG}\r\nserver: granian\r\n\r\n{{"a": 1}}'
    came = from_text(printed)
    assert (came.status, came.body) == (201, {"a": 1})
    assert differences(Block("http", 'HTTP/1.1 201 Created\nETag: "0190….2.…"\n\n{"a": 1}\n'), came) == []
    assert differences(Block("http", "HTTP/1.1 204 No Content\nLocation: /a\n"), came) == [
        "status: 204 is shown, 201 came",
        'location: "/a" is shown, null came',
        ': null is shown, {"a": 1} came',
    ]


def test_the_last_answer_in_a_text_counts() -> None:
    assert from_text('{"a": 1}{"b": 2}\nok\n').body == {"b": 2}
    assert [*bodies('[{"a": 1}] and {no} [2]')] == [[{"a": 1}], [2]]
    assert from_text("HTTP/1.1 304 Not Modified\netag: x\n\n").body is None
    assert from_text('{"type": "https://profiles.example/problems/validation"}').is_refusal
    assert not from_text("").is_refusal


def test_a_step_is_a_run_of_blocks_with_nothing_between_them(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(
        "# A\n\n```sh\na\n```\n\n```python\nb\n```\n\n```json\n{}\n```\n\n```sh\nc\n```\ntext\n```sh\nd\n```\n"
    )
    page = read(path)
    assert [[block.text for block in step.code] for step in page.steps] == [["a\n", "b\n"], ["c\n"], ["d\n"]]
    assert page.code("sh") == [("a\n", Block("json", "{}\n")), ("c\n", None), ("d\n", None)]
