"""Texts with Markdown or HTML in them, as paragraphs and lists of runs: what is bold, what is a link, what is an item.

Tools write Markdown (JSON Resume's editors) or HTML (Reactive Resume) where the schema says «text». What a mark means
is kept, the mark itself is not, and whatever is no mark stays as it was typed. Addresses that nobody should follow are
dropped, and of HTML only the elements that are named here mean something.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

from profiles_project.texts import address_fault

STRONG, EMPHASIS, STRUCK, CODE = "strong", "em", "s", "code"
# A longer text is shown as it was typed. Ours have 2,000 characters at most; others come in unknown keys.
LONGEST_MARKED = 20_000
# So many characters of marked texts are read a document, which may take a second; what comes later is shown as typed.
MOST_MARKED = 100_000
# Lists in lists beyond this depth continue the list around them.
DEEPEST_LIST = 5

FOLLOWED = re.compile(r"(?:https?://|mailto:|tel:)\S", re.IGNORECASE)
# White space and what could end an address in Markdown or HTML. What lies beyond ASCII is left to the reader's browser.
UNSAFE_IN_ADDRESS = re.compile(r'[\x00-\x20\x7f<>"\\^`{|}]')
# Control characters and halves of surrogate pairs: they have no form, and neither HTML nor PDF may hold them.
FORMLESS = {"Cc", "Cs"}

MARKED = re.compile(r"[*_`\[<&\\~]|^[ \t]*(?:[-+#]|[0-9]{1,9}[.)])", re.MULTILINE)
# Elements that part a text into paragraphs, and those that only mark some of its words.
PARTING = "p|div|ul|ol|li|h[1-6]|blockquote|pre|table|thead|tbody|tr|section|article|header|footer"
WORDS = {
    **dict.fromkeys(("b", "strong"), STRONG),
    **dict.fromkeys(("i", "em"), EMPHASIS),
    **dict.fromkeys(("s", "del", "strike"), STRUCK),
    **dict.fromkeys(("code", "tt", "kbd"), CODE),
    **dict.fromkeys(("u", "span", "font", "small", "mark", "sub", "sup", "td", "th", "a"), ""),
}
# Their texts are no words for people.
SILENT = {"script", "style"}
PARTED = re.compile(rf"</?(?:{PARTING})(?:\s[^<>]*)?/?>", re.IGNORECASE)
TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)(?:\s[^<>]*)?/?>", re.IGNORECASE)
HREF = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


@dataclass(frozen=True)
class Run:
    """Words of one look: their marks (STRONG, EMPHASIS …), and where they lead, "" for nowhere."""

    text: str
    marks: tuple[str, ...] = ()
    address: str = ""


# One line of a text: at least one run.
RunLine = tuple[Run, ...]


@dataclass(frozen=True)
class Block:
    """A paragraph, which has lines, or a list, which has items. `start` is a numbered list's first number."""

    lines: tuple[RunLine, ...] = ()
    items: tuple[tuple["Block", ...], ...] = ()
    start: int | None = None


Blocks = tuple[Block, ...]


def is_marked(text: str) -> bool:
    """Whether something in a text may be a mark."""
    return len(text) <= LONGEST_MARKED and MARKED.search(text) is not None


def blocks(text: str) -> Blocks:
    """The paragraphs and lists of a text."""
    if not is_marked(text):
        return typed(text)
    builder = _Builder()
    if PARTED.search(text):
        page = _Page(builder)
        page.feed(text)
        page.close()
    else:
        _build(builder, _MARKDOWN.parse("\n".join(text.splitlines())))
    return builder.result()


def plain_line(line: RunLine) -> str:
    """What a line says, without its marks."""
    return "".join(run.text for run in line)


def plain_lines(parts: Iterable[Block]) -> Iterator[str]:
    """All lines of paragraphs and lists, in their order, without marks."""
    for block in parts:
        yield from map(plain_line, block.lines)
        for item in block.items:
            yield from plain_lines(item)


def followed(url: str) -> str:
    """The address to follow: of the web, mail or telephone, with no character that could end it early; else ""."""
    # What the API refuses may have come with an import, which keeps it as it was.
    if not FOLLOWED.match(url) or address_fault(url):
        return ""
    return UNSAFE_IN_ADDRESS.sub(lambda match: f"%{ord(match[0]):02X}", url)


def cleaned(text: str) -> str:
    """A piece of a line without what has no form."""
    text = text.replace("\t", " ")
    if text.isascii() and text.isprintable():
        return text
    return "".join(character for character in text if unicodedata.category(character) not in FORMLESS)


def typed(text: str) -> Blocks:
    """The paragraphs of a text in which nothing is a mark; blank lines part them."""
    paragraphs: list[list[RunLine]] = [[]]
    for line in text.splitlines():
        if words := cleaned(line).strip():
            paragraphs[-1].append((Run(words),))
        elif paragraphs[-1]:
            paragraphs.append([])
    return tuple(Block(lines=tuple(lines)) for lines in paragraphs if lines)


