"""HTML in texts as Markdown: paragraphs, lists, emphasis and links stay, whatever else is markup goes.

A scanner of our own, since Python's `html.parser` takes quadratic time for some texts in the releases that we run on.
"""

import re
from contextlib import suppress
from html import unescape

from profiles.portability.json_resume.values import Unreadable, url

_TAGS = (
    "a|abbr|b|blockquote|br|center|cite|code|del|div|em|figure|font|h[1-6]|hr|i|img|ins|kbd|li|mark|ol|p|pre|q|s|small|span"
    "|strike|strong|sub|sup|table|tbody|td|tfoot|th|thead|tr|u|ul"
)
# The other names that HTML knows.
_OTHER_NAMES = (
    "address|article|aside|audio|bdi|bdo|big|body|button|canvas|caption|col|colgroup|data|dd|details|dfn|dl|dt|embed"
    "|fieldset|figcaption|footer|form|head|header|hgroup|html|iframe|input|label|legend|link|main|map|menu|meta|nav"
    "|noscript|object|option|output|picture|progress|rp|rt|ruby|samp|script|section|select|source|style|summary|svg"
    "|template|textarea|time|title|track|tt|var|video|wbr"
)
_NAMES = frozenset({*f"{_TAGS}|{_OTHER_NAMES}".replace("h[1-6]", "h1|h2|h3|h4|h5|h6").split("|")})
# Elements that always have an end, and whose names are words of programs too.
_PAIRED = re.compile(
    "audio|body|button|canvas|caption|data|details|form|header|label|map|menu|object|option|output|picture|select|section"
    "|style|summary|template|time|title|var|video"
)
_HAS_BLOCK = re.compile(
    r"<(?:address|article|blockquote|br|center|dd|div|dl|dt|figure|h[1-6]|hr|li|ol|p|pre|section|table|tr|ul)[\s/>]",
    re.IGNORECASE,
)
_HAS_TAG = re.compile(rf"</?(?:{_TAGS})(?:[\s/][^<>]*)?>", re.IGNORECASE)
_HAS_REFERENCE = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#[0-9]{1,6}|#[xX][0-9a-fA-F]{1,6});")
# No name is longer, and nothing that was read is looked at twice: a text of «<aaaa…» takes no more time than another.
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]{0,20}+)(?![a-zA-Z0-9])(?P<rest>[^<>]*+)>|<[!?][^<>]*+>")
_HREF = re.compile(r"""(?<![\w-])href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""", re.IGNORECASE)
_BULLET = re.compile(r"""data-list\s*=\s*["']?bullet""", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f\u00a0]+")
_CELLS = frozenset({"td", "th"})
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`", "kbd": "`"}
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _HEADINGS | {"p", "div", "blockquote", "ul", "ol", "li", "table", "tr", "pre", "figure", "center", "hr"}
_SILENT = frozenset({"script", "style", "template"})
_WEB = ("http://", "https://", "mailto:", "tel:")
# Deeper lists are shown as if they were no deeper.
_DEEPEST = 8
# What a line break in a paragraph is, until blanks have been put together.
_BREAK = "\ue000"


def is_rich(text: str) -> bool:
    """Whether a text has markup of HTML."""
    return bool(_HAS_TAG.search(text) or _HAS_REFERENCE.search(text))


def markdown(text: str) -> str:
    """A text with HTML in it as Markdown; one without any as it is."""
    if not is_rich(text):
        return text
    if "\n" in text and not _HAS_BLOCK.search(text):
        # Its lines are those of a plain text.
        return "\n".join(_line(line) for line in text.split("\n"))
    return _written(text)


def _line(line: str) -> str:
    if not is_rich(line):
        return line
    return line[: len(line) - len(line.lstrip())] + _written(line)


def _written(text: str) -> str:
    writer = _Writer()
    place = 0
    tags = list(_TAG.finditer(text))
    # Of each element's name the place of its last end.
    ends = {tag["name"].lower(): tag.start() for tag in tags if tag["end"]}
    for tag in tags:
        writer.text(text[place : tag.start()])
        name = (tag["name"] or "").lower()
        if _is_element(name, tag["rest"] or "", has_end=ends.get(name, -1) >= tag.start()):
            writer.tag(name, tag["rest"], is_end=bool(tag["end"]))
        elif name:
            writer.text(tag[0])
        place = tag.end()
    writer.text(text[place:])
    return writer.result()


def _is_element(name: str, rest: str, *, has_end: bool) -> bool:
    """Whether a tag is markup. «List<String>», «Map<Data>» and «if a<b and c>d» are a text's own.

    So is a silent element without an end, which would silence all that follows.
    """
    if name in _SILENT or (_PAIRED.fullmatch(name) and not rest.strip()):
        return has_end
    return name in _NAMES or rest.startswith(":")


