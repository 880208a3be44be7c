"""What a printed career consists of: one sheet with its sections, items and texts, drawn by several modules."""

from dataclasses import dataclass

from profiles.portability.printed.rich import Blocks

# Texts of one line each.
Lines = tuple[str, ...]
SEPARATOR = " · "


class TooLong(ValueError):
    """A sheet has more paragraphs than may be set at once."""


@dataclass(frozen=True)
class Link:
    """An address: the text that is shown, which can be read on paper, and the target, "" if there is none to follow."""

    text: str
    address: str = ""
    label: str = ""


@dataclass(frozen=True)
class Moment:
    """A date as it is read, and its machine-readable form; "" where there is none."""

    text: str
    iso: str = ""


@dataclass(frozen=True)
class Fact:
    """A label and what it says."""

    label: str
    text: str


@dataclass(frozen=True)
class SheetItem:
    """A job, a degree, a project …: one of a section's items, each of whose parts may be empty.

    A point is the blocks of one entry of a list. `items` are what belongs to the item, as positions do to a company.
    """

    title: str = ""
    subtitle: str = ""
    remarks: Lines = ()
    dates: tuple[Moment, ...] = ()
    link: Link | None = None
    texts: Blocks = ()
    points: tuple[Blocks, ...] = ()
    facts: tuple[Fact, ...] = ()
    items: tuple["SheetItem", ...] = ()


@dataclass(frozen=True)
class SheetSection:
    """A heading with either items, or what fits on a line each: facts, and words that need no line of their own."""

    heading: str
    items: tuple[SheetItem, ...] = ()
    facts: tuple[Fact, ...] = ()
    words: Lines = ()


@dataclass(frozen=True)
class Sheet:
    """The whole document. Its name is never empty. Pages lead to the photo; no address of one is a text to read."""

    name: str
    label: str
    contacts: tuple[Link, ...]
    texts: Blocks
    sections: tuple[SheetSection, ...]
    photo: Link | None = None
    # Of headings and dates.
    language: str = "en"
    # Whether the whole is laid out from right to left. Each text has a direction of its own.
    is_rtl: bool = False
