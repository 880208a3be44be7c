"""A sheet as CommonMark. Marks in people's texts are escaped, so that each text says what it says on the sheet.

What is bold or a link there is so here, unless the words around it would make the mark a text.
"""

import re
from collections.abc import Iterable, Iterator

from profiles.portability.printed.rich import CODE, EMPHASIS, STRONG, Block, Blocks, Run, RunLine
from profiles.portability.printed.sheets import SEPARATOR, Fact, Link, Sheet, SheetItem, SheetSection

# CommonMark's characters of meaning, with those of GitHub's tables, strikethrough and formulas. `&` and `!` mean
# something before others only, and what is left means something at the beginning of a line.
MARKED = re.compile(r"[\\`*_\[\]<>#|~$]|&(?=#?[0-9A-Za-z]+;)")
LINE_MARKED = re.compile(r"^(?:[-+=]|[0-9]{1,9}(?=[.)]))")
SIGNS = {STRONG: "**", EMPHASIS: "*"}
# A line end within a paragraph.
BREAK = "\\\n"


def commonmark(sheet: Sheet) -> str:
    """The whole sheet."""
    parts = [f"# {_escaped(sheet.name)}", *_filled([_escaped_line(sheet.label)])]
    if sheet.contacts:
        parts.append(_start(SEPARATOR.join(map(_link, sheet.contacts))))
    parts += _blocks(sheet.texts)
    for section in sheet.sections:
        parts += _section(section)
    return "\n\n".join(parts) + "\n"


def _section(section: SheetSection) -> Iterator[str]:
    yield f"## {_escaped(section.heading)}"
    for item in section.items:
        yield from _item(item, "###")
    if section.facts:
        yield _facts(section.facts)
    if section.words:
        yield _escaped_line(SEPARATOR.join(section.words))


def _item(item: SheetItem, level: str) -> Iterator[str]:
    if item.title:
        yield f"{level} {_escaped(item.title)}"
    about = SEPARATOR.join(_filled([item.subtitle, *item.remarks]))
    dates = " – ".join(moment.text for moment in item.dates)
    heads = [_escaped_line(about), _escaped_line(dates), _start(_link(item.link)) if item.link else ""]
    if any(heads):
        yield BREAK.join(_filled(heads))
    yield from _blocks(item.texts, is_parted=bool(item.points))
    if item.points:
        yield _list(Block(items=item.points))
    if item.facts:
        yield _facts(item.facts)
    for each in item.items:
        yield from _item(each, f"{level}#")


def _facts(facts: Iterable[Fact]) -> str:
    """A paragraph. A list would continue the list of points above it."""
    return BREAK.join(f"**{_escaped(fact.label)}:** {_escaped(fact.text)}" for fact in facts)


def _blocks(blocks: Blocks, *, is_parted: bool = False) -> Iterator[str]:
    """Paragraphs and lists. Two lists in a row would be one: a comment parts them, as CommonMark has it.

    `is_parted` says that another list follows.
    """
    for number, block in enumerate(blocks):
        follows = blocks[number + 1].items if number + 1 < len(blocks) else is_parted
        yield _list(block) if block.items else BREAK.join(map(_line, block.lines))
        if block.items and follows:
            yield "<!-- -->"


def _list(block: Block) -> str:
    made = []
    for number, item in enumerate(block.items):
        sign = "- " if block.start is None else f"{block.start + number}. "
        made.append(sign + "\n\n".join(_blocks(item)).replace("\n", "\n" + " " * len(sign)))
    # Blank lines between all entries where one has several parts.
    return ("\n\n" if any(len(item) > 1 for item in block.items) else "\n").join(made)


def _line(line: RunLine) -> str:
    made = ""
    for number, run in enumerate(line):
        following = line[number + 1].text if number + 1 < len(line) else ""
        if run.address and made.endswith("!"):
            # Together they would be a picture.
            made = made[:-1] + "\\!"
        made += _run(run, line[number - 1].text if number else "", following)
    return _start(made)


def _run(run: Run, before: str, after: str) -> str:
    """A run with its marks outside the white space around its words."""
    words = run.text.strip()
    if not words:
        return run.text
    made = _escaped(words)
    if CODE in run.marks and "`" not in words:
        made = f"`{words}`"
    elif _stands(
        words, before + run.text[: len(run.text) - len(run.text.lstrip())], run.text[len(run.text.rstrip()) :] + after
    ):
        for mark in reversed(run.marks):
            made = f"{SIGNS.get(mark, '')}{made}{SIGNS.get(mark, '')}"
    if run.address:
        made = f"[{made}](<{run.address.replace('&', '&amp;')}>)"
    lead = len(run.text) - len(run.text.lstrip())
    return run.text[:lead] + made + run.text[lead + len(words) :]


def _stands(words: str, before: str, after: str) -> bool:
    """Whether signs around the words mark them: signs touch a letter or a digit inside, and only blanks outside."""
    is_free = not before[-1:].strip() and not after[:1].strip()
    return is_free and words[0].isalnum() and words[-1].isalnum()


def _link(link: Link) -> str:
    """A link, or its text if it leads nowhere. No address holds <, > or a backslash (readable.py)."""
    label = f"{_escaped(link.label)}: " if link.label else ""
    text = _escaped(link.text)
    return f"{label}[{text}](<{link.address.replace('&', '&amp;')}>)" if link.address else label + text


def _escaped_line(text: str) -> str:
    """A text at the beginning of a line, where a dash or a number would begin a list."""
    return _start(_escaped(text))


def _start(marked: str) -> str:
    return LINE_MARKED.sub(lambda match: _behind_backslash(match[0]), marked)


def _behind_backslash(mark: str) -> str:
    """The mark, escaped: a backslash before it, or after a number, before its full stop."""
    return f"{mark}\\" if mark.isdigit() else f"\\{mark}"


def _escaped(text: str) -> str:
    return MARKED.sub(r"\\\g<0>", text)


def _filled(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if text]
