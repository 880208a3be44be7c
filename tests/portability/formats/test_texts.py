"""HTML as Markdown, YAML and XML with their dangers, and mutated documents of every format."""

import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from rest_framework.exceptions import ParseError, ValidationError

from profiles.portability import imports
from profiles.portability.formats import recognising, rich_text, xml_text, yaml_text
from profiles.portability.formats.refusing import Refused
from profiles.portability.json_resume import OUTCOMES
from profiles_project.api.parsers import MAX_DEPTH, depth_exceeds
from profiles_project.words.wording import worded
from tests.support import machine
from tests.support.documents.formats import FILES, document, mutated
from users.models import User

pytestmark = pytest.mark.pure

NAMES = [file.name for file in FILES]
# More were tried by hand: 20,000 of each reader.
MUTATIONS = 60


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("plain * text < 3 & more", "plain * text < 3 & more"),
        ("<p>One</p><p>Two<br>three</p>", "One\n\nTwo\nthree"),
        ("<p>a <b>b </b>c <i> d</i></p>", "a **b** c *d*"),
        ("<strong><b>x</b></strong>", "**x**"),
        ("<b><p>x</p><p>y</p></b>", "**x**\n\n**y**"),
        ("<ul><li>a</li><li><p>b</p><ul><li>c</li></ul></li></ul>", "- a\n- b\n    - c"),
        ("<ol><li>a</li><li>b</li></ol><p>c</p>", "1. a\n2. b\n\nc"),
        ('<ol><li data-list="bullet">a</li></ol>', "- a"),
        ('<a href="https://a.example/x(1)">y</a>', "[y](https://a.example/x%281%29)"),
        ('<a href="https://a.example">https://a.example</a>', "https://a.example"),
        ('<a href="javascript:x()">y</a>', "y"),
        ("<h2>Title</h2><div>text</div>", "**Title**\n\ntext"),
        ("AT&amp;T &nbsp; x &#128512;", "AT&T x 😀"),
        ("<script>alert(1)</script><p>x</p>", "x"),
        ("<p></p><p> </p>", ""),
        ("</b></ul></a>x<p>", "x"),
        ("<li>a<li>b", "- a\n- b"),
        ("<code>x</code> <u>y</u>", "`x` y"),
        ("Map<Data> &amp; List<Object>", "Map<Data> & List<Object>"),
        ("<p>a <section>b</section> <time>2018</time></p>", "a b 2018"),
        ("<p>Moved inline <script> into files.</p><p>More</p>", "Moved inline <script> into files.\n\nMore"),
        ("<p>a</style> b <style class='x'> c</p>", "a b <style class='x'> c"),
        ("<p>a <script>b</script> c</p>", "a c"),
        ("<p><a href='www.quay.example/x'>Quay</a></p>", "[Quay](https://www.quay.example/x)"),
        ("<p><a href='javascript:x'>a</a> <a href='cv.pdf'>b</a> <a href=''>c</a></p>", "a b c"),
    ],
)
def test_html_becomes_markdown(text: str, markdown: str) -> None:
    assert rich_text.markdown(text) == markdown
    assert rich_text.markdown(rich_text.markdown(text)) == markdown


@pytest.mark.parametrize(
    "piece", ["<", "<a", "<a href=", "<b><p>", "<ul><li>", "&amp", "<!--", "<p>x</p>", " ", "</b>", "<i"]
)
def test_much_of_one_thing_takes_little_time(piece: str) -> None:
    text = "<p>" + piece * (200_000 // len(piece))
    with machine.at_most(4):
        rich_text.markdown(text)


def test_the_list_at_the_end_of_a_text_is_its_points() -> None:
    assert rich_text.split_points("a\n\n- b\n- c") == ("a", ["b", "c"])
    assert rich_text.split_points("- b\n    - c") == ("- b\n    - c", [])
    assert rich_text.split_points("a") == ("a", [])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 2018-09-24", {"a": "2018-09-24"}),
        ("a: 2018", {"a": 2018}),
        ("a: no\nb: NO\nc: yes", {"a": "no", "b": "NO", "c": "yes"}),
        ("a: true\nb: null\nc: ~\nd:", {"a": True, "b": None, "c": None, "d": None}),
        ("a: 0170 555\nb: 007\nc: 1.5\nd: '2'", {"a": "0170 555", "b": "007", "c": 1.5, "d": "2"}),
        ("2018: x\ntrue: y", {"2018": "x", "true": "y"}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ("a: !!python/object/apply:os.system ['x']", {"a": ["x"]}),
        ("a: 99999999999999999999", {"a": "99999999999999999999"}),
        ('a: "\\0"', {"a": "\ufffd"}),
        ("a: 1\n---\nb: 2", {"a": 1}),
        ("a: +4530123456\nb: -5\nc: -0", {"a": "+4530123456", "b": -5, "c": "-0"}),
    ],
)
def test_yaml_is_read_by_its_core_schema(text: str, value: Any) -> None:
    assert yaml_text.loads(text.encode()) == (value, [])