class _Builder:
    """Takes words, line ends, lists and their items in reading order, and makes blocks of them."""

    def __init__(self) -> None:
        # What is open, from the outermost: blocks of the text and of each open item, and each open list.
        self.blocks: list[list[Block]] = [[]]
        self.lists: list[tuple[int | None, list[Blocks]]] = []
        self.lines: list[list[Run]] = [[]]
        self.marks: list[str] = []
        self.addresses: list[str] = []
        # How many lists are open that are too deep to be lists of their own.
        self.too_deep = 0

    def add(self, text: str) -> None:
        if words := cleaned(text):
            address = self.addresses[-1] if self.addresses else ""
            self.lines[-1].append(Run(words, tuple(dict.fromkeys(filter(None, self.marks))), address))

    def newline(self) -> None:
        self.lines.append([])

    def end(self) -> None:
        """End the paragraph."""
        if lines := tuple(made for line in self.lines if (made := _trimmed(line))):
            self.blocks[-1].append(Block(lines=lines))
        self.lines = [[]]

    def open_heading(self) -> None:
        self.end()
        self.marks.append(STRONG)

    def close_heading(self) -> None:
        self.end()
        self.marks.pop()

    def open_list(self, start: int | None = None) -> None:
        self.end()
        if len(self.lists) == DEEPEST_LIST:
            self.too_deep += 1
            return
        if len(self.blocks) == len(self.lists):
            self.blocks.append([])
        self.lists.append((start, []))

    def close_list(self) -> None:
        if self.too_deep:
            self.too_deep -= 1
        elif self.lists:
            self._close_item()
            start, items = self.lists.pop()
            if items:
                self.blocks[-1].append(Block(items=tuple(items), start=start))

    def open_item(self) -> None:
        if not self.lists:
            self.open_list()
        self._close_item()
        self.blocks.append([])

    def _close_item(self) -> None:
        self.end()
        if len(self.blocks) > len(self.lists):
            made = self.blocks.pop()
            if made:
                self.lists[-1][1].append(tuple(made))

    def close_item(self) -> None:
        if self.lists:
            self._close_item()

    def result(self) -> Blocks:
        self.end()
        while self.lists:
            self.too_deep = 0
            self.close_list()
        return tuple(self.blocks[0])


def _trimmed(line: list[Run]) -> RunLine:
    """A line without the white space around it; neighbours of one look are one run."""
    made: list[Run] = []
    for run in line:
        if made and (made[-1].marks, made[-1].address) == (run.marks, run.address):
            made[-1] = Run(made[-1].text + run.text, run.marks, run.address)
        else:
            made.append(run)
    while made and not made[0].text.lstrip():
        del made[0]
    while made and not made[-1].text.rstrip():
        del made[-1]
    if made:
        made[0] = Run(made[0].text.lstrip(), made[0].marks, made[0].address)
        made[-1] = Run(made[-1].text.rstrip(), made[-1].marks, made[-1].address)
    return tuple(made)


# Markdown ---------------------------------------------------------------------------------------------------------


def _is_address(url: str) -> bool:
    return bool(url)


def _markdown() -> MarkdownIt:
    """CommonMark without what a person's plain text means otherwise.

    `>50 %` is no quotation, four blanks are no code, a line of dashes is no heading, and no line defines a link. Any
    address makes a link here; `followed` judges it.
    """
    made = MarkdownIt("commonmark").enable("strikethrough")
    made.disable(["blockquote", "code", "html_block", "lheading", "reference"])
    made.validateLink = _is_address  # type: ignore[method-assign]  # as its documentation has it
    return made


_MARKDOWN = _markdown()
_OF_TOKENS = {"strong": STRONG, "em": EMPHASIS, "s": STRUCK, "link": ""}
_PARTS: dict[str, Callable[[_Builder, Token], None]] = {
    "bullet_list_open": lambda builder, _: builder.open_list(),
    "ordered_list_open": lambda builder, token: builder.open_list(_first_number(token)),
    "bullet_list_close": lambda builder, _: builder.close_list(),
    "ordered_list_close": lambda builder, _: builder.close_list(),
    "list_item_open": lambda builder, _: builder.open_item(),
    "list_item_close": lambda builder, _: builder.close_item(),
    "paragraph_open": lambda builder, _: builder.end(),
    "paragraph_close": lambda builder, _: builder.end(),
    "hr": lambda builder, _: builder.end(),
    "heading_open": lambda builder, _: builder.open_heading(),
    "heading_close": lambda builder, _: builder.close_heading(),
    "fence": lambda builder, token: _build_code(builder, token.content),
    "inline": lambda builder, token: _build_inline(builder, token.children or []),
}


def _first_number(token: Token) -> int:
    start = token.attrGet("start")
    return 1 if start is None else int(start)


