"""Markdown and HTML in people's texts: what a mark means is shown, no mark is, and nothing else is changed."""

import re
from typing import Any

import pytest
from hypothesis import given, strategies as st
from markdown_it import MarkdownIt

from profiles.portability.printed.pages import html_of
from profiles.portability.printed.readable import arrange
from profiles.portability.printed.rich import LONGEST_MARKED, MOST_MARKED, blocks, plain_lines
from profiles.portability.printing import html, markdown

pytestmark = pytest.mark.pure

BASICS = {"name": "Nora Feldmark"}
MARKS = st.sampled_from(
    [
        *"*_`#<>[]()!&;\\~-+=.1 \n\t'\"/",
        *("<b>", "</b>", "<p>", "</p>", "<ul><li>", "</li></ul>", "<a href='http://a'>"),
        *("&lt;", "](http://b)", "<script>", "```\n", "- ", "1. ", "**"),
    ]
)


def shown(text: str) -> str:
    """A text on a page, without what every paragraph has."""
    made = html_of(blocks(text)).replace(' dir="auto"', "").replace(' rel="noopener noreferrer"', "")
    return made.replace("\n", "").replace(' class="points"', "")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        # What is no mark stays.
        ("one\n\n \n\ntwo\r\nthree", "<p>one</p><p>two<br>three</p>"),
        ("    four blanks", "<p>four blanks</p>"),
        ("> 50 % more, and 3 < 4 & 5", "<p>&gt; 50 % more, and 3 &lt; 4 &amp; 5</p>"),
        ("C# and snake_case_name, 2 * 3 * 4", "<p>C# and snake_case_name, 2 * 3 * 4</p>"),
        ("#1 in sales\n+49 30 1234\n-5 %", "<p>#1 in sales<br>+49 30 1234<br>-5 %</p>"),
        ("List<String> and Map<K, V>", "<p>List&lt;String&gt; and Map&lt;K, V&gt;</p>"),
        ("[note]: http://a.example", "<p>[note]: http://a.example</p>"),
        ("|a|b|\n|-|-|", "<p>|a|b|<br>|-|-|</p>"),
        ("a\n===", "<p>a<br>===</p>"),
        ("bell\x07 and \ud800half", "<p>bell and half</p>"),
        # Markdown.
        ("**Led** a *team* of `5`, ~~6~~", "<p><strong>Led</strong> a <em>team</em> of <code>5</code>, <s>6</s></p>"),
        ("***both***", "<p><em><strong>both</strong></em></p>"),
        (
            "see [my work](https://a.example/?a=1&b=2)",
            '<p>see <a href="https://a.example/?a=1&amp;b=2">my work</a></p>',
        ),
        ("[a](javascript:alert(1)) [b](data:x) [c](/d)", "<p>a b c</p>"),
        ("<https://a.example>", '<p><a href="https://a.example">https://a.example</a></p>'),
        ("![a kite](https://a.example/k.png)", '<p><a href="https://a.example/k.png">a kite</a></p>'),
        ("- a\n- b\n  - c\n\nd", "<ul><li>a</li><li><p>b</p><ul><li>c</li></ul></li></ul><p>d</p>"),
        ("Kept:\n* books\n* boats", "<p>Kept:</p><ul><li>books</li><li>boats</li></ul>"),
        ("1. a\n2. b", '<ol start="1"><li>a</li><li>b</li></ol>'),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("# Head\ntext\n\n---\n\nmore", "<p><strong>Head</strong></p><p>text</p><p>more</p>"),
        ("```\nx = 1\n```", "<p><code>x = 1</code></p>"),
        (r"\*not\*", "<p>*not*</p>"),
        # HTML, alone and in Markdown.
        ("<p>Kept <b>books</b>.</p><p>Sang.</p>", "<p>Kept <strong>books</strong>.</p><p>Sang.</p>"),
        (
            "<ul><li><p>a</p></li><li>b<ul><li>c</li></ul></li></ul>",
            "<ul><li>a</li><li><p>b</p><ul><li>c</li></ul></li></ul>",
        ),
        ("<ol><li>a</li></ol>x &amp; y&nbsp;z", '<ol start="1"><li>a</li></ol><p>x &amp; y z</p>'),
        ("<div>a<br>b<br/>c</div>", "<p>a<br>b<br>c</p>"),
        ("a<br>b <i>c</i>\n- d", "<p>a<br>b <em>c</em></p><ul><li>d</li></ul>"),
        ('<p><a href="https://a.example" onclick="x()">a</a></p>', '<p><a href="https://a.example">a</a></p>'),
        ('<p><a href="javascript:x()">a</a><img src=x onerror=y></p>', "<p>a</p>"),
        ("<p>a</p><script>alert(1)</script><style>p{}</style>", "<p>a</p>"),
        ("<p>**bold** text", "<p><strong>bold</strong> text</p>"),
        ("<h2>Head</h2><p>List&lt;String&gt;", "<p><strong>Head</strong></p><p>List&lt;String&gt;</p>"),
        ("<li>a<li>b", "<ul><li>a</li><li>b</li></ul>"),
        ("</p></ul></li></b>a", "<p>a</p>"),
        ("<p>a <unknown> b</p>", "<p>a &lt;unknown&gt; b</p>"),
    ],
)
def test_what_a_mark_means_is_shown(typed: str, meant: str) -> None:
    assert shown(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "**Led** a *team* of `5`, see [my work](https://a.example/?a=1&b=2)",
        "- a\n- b\n  - c\n\nd",
        "3. a\n4. b",
        "- a\n\n1. b",
        "**a**b *(c)* x**y**",
    ],
)
def test_markdown_says_again_what_markdown_said(typed: str) -> None:
    """A text of Markdown that is exported and read again is the same text."""
    made = markdown({"basics": {**BASICS, "summary": typed}}).split("\n\n", 1)[1]
    again = blocks(made.replace("<!-- -->", ""))
    assert list(plain_lines(again)) == list(plain_lines(blocks(typed)))
    parser = MarkdownIt("commonmark")
    assert re.sub("<!-- -->|\n", "", parser.render(made)).count("<li>") == html_of(blocks(typed)).count("<li ")


