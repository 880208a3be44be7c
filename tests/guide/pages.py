"""The pages of the guide, read into steps: the same request in several languages, and the answer that they show."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.service.live import ROOT

GUIDE = ROOT / "docs/guide"
LANGUAGES = ("sh", "python", "typescript", "kotlin", "dart")
ANSWERS = ("json", "http")
# Where a page's examples are, when it is read; a service of a test has another port.
ADDRESS = "http://127.0.0.1:8000"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and its text."""

    language: str
    text: str


@dataclass
class Step:
    """A run of blocks with nothing between them: code by language, and the answer shown behind it, if there is one."""

    code: list[Block] = field(default_factory=list)
    answer: Block | None = None


@dataclass(frozen=True)
class Page:
    """A page of the guide."""

    name: str
    steps: tuple[Step, ...]

    def code(self, language: str) -> list[tuple[str, Block | None]]:
        """The page's blocks in a language, in order, each with the answer that is shown for it."""
        return [(block.text, step.answer) for step in self.steps for block in step.code if block.language == language]


def read(path: Path) -> Page:
    """The page in a file."""
    steps: list[Step] = []
    text, end = path.read_text(), 0
    for found in FENCE.finditer(text):
        goes_on = steps and not text[end : found.start()].strip() and steps[-1].answer is None
        if not goes_on:
            steps.append(Step())
        block = Block(found[1], found[2])
        if block.language in ANSWERS:
            steps[-1].answer = block
        else:
            steps[-1].code.append(block)
        end = found.end()
    return Page(path.stem, tuple(steps))


def at(text: str, port: int) -> str:
    """A page's code with the address of the service that listens at the port."""
    return text.replace(ADDRESS, f"http://127.0.0.1:{port}")


PAGES = {path.stem: read(path) for path in sorted(GUIDE.glob("*.md"))}
