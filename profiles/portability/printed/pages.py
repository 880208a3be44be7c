"""Texts of a sheet as HTML. Each text is escaped here; of addresses there are only those that may be followed."""

from collections.abc import Iterable

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from profiles.portability.printed.rich import Block, Run, RunLine


def html_of(blocks: Iterable[Block]) -> SafeString:
    """Paragraphs and lists."""
    return mark_safe("\n".join(map(_block, blocks)))  # noqa: S308  # all texts in it are escaped


def html_of_point(blocks: tuple[Block, ...]) -> SafeString:
    """The entry of a list: its lines alone where it is one paragraph."""
    if len(blocks) == 1 and not blocks[0].items:
        return mark_safe(_lines(blocks[0].lines))  # noqa: S308  # as above
    return html_of(blocks)


def _block(block: Block) -> str:
    if not block.items:
        return f'<p dir="auto">{_lines(block.lines)}</p>'
    items = "\n".join(f'<li dir="auto">{html_of_point(item)}</li>' for item in block.items)
    if block.start is None:
        return f'<ul class="points">\n{items}\n</ul>'
    return f'<ol class="points" start="{block.start}">\n{items}\n</ol>'


def _lines(lines: Iterable[RunLine]) -> str:
    return "<br>".join("".join(map(_run, line)) for line in lines)


def _run(run: Run) -> str:
    made = str(escape(run.text))
    for mark in reversed(run.marks):
        made = f"<{mark}>{made}</{mark}>"
    if run.address:
        made = f'<a href="{escape(run.address)}" rel="noopener noreferrer">{made}</a>'
    return made