def split_points(text: str) -> tuple[str, list[str]]:
    """A text without the plain list that it ends with, and the points of that list."""
    lines = text.split("\n")
    first = len(lines)
    while first and lines[first - 1].startswith("- ") and lines[first - 1][2:].strip():
        first -= 1
    return "\n".join(lines[:first]).strip(), [line[2:].strip() for line in lines[first:]]


class _Writer:
    """Writes Markdown, block by block."""

    def __init__(self) -> None:
        self.blocks: list[tuple[str, bool]] = []
        # Texts of the open elements in a line, the outermost first; each but the first with its sign.
        self.texts: list[list[str]] = [[]]
        self.marks: list[str] = []
        # Of each open list the number of its last item, None where it is not numbered.
        self.lists: list[int | None] = []
        # What the next line of an item begins with.
        self.bullet = ""
        self.silent = ""

    def text(self, text: str) -> None:
        """Add text as it stands between two tags."""
        if text and not self.silent:
            self.texts[-1].append(_BLANKS.sub(" ", unescape(text).replace(_BREAK, "")))

    def tag(self, name: str, rest: str, *, is_end: bool) -> None:
        """Follow a tag."""
        if name in _SILENT or self.silent:
            self.silent = "" if is_end and name == self.silent else self.silent or ("" if is_end else name)
        elif name == "br":
            self.texts[-1].append(_BREAK)
        elif name in _BLOCKS:
            self._block(name, rest, is_end=is_end)
        elif name in _CELLS:
            self.texts[-1].append(" ")
        elif name == "a":
            self._link(rest, is_end=is_end)
        elif name in _MARKS:
            self._mark(_MARKS[name], is_end=is_end)

    def result(self) -> str:
        """All that was written."""
        self._flush()
        made = ""
        was_item = False
        for line, is_item in self.blocks:
            made += ("\n" if was_item and is_item else "\n\n" if made else "") + line
            was_item = is_item
        return made

    def _block(self, name: str, rest: str, *, is_end: bool) -> None:
        self._flush()
        if name in {"ul", "ol"}:
            if not is_end:
                self.lists.append(0 if name == "ol" else None)
            elif self.lists:
                self.lists.pop()
            self.bullet = ""
        elif name == "li" and not is_end:
            self._begin_item(rest)
        elif name in _HEADINGS:
            self._mark("**", is_end=is_end)

    def _begin_item(self, rest: str) -> None:
        if not self.lists:
            self.lists.append(None)
        number = self.lists[-1]
        if number is None or _BULLET.search(rest):
            self.bullet = "- "
        else:
            self.lists[-1] = number + 1
            self.bullet = f"{number + 1}. "

    def _mark(self, sign: str, *, is_end: bool) -> None:
        if not is_end and sign not in self.marks:
            self.marks.append(sign)
            self.texts.append([])
        elif is_end and sign in self.marks:
            self._close_to(self.marks.index(sign))

    def _link(self, rest: str, *, is_end: bool) -> None:
        links = [index for index, sign in enumerate(self.marks) if sign.startswith("](")]
        if is_end or links:
            if links:
                self._close_to(links[-1])
            return
        found = _HREF.search(rest)
        address = unescape(next((group for group in found.groups() if group), "") if found else "").strip()
        if not address.lower().startswith(_WEB):
            with suppress(Unreadable):
                # One without a scheme gets it.
                address, _ = url(address)
        if address.lower().startswith(_WEB):
            for letter, code in ((" ", "%20"), ("(", "%28"), (")", "%29")):
                address = address.replace(letter, code)
            self.marks.append(f"]({address})")
            self.texts.append([])

    def _close_to(self, index: int) -> None:
        """Close the open elements down to one; those within it that go on begin anew."""
        for sign in reversed(self.marks[index:]):
            self.texts[-2].append(_marked("".join(self.texts.pop()), sign))
        del self.marks[index:]

    def _flush(self) -> None:
        """End a line; the elements that are open go on in the next one."""
        open_marks = list(self.marks)
        self._close_to(0)
        line = _BLANKS.sub(" ", "".join(self.texts[0])).strip()
        line = "\n".join(part.strip() for part in line.split(_BREAK)).strip()
        self.texts = [[]]
        for sign in open_marks:
            self.marks.append(sign)
            self.texts.append([])
        if not line:
            return
        if not self.lists:
            self.blocks.append((line, False))
            return
        depth = min(len(self.lists), _DEEPEST) - 1
        indent = "    " * depth
        within = " " * len(self.bullet or "- ")
        self.blocks.append((indent + (self.bullet or within) + line.replace("\n", "\n" + indent + within), True))
        self.bullet = ""


def _marked(text: str, sign: str) -> str:
    """A text with its sign around it, and blanks and breaks outside of it, where Markdown wants them."""
    core = text.strip(f" {_BREAK}")
    if not core:
        return text
    before, _, after = text.partition(core)
    if not sign.startswith("]("):
        return f"{before}{sign}{core}{sign}{after}"
    address = sign[2:-1]
    return f"{before}{core if core == address else f'[{core}{sign}'}{after}"