def _build(builder: _Builder, tokens: Iterable[Token]) -> None:
    for token in tokens:
        _PARTS[token.type](builder, token)


def _build_code(builder: _Builder, content: str) -> None:
    builder.end()
    builder.marks.append(CODE)
    for line in content.splitlines():
        builder.add(line)
        builder.newline()
    builder.marks.pop()
    builder.end()


def _build_inline(builder: _Builder, tokens: Iterable[Token]) -> None:
    depths = len(builder.marks), len(builder.addresses)
    for token in tokens:
        name, _, side = token.type.partition("_")
        if token.type in {"softbreak", "hardbreak"}:
            builder.newline()
        elif token.type == "code_inline":
            builder.marks.append(CODE)
            builder.add(token.content)
            builder.marks.pop()
        elif token.type == "image":
            builder.addresses.append(_target(builder, followed(str(token.attrGet("src") or ""))))
            _build_inline(builder, token.children or [])
            builder.addresses.pop()
        elif token.type == "html_inline":
            _build_tag(builder, token.content, depths[0])
        elif name in _OF_TOKENS and side == "open":
            builder.marks.append(_OF_TOKENS[name])
            builder.addresses.append(_target(builder, followed(str(token.attrGet("href") or ""))))
        elif name in _OF_TOKENS:
            _close_words(builder, depths[0])
        else:
            builder.add(token.content)
    # Elements of HTML that nobody has closed.
    del builder.marks[depths[0] :], builder.addresses[depths[1] :]


def _target(builder: _Builder, address: str) -> str:
    """Where words lead: there, or where those around them lead."""
    return address or (builder.addresses[-1] if builder.addresses else "")


def _close_words(builder: _Builder, depth: int = 0) -> None:
    """End the innermost words, but none that were open at that depth already."""
    if len(builder.marks) > depth and builder.addresses:
        builder.marks.pop()
        builder.addresses.pop()


def _build_tag(builder: _Builder, tag: str, depth: int) -> None:
    """An element of HTML within Markdown. One that we don't know, as in `List<String>`, is a text."""
    found = TAG.fullmatch(tag)
    name = found[2].lower() if found else ""
    if name == "br":
        builder.newline()
    elif name not in WORDS or not found:
        builder.add(tag)
    elif found[1]:
        _close_words(builder, depth)
    else:
        href = HREF.search(tag) if name == "a" else None
        builder.marks.append(WORDS[name])
        builder.addresses.append(_target(builder, followed(next(filter(None, href.groups()), "")) if href else ""))


# HTML -------------------------------------------------------------------------------------------------------------


class _Page(HTMLParser):
    """Reads a text that has paragraphs or lists of HTML."""

    def __init__(self, builder: _Builder) -> None:
        super().__init__()
        self.builder = builder
        self.silent = 0
        # The elements that mark words and are open.
        self.open: list[str] = []

    def parse_html_declaration(self, i: int) -> int:
        # Of a section that it doesn't know (`<![x]>`) Python 3.11 makes an AssertionError; browsers, a comment.
        return self.parse_bogus_comment(i) if self.rawdata.startswith("<![", i) else super().parse_html_declaration(i)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        builder = self.builder
        if tag in SILENT:
            self.silent += 1
        elif tag in {"ul", "ol"}:
            builder.open_list(1 if tag == "ol" else None)
        elif tag == "li":
            builder.open_item()
        elif tag == "br":
            builder.newline()
        elif re.fullmatch(PARTING, tag):
            self.builder.end()
            if tag[0] == "h" and tag[1:].isdigit():
                self._open(tag, STRONG, "")
        elif tag in WORDS:
            address = followed((dict(attrs).get("href") or "").strip()) if tag == "a" else ""
            self._open(tag, WORDS[tag], address)
        elif tag not in {"img", "hr"}:
            builder.add(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        builder = self.builder
        if tag in SILENT:
            self.silent = max(self.silent - 1, 0)
        elif tag in {"ul", "ol"}:
            builder.close_list()
        elif tag == "li":
            builder.close_item()
        elif tag in {"td", "th"}:
            builder.add(" ")
        if tag in self.open:
            self._close(tag)
        if re.fullmatch(PARTING, tag) and tag not in {"ul", "ol", "li"}:
            self.builder.end()

    def handle_data(self, data: str) -> None:
        if self.silent:
            return
        words = re.sub(r"\s+", " ", data)
        if MARKED.search(words):
            _build(self.builder, _MARKDOWN.parseInline(words))
            return
        self.builder.add(words)

    def _open(self, tag: str, mark: str, address: str) -> None:
        self.open.append(tag)
        self.builder.marks.append(mark)
        self.builder.addresses.append(_target(self.builder, address))

    def _close(self, tag: str) -> None:
        """End an element, with those within it that nobody has ended."""
        while self.open:
            last = self.open.pop()
            _close_words(self.builder)
            if last == tag:
                return
