"""A sheet as plain text: lines of at most 76 columns, no marks, and indents where other forms have lists."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from profiles.portability.printed.rich import Block, Blocks, RunLine, plain_line
from profiles.portability.printed.sheets import SEPARATOR, Fact, Link, Sheet, SheetItem, SheetSection

# What fits into a mail that somebody answers.
COLUMNS = 76
_WIDE = {"W", "F"}
# With a sign that stands alone behind it, such as a dash: no line begins with that.
_WORD = re.compile(r"\S+(?:\s+[^\w\s]{1,2}(?!\S))?\s*")


def plain_text(sheet: Sheet) -> str:
    """The whole sheet."""
    head = [*wrapped(sheet.name), *wrapped(sheet.label)]
    contacts = [line for link in sheet.contacts for line in wrapped(_link(link))]
    parts = ["\n".join(head), "\n".join(contacts), _blocks(sheet.texts)]
    parts += [part for section in sheet.sections for part in _section(section)]
    return "\n\n".join(filter(None, parts)) + "\n"


def wrapped(text: str, first: str = "", others: str = "") -> list[str]:
    """The lines of a text, with what stands before the first one and before each other one.

    A word that is longer than a line stays whole, as an address must; scripts without blanks are parted anywhere.
    """
    lines, line, room = [], "", COLUMNS - len(first)
    for word in _words(text):
        if line and _width(line + word.rstrip()) > room:
            lines.append(line.rstrip())
            line, room = "", COLUMNS - len(others)
        line += word if line else word.lstrip()
    lines += [line.rstrip()] if line.strip() else []
    return [(others if number else first) + each for number, each in enumerate(lines)]


def _words(text: str) -> Iterator[str]:
    """Pieces between which a line may end, each with the blanks behind it."""
    for word in _WORD.findall(text):
        piece = ""
        for character in word:
            is_wide = unicodedata.east_asian_width(character) in _WIDE
            if piece and is_wide and unicodedata.category(character)[0] not in "PM":
                yield piece
                piece = ""
            piece += character
        yield piece


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    marks = sum(unicodedata.combining(character) > 0 for character in text)
    return len(text) - marks + sum(unicodedata.east_asian_width(character) in _WIDE for character in text)


def _section(section: SheetSection) -> Iterator[str]:
    # The heading stays with what follows it.
    heading = "\n".join([section.heading.upper(), "-" * min(_width(section.heading), COLUMNS)])
    parts = [part for item in section.items for part in _item(item, "")]
    parts += [_facts(section.facts, ""), "\n".join(wrapped(SEPARATOR.join(section.words)))]
    first, *others = filter(None, parts)
    yield f"{heading}\n{first}"
    yield from others


def _item(item: SheetItem, indent: str) -> Iterator[str]:
    dates = " – ".join(moment.text for moment in item.dates)
    about = SEPARATOR.join(filter(None, [item.subtitle, *item.remarks]))
    heads = [SEPARATOR.join(filter(None, [item.title, dates])), about, _link(item.link) if item.link else ""]
    lines = [line for head in heads for line in wrapped(head, indent, indent)]
    texts = [_blocks(item.texts, indent), _blocks((Block(items=item.points),), indent) if item.points else ""]
    yield "\n".join(filter(None, ["\n".join(lines), "\n\n".join(filter(None, texts)), _facts(item.facts, indent)]))
    for each in item.items:
        yield from _item(each, f"{indent}  ")


def _facts(facts: Iterable[Fact], indent: str) -> str:
    lines = [wrapped(f"{fact.label}: {fact.text}", indent, f"{indent}  ") for fact in facts]
    return "\n".join(line for each in lines for line in each)


def _blocks(blocks: Blocks, indent: str = "") -> str:
    return "\n\n".join(_list(block, indent) if block.items else _paragraph(block.lines, indent) for block in blocks)


def _paragraph(lines: Iterable[RunLine], indent: str) -> str:
    return "\n".join(line for each in lines for line in wrapped(_line(each), indent, indent))


def _list(block: Block, indent: str) -> str:
    made = []
    for number, item in enumerate(block.items):
        sign = "- " if block.start is None else f"{block.start + number}. "
        text = "\n".join(_blocks((part,), indent + " " * len(sign)) for part in item)
        made.append(indent + sign + text[len(indent) + len(sign) :] if not item[0].items else text)
    return "\n".join(made)


def _line(line: RunLine) -> str:
    """A line with the addresses of its links, unless their words say them."""
    shown = [
        run.text if not run.address or _says(run.text, run.address) else f"{run.text} ({run.address})" for run in line
    ]
    return "".join(shown) if any(run.address for run in line) else plain_line(line)


def _says(text: str, address: str) -> bool:
    return address.split(":", 1)[-1].strip("/") in text


def _link(link: Link) -> str:
    return f"{link.label}: {link.text}" if link.label else link.text
