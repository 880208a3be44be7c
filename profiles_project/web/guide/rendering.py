"""One Markdown document of the guide as HTML: anchors as on a code host, links, steps in several languages."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, takewhile
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from profiles_project.web.guide import files

# The languages that a step is shown in, by what stands behind the fence, with their names on the tabs.
LANGUAGES: Mapping[str, str] = {
    "sh": "curl",
    "python": "Python",
    "typescript": "TypeScript",
    "kotlin": "Kotlin",
    "dart": "Dart",
}
# What other blocks of code are called.
OTHERS: Mapping[str, str] = {"http": "HTTP", "json": "JSON", "sh": "Shell", "text": "Text", "yaml": "YAML"}
ANSWERS = {"json", "http"}
LEAST_STEPS = 2
_FILE = re.compile(r"^([a-z-]+)\.md$")
_DROPPED = re.compile(r"[^\w\- ]")


class Section(NamedTuple):
    """What stands below a heading: its anchor (empty before the first heading), and its bare text, code last."""

    level: int
    anchor: str
    heading: str
    text: str


class Document(NamedTuple):
    """A rendered document: its title, the paragraph below it as text, all of it as HTML, and its sections."""

    title: str
    summary: str
    html: SafeString
    sections: Sequence[Section]


def read(markdown: str) -> Document:
    """Renders a document whose first line is its title. HTML in it is shown as text."""
    tokens = _parser.parse(markdown)
    sections = list(_sections(tokens))
    paragraphs = (tokens[index + 1] for index, token in enumerate(tokens) if token.type == "paragraph_open")
    first = next(paragraphs, None)
    html = mark_safe(_parser.renderer.render(_with_steps(tokens), _parser.options, {}))  # noqa: S308  # all of it is escaped
    return Document(sections[0].heading, _bare(first) if first else "", html, sections)


def slug(heading: str) -> str:
    """The anchor of a heading, as code hosts make it."""
    return _DROPPED.sub("", heading.strip().lower()).replace(" ", "-")


def address(target: str) -> str | None:
    """Where a link leads on the service; None for a file of the repository that the service does not show."""
    parts = urlsplit(target)
    if parts.scheme or not parts.path or parts.path.startswith("/"):
        return target
    if parts.path.endswith("/openapi.yaml"):
        return "/api/schema"
    named = _FILE.match(parts.path)
    if not named:
        return files.address(parts.path)
    if named[1] == "problems":
        return f"/problems/{parts.fragment}"
    page = "" if named[1] == "index" else named[1]
    return f"/guide/{page}{f'#{parts.fragment}' if parts.fragment else ''}"


# Tokens -----------------------------------------------------------------------------------------------------------


def _bare(inline: Token) -> str:
    """The text of a paragraph or a heading, without its marks."""
    return "".join(" " if each.type == "softbreak" else each.content for each in inline.children or ())


def _sections(tokens: Sequence[Token]) -> Iterator[Section]:
    """All sections; their headings get the anchors on the way."""
    level, heading, anchor, texts, codes = 1, "", "", list[str](), list[str]()
    taken: dict[str, Iterator[int]] = {}
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            if heading:
                yield Section(level, anchor, heading, "\n".join([*texts, *codes]))
            level, heading, texts = int(token.tag[1]), _bare(tokens[index + 1]), list[str]()
            codes = list[str]()
            anchor = slug(heading)
            if number := next(taken.setdefault(anchor, count())):
                anchor = f"{anchor}-{number}"
            token.attrSet("id", anchor)
        elif token.type == "fence":
            codes.append(token.content)
        elif token.type == "inline" and tokens[index - 1].type != "heading_open":
            texts.append(_bare(token))
    yield Section(level, anchor, heading, "\n".join([*texts, *codes]))


def _with_steps(tokens: Sequence[Token]) -> list[Token]:
    """The tokens, with each run of blocks in several languages as one, and answers marked as what they are."""
    found: list[Token] = []
    position = 0
    while position < len(tokens):
        run = list(takewhile(_is_step, tokens[position:]))
        if len(run) >= LEAST_STEPS:
            found.append(Token("step", "", 0, children=run))
        else:
            token = tokens[position]
            is_answer = token.type == "fence" and token.info in ANSWERS and bool(found) and _asks(found[-1])
            token.meta["is_answer"] = is_answer
            found.append(token)
        position += max(1, len(run))
    return found


def _is_step(token: Token) -> bool:
    return token.type == "fence" and token.info in LANGUAGES


def _asks(token: Token) -> bool:
    """Whether what follows may be an answer to it."""
    is_asking = token.info == "sh" or bool(token.meta.get("is_answer"))
    return token.type == "step" or (token.type == "fence" and is_asking)


# HTML -------------------------------------------------------------------------------------------------------------


def _colored(code: str, language: str) -> SafeString:
    """Code with its words in elements by what they are; as it stands where the language is not known."""
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return escape(code)
    html: str = highlight(code, lexer, HtmlFormatter(nowrap=True))
    return mark_safe(html)  # noqa: S308  # Pygments escapes it


def _block(token: Token, name: str) -> SafeString:
    """A block of code with its name above it. It can be scrolled by keys, so it takes the focus."""
    return format_html(
        '<figure class="code" data-language="{}"><figcaption>{}</figcaption>'
        '<pre tabindex="0" role="group" aria-label="{}"><code>{}</code></pre></figure>\n',
        token.info,
        name,
        name,
        _colored(token.content, token.info),
    )


def _fence(tokens: Sequence[Token], index: int, *_: Any) -> str:
    token = tokens[index]
    name = "Answer" if token.meta.get("is_answer") else OTHERS.get(token.info) or LANGUAGES.get(token.info, "Code")
    return _block(token, name)


def _step(tokens: Sequence[Token], index: int, *_: Any) -> str:
    blocks = "".join(_block(each, LANGUAGES[each.info]) for each in tokens[index].children or ())
    return f'<div class="step">{blocks}</div>\n'


def _heading_open(tokens: Sequence[Token], index: int, *_: Any) -> str:
    token = tokens[index]
    if token.tag == "h1":
        return "<h1>"
    # The heading leads to itself, so that its address can be copied.
    return format_html('<{} id="{}"><a href="#{}">', mark_safe(token.tag), *[str(token.attrGet("id"))] * 2)  # noqa: S308  # a tag


def _heading_close(tokens: Sequence[Token], index: int, *_: Any) -> str:
    return "</h1>\n" if tokens[index].tag == "h1" else f"</a></{tokens[index].tag}>\n"


def _link_open(tokens: Sequence[Token], index: int, *_: Any) -> str:
    href = address(str(tokens[index].attrGet("href")))
    return "<span>" if href is None else format_html('<a href="{}">', href)


def _link_close(tokens: Sequence[Token], index: int, *_: Any) -> str:
    # Links do not stand inside each other.
    opened = next(token for token in reversed(tokens[:index]) if token.type == "link_open")
    target = str(opened.attrGet("href"))
    if address(target) is not None:
        return "</a>"
    path = target.replace("../", "")
    if any(token.content == path for token in tokens[:index]):
        return "</span> (in the repository)"
    return format_html("</span> (<code>{}</code> in the repository)", path)


def _table_open(*_: Any) -> str:
    # Wide tables scroll in a box of their own, by keys as well.
    return '<div class="table" tabindex="0" role="group" aria-label="Table"><table>\n'


def _table_close(*_: Any) -> str:
    return "</table></div>\n"


def _make_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    rules: Any = parser.renderer
    rules.rules |= {
        "fence": _fence,
        "step": _step,
        "heading_open": _heading_open,
        "heading_close": _heading_close,
        "link_open": _link_open,
        "link_close": _link_close,
        "table_open": _table_open,
        "table_close": _table_close,
    }
    return parser


_parser = _make_parser()
