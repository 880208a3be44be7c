"""axe-core, run in a page: what it says is wrong there, or of that what keeps somebody from using it."""

import functools
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page

SOURCE = Path(__file__).resolve().parent.parent / "npm" / "node_modules" / "axe-core" / "axe.min.js"
# WCAG 2.1, levels A and AA; not what axe-core merely advises.
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
GRAVE = ("serious", "critical")
# Everything that axe-core knows of, what it merely advises included.
ALL_TAGS = (*TAGS, "wcag22aa", "best-practice")
ALL = ("minor", "moderate", *GRAVE)
# Without `preload`, since axe-core would put the style sheets that a page imports into the page once more, as text,
# which the page's policy refuses; only rules that are experimental need it.
RUN = """async ([tags, grave]) => {
    const {violations} = await axe.run(document, {
        runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'], preload: false});
    return violations.filter((violation) => grave.includes(violation.impact)).flatMap((violation) =>
        violation.nodes.map((node) => [violation.id, node.target.flat().join(' '), node.failureSummary]));
}"""


class Violation(NamedTuple):
    """A rule of axe-core, the element that breaks it as a CSS selector, and what would mend it."""

    rule: str
    target: str
    advice: str


@functools.cache
def _source() -> str:
    return SOURCE.read_text(encoding="utf-8")


def grave_violations(page: Page) -> list[Violation]:
    """The violations of impact serious and critical in the page as it stands."""
    return _violations(page, TAGS, GRAVE)


def all_violations(page: Page) -> list[Violation]:
    """The violations of whatever impact, of advice too."""
    return _violations(page, ALL_TAGS, ALL)


def _violations(page: Page, tags: tuple[str, ...], impacts: tuple[str, ...]) -> list[Violation]:
    # By the debugger, which the page's content security policy does not bind.
    page.evaluate(_source())
    return [Violation(*found) for found in page.evaluate(RUN, [tags, impacts])]
