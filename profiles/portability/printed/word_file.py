"""A sheet as a word processor's file (Office Open XML). Headings and lists are styles, which people can change."""

import zipfile
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from docx import Document
from docx.document import Document as DocumentOf
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

from profiles.portability.printed.directions import is_rtl
from profiles.portability.printed.rich import CODE, EMPHASIS, STRONG, STRUCK, Blocks, Run, RunLine, plain_line
from profiles.portability.printed.sheets import SEPARATOR, Fact, Link, Sheet, SheetItem, SheetSection, TooLong

QUIET = RGBColor(0x55, 0x60, 0x6E)
ACCENT = RGBColor(0x1F, 0x56, 0x73)
INK = RGBColor(0x1D, 0x23, 0x2B)
# XML may not hold these, which are no characters.
_NO_XML = dict.fromkeys((0xFFFE, 0xFFFF))
# The sizes of headings, in points, from the title to a position within a company.
_SIZES = {"Title": 24, "Heading 1": 13, "Heading 2": 11.5, "Heading 3": 11}
_PAGE = (Cm(21), Cm(29.7))
_MARGIN = Cm(2.2)
_DEEPEST = 3


# Of all parts of a file, so that it says of nothing when it was made; the first time that a ZIP knows.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def word_file(sheet: Sheet, most: int | None = None) -> bytes:
    """The whole sheet. Two files of one sheet are the same, as their ETag says.

    TooLong where it has more than `most` paragraphs, each run of one look counted as one.
    """
    written, file = BytesIO(), BytesIO()
    _Writer(sheet, most).document.save(written)
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as timeless:
        for part in parts.infolist():
            timeless.writestr(zipfile.ZipInfo(part.filename, _NO_TIME), parts.read(part), zipfile.ZIP_DEFLATED)
    return file.getvalue()