@given(st.lists(MARKS | st.sampled_from(["word", "אב", "字"]), max_size=30).map("".join))
def test_words_are_never_lost_and_marks_make_no_element_but_those_that_are_known(typed: str) -> None:
    made = blocks(typed)
    if "script" not in typed and "<a" not in typed and "](" not in typed:
        assert "".join(plain_lines(made)).count("word") == typed.count("word")
    drawn = html_of(made)
    assert set(re.findall(r"</?([a-z0-9]+)", drawn)) <= {"p", "br", "ul", "ol", "li", "strong", "em", "s", "code", "a"}
    assert set(re.findall(r' href="([^"]*)"', drawn)) <= {"http://a", "http://b"}


def test_a_very_long_text_is_shown_as_it_was_typed() -> None:
    long = "**a** " * LONGEST_MARKED
    assert list(plain_lines(blocks(long))) == [long.strip()]


@pytest.mark.parametrize(
    "hostile", ["*a ", "[", "`", "<a ", "![", "**", "_a", "[a](", "- ", "> ", "<p>", "<ul><li>", "&lt;", "~~a"]
)
def test_a_text_of_marks_is_read_in_time(hostile: str) -> None:
    """None takes more than a fraction of a second, however often the mark stands there."""
    assert list(plain_lines(blocks(hostile * (LONGEST_MARKED // len(hostile))))) is not None


def test_marks_of_a_very_long_document_are_read_up_to_a_limit() -> None:
    work = [{"name": "Quay Ltd", "summary": "**a** " * 300} for _ in range(100)]
    [section] = arrange({"work": work}).sections
    shown = [next(plain_lines(item.texts))[:2] for item in section.items]
    read = MOST_MARKED // 1800
    assert shown == ["a "] * read + ["**"] * (100 - read)


def test_a_point_that_is_a_list_is_points() -> None:
    work = {"name": "Quay Ltd", "highlights": ["- a\n- b", "**c**", "", "d\n- e"]}
    [section] = arrange({"work": [work]}).sections
    assert [list(plain_lines(point)) for point in section.items[0].points] == [["a"], ["b"], ["c"], ["d", "e"]]


@pytest.mark.parametrize("name", ["C*", "*args*", "a_b_c", "<b>x</b>", "[x](http://a.example)"])
def test_names_and_titles_stay_as_typed(name: str) -> None:
    document: dict[str, Any] = {"basics": {"name": name}, "skills": [{"name": name}], "work": [{"position": name}]}
    sheet = arrange(document)
    assert (sheet.name, sheet.sections[0].items[0].title, sheet.sections[1].words) == (name, name, (name,))
    assert "<b>x" not in html(document)