def test_keys_that_stand_twice_are_told() -> None:
    assert yaml_text.loads(b"a: {b: 1, b: 2}\nc:\n- d: 1\n  d: 3\n") == (
        {"a": {"b": 2}, "c": [{"d": 3}]},
        [("a", "b"), ("c", 0, "d")],
    )


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "- &a x\n" + "- *a\n" * 101,
        "a: &a [*a]",
        "[" * 33,
        "{a: " * 33,
        "- x\n" * 100_001,
        "a: 'x",
        "\t- a: b",
        "a: b: c",
        "%YAML 9.9\n---\n",
        "a: \x07",
    ],
)
def test_yaml_that_is_dangerous_or_broken_is_refused_in_no_time(text: str) -> None:
    with machine.at_most(4), pytest.raises(Refused) as refusal:
        yaml_text.loads(text.encode())
    assert refusal.value.code in {"too_large", "broken"}


LAUGHS = "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]><x>&b;</x>"
OUTSIDE = "<!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (LAUGHS, "unsupported_file"),
        (OUTSIDE, "unsupported_file"),
        ("<x>&a;</x>", "broken"),
        ("<a>" * 33, "too_large"),
        ("<x>" + "<a/>" * 100_001, "too_large"),
        ("<x " + " ".join(f"a{n}='1'" for n in range(100_001)) + "/>", "too_large"),
        ("<x><y></x>", "broken"),
        ("<?xml version='1.0' encoding='no-such'?><x/>", "broken"),
        ("<x/><y/>", "broken"),
        ("text", "broken"),
    ],
)
def test_xml_that_is_dangerous_or_broken_is_refused_in_no_time(text: str, code: str) -> None:
    with machine.at_most(4), pytest.raises(Refused) as refusal:
        xml_text.loads(text.encode())
    assert refusal.value.code == code


def test_elements_become_objects() -> None:
    text = b"<a x='1' xmlns:b='u' b:y='2'><b:c>t</b:c><c> u </c><d/><e f='g'>h</e></a>"
    assert xml_text.loads(text) == ("a", {"@x": "1", "c": ["t", "u"], "d": "", "e": {"@f": "g", "#text": "h"}})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_xml_is_read_in_its_own_encoding(encoding: str) -> None:
    assert xml_text.loads(f"<?xml version='1.0' encoding='{encoding}'?><a>é</a>".encode(encoding)) == ("a", "é")


# Whatever comes


def read_or_refused(found: recognising.Recognised) -> None:
    """An import of what was recognised, or its own refusal; any other exception fails."""
    user = User(email="reader@example.org")
    with suppress(imports.NotImportable, ValidationError):
        career = imports._of_recognised(found, user)
        report = career.report(())
        assert all(part["outcome"] in OUTCOMES and worded(part["detail"]) for part in report["parts"])
        assert not found.translation or not depth_exceeds(found.translation.document, MAX_DEPTH)


def try_mutations(file: Path, number: int, seed: int) -> None:
    """Change a sample in so many ways, as a document and as bytes."""
    chance = random.Random(seed)  # noqa: S311 (the same ones each time)
    original, body = document(file), file.read_bytes()
    for _ in range(number):
        if file.suffix == ".xml":
            name = "Candidate" if "candidate" in file.name else "SkillsPassport"
            with suppress(Refused):
                read_or_refused(recognising._of_xml(name, mutated(original, chance)))
        else:
            with suppress(Refused):
                read_or_refused(recognising.of_document(mutated(original, chance)))
        changed = bytearray(body)
        for _ in range(chance.randint(1, 6)):
            changed[chance.randrange(len(changed))] = chance.choice(b"\x00\xff<>[]{}:,-&*'\"\n aZ09\xc3")
        with suppress(Refused, ParseError):
            read_or_refused(recognising.recognise(bytes(changed[: len(changed) - chance.choice((0, 0, 0, 1, 40))])))


@pytest.mark.parametrize("code", [{"a": 1}, ["UK"], 3, None])
def test_a_country_that_is_no_text_is_read_or_refused(code: Any) -> None:
    contact = {"Address": {"Contact": {"Country": {"Code": code}}}}
    person = {"PersonName": {"FirstName": "Ada"}, "ContactInfo": contact}
    read_or_refused(recognising.of_document({"SkillsPassport": {"LearnerInfo": {"Identification": person}}}))


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_a_document_that_was_changed_anywhere_is_read_or_refused(file: Path) -> None:
    try_mutations(file, MUTATIONS, seed=24)