class _Writer:
    """Writes one sheet into one document."""

    def __init__(self, sheet: Sheet, most: int | None = None) -> None:
        self.sheet = sheet
        self.most = most
        self.count = 0
        self.document: DocumentOf = Document()
        # Looked up once, since looking one up takes longer than all else of a paragraph.
        self.styles: dict[str, Any] = {style.name: style for style in self.document.styles if style.name}
        self.links: dict[str, str] = {}
        # A document's body ends with the properties of its last section.
        self.body: Any = self.document
        self.end = self.document.element.body[-1]
        self._set_up()
        self._write()

    def _set_up(self) -> None:
        section = self.document.sections[0]
        section.page_width, section.page_height = _PAGE
        section.left_margin = section.right_margin = _MARGIN
        section.top_margin = section.bottom_margin = Cm(2)
        properties = self.document.core_properties
        properties.title = properties.author = _xml(self.sheet.name)[:255]
        properties.comments, properties.language = "", self.sheet.language
        for time in ("dcterms:created", "dcterms:modified"):
            # The template's own.
            properties._element.remove(properties._element.find(qn(time)))  # noqa: SLF001  # there is no other way
        self._set_style("Normal", 10.5, INK, after=4)
        for name, size in _SIZES.items():
            color = ACCENT if name == "Heading 1" else INK
            self._set_style(name, size, color, before=0 if name == "Title" else size, after=2)

    def _set_style(self, name: str, size: float, color: RGBColor, *, before: float = 0, after: float = 0) -> None:
        style: ParagraphStyle = self.styles[name]
        style.font.size, style.font.color.rgb = Pt(size), color
        style.font.name = "Calibri"
        # Without these a theme's font stays in force, for scripts of Asia and of the right-to-left, too.
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:cs"), "Arial")
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        if name == "Title" and (border := style.element.pPr.find(qn("w:pBdr"))) is not None:
            style.element.pPr.remove(border)

    def _write(self) -> None:
        sheet = self.sheet
        self.paragraph(sheet.name, "Title")
        if sheet.label:
            self.paragraph(sheet.label, "Normal", color=QUIET)
        if sheet.contacts:
            self._contacts(sheet.contacts)
        self.blocks(sheet.texts)
        for section in sheet.sections:
            self._section(section)

    def paragraph(self, text: str, style: str, *, color: RGBColor | None = None) -> Paragraph:
        """A paragraph of one look."""
        made = self._new(text, style)
        if text:
            run = made.add_run(_xml(text))
            if color is not None:
                run.font.color.rgb = color
            self._direct(run, text)
        return made

    def _count(self) -> None:
        self.count += 1
        if self.most is not None and self.count > self.most:
            raise TooLong(f"The sheet has more than {self.most} paragraphs and runs.")

    def _new(self, text: str, style: str) -> Paragraph:
        self._count()
        # What the library itself does looks through all paragraphs for the place, and through all styles for the name.
        element = OxmlElement("w:p")
        self.end.addprevious(element)
        made = Paragraph(element, self.body)
        if style != "Normal":
            element.get_or_add_pPr().style = self.styles[style].style_id
        # Headings and dates beside them stand where the sheet has them, in whatever direction they are read.
        if self.sheet.is_rtl if style.startswith("Heading") else is_rtl(text):
            self._turn(made)
        return made

    @staticmethod
    def _turn(paragraph: Paragraph) -> None:
        """Make it a paragraph that is read from right to left."""
        paragraph.paragraph_format.element.get_or_add_pPr().append(OxmlElement("w:bidi"))

    @staticmethod
    def _direct(run: Any, text: str) -> None:
        if is_rtl(text):
            run.font.rtl = True

    def _contacts(self, contacts: Iterable[Link]) -> None:
        made = self._new("", "Normal")
        if self.sheet.is_rtl:
            self._turn(made)
        for number, link in enumerate(contacts):
            if number:
                made.add_run(SEPARATOR).font.color.rgb = QUIET
            self._link(made, link)

    def _link(self, paragraph: Paragraph, link: Link) -> None:
        if link.label:
            paragraph.add_run(_xml(f"{link.label}: ")).font.color.rgb = QUIET
        self._run(paragraph, Run(link.text, (), link.address))

    def _run(self, paragraph: Paragraph, run: Run) -> None:
        self._count()
        made = paragraph.add_run(_xml(run.text))
        made.bold, made.italic = STRONG in run.marks or None, EMPHASIS in run.marks or None
        made.font.strike = STRUCK in run.marks or None
        if CODE in run.marks:
            made.font.name = "Courier New"
        self._direct(made, run.text)
        if run.address:
            made.font.color.rgb = ACCENT
            link = OxmlElement("w:hyperlink")
            link.set(qn("r:id"), self._target(run.address))
            made.font.element.addprevious(link)
            link.append(made.font.element)

    def _target(self, address: str) -> str:
        if address not in self.links:
            # The library would look through all relationships for a free name, and for one with this address.
            self.links[address] = name = f"link{len(self.links) + 1}"
            kind = RELATIONSHIP_TYPE.HYPERLINK
            self.document.part.rels.add_relationship(kind, _xml(address), name, is_external=True)
        return self.links[address]

    def _section(self, section: SheetSection) -> None:
        self.paragraph(section.heading, "Heading 1")
        for item in section.items:
            self._item(item, 2)
        self._facts(section.facts)
        if section.words:
            made = self._new("", "Normal")
            if self.sheet.is_rtl:
                self._turn(made)
            for number, word in enumerate(section.words):
                made.add_run(SEPARATOR if number else "")
                self._direct(made.add_run(_xml(word)), word)

    def _item(self, item: SheetItem, level: int) -> None:
        dates = " – ".join(moment.text for moment in item.dates)
        if dates and self.sheet.is_rtl:
            # They are in words of ours, which are read from left to right; without the mark digits would change places.
            dates = f"\N{LEFT-TO-RIGHT MARK}{dates}"
        if item.title:
            head = self.paragraph(item.title, f"Heading {level}")
            head.paragraph_format.tab_stops.add_tab_stop(_PAGE[0] - 2 * _MARGIN, WD_TAB_ALIGNMENT.RIGHT)
            if dates:
                run = head.add_run(f"\t{_xml(dates)}")
                run.bold, run.font.size, run.font.color.rgb = False, Pt(10), QUIET
                # Digits in a paragraph from right to left have a weight and a size of their own.
                run.font.cs_bold = False
                size = OxmlElement("w:szCs")
                size.set(qn("w:val"), "20")
                run.font.element.rPr.find(qn("w:sz")).addnext(size)
        elif dates:
            self.paragraph(dates, "Normal", color=QUIET)
        about = SEPARATOR.join(filter(None, [item.subtitle, *item.remarks]))
        if about:
            self.paragraph(about, "Normal", color=QUIET).paragraph_format.keep_with_next = True
        if item.link:
            self._link(self._new(item.link.text, "Normal"), item.link)
        self.blocks(item.texts)
        for point in item.points:
            self._entry(point, "List Bullet", 1)
        self._facts(item.facts)
        for each in item.items:
            self._item(each, 3)

    def _facts(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            made = self._new(fact.text, "Normal")
            made.add_run(_xml(f"{fact.label}: ")).font.color.rgb = QUIET
            self._direct(made.add_run(_xml(fact.text)), fact.text)

    def blocks(self, blocks: Blocks, style: str = "Normal", depth: int = 1) -> None:
        """Paragraphs and lists; lists beyond Word's third level stay in it."""
        for block in blocks:
            if block.lines:
                self._lines(block.lines, style)
            kind = "List Bullet" if block.start is None else "List Number"
            for item in block.items:
                self._entry(item, kind, depth)

    def _entry(self, blocks: Blocks, kind: str, depth: int) -> None:
        level = min(depth, _DEEPEST)
        self.blocks(blocks[:1], kind if level == 1 else f"{kind} {level}", depth + 1)
        self.blocks(blocks[1:], "List Continue" if level == 1 else f"List Continue {level}", depth + 1)

    def _lines(self, lines: tuple[RunLine, ...], style: str) -> None:
        made = self._new(" ".join(map(plain_line, lines)), style)
        for number, line in enumerate(lines):
            if number:
                made.add_run().add_break()
            for run in line:
                self._run(made, run)


def _xml(text: str) -> str:
    return text.translate(_NO_XML)
