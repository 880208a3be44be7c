"""Fonts that are cut to the letters of a document: what they have, and that the document looks the same in them."""

from io import BytesIO
from pathlib import Path

import pytest
import uharfbuzz
from pypdf import PdfReader

from profiles.portability import printing
from profiles.portability.printed import fonts, subsets

pytestmark = pytest.mark.pure
NOTO = fonts.noto()
# `make install` and the image bring them.
LARGE = NOTO.get("NotoSerifCJK-Regular.ttc", "")
EMOJI = NOTO.get("NotoColorEmoji.ttf", "")
needs_noto = pytest.mark.skipif(not (LARGE and EMOJI), reason="this machine lacks Noto Serif CJK or Color Emoji")


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("李さん 2018", ""),
        # One letter that may be drawn as another, where a font lacks it.
        ("\ufa19", "神"),
        ("が", "か\u3099"),
        ("か\u3099", "がポ"),
        # A syllable in three parts.
        ("\u1112\u1161\u11ab", "한"),
    ],
)
def test_a_font_needs_the_letters_of_a_text_and_those_that_are_drawn_for_them(text: str, more: str) -> None:
    found = subsets.letters_of(text)
    assert set(text) | set(more) <= found
    assert more or found == set(text)


def test_marks_without_end_take_no_longer_than_others() -> None:
    assert subsets.letters_of("a" + "\u0301\u0323" * 500_000) == {"a", "\u0301", "\u0323"}


def face(content: bytes | None) -> uharfbuzz.Face:
    assert content is not None
    return uharfbuzz.Face(content)


@needs_noto
@pytest.mark.parametrize("form", ["JP", "KR", "SC", "TC", "HK"])
def test_a_font_has_the_letters_and_no_others_in_the_forms_of_its_family(form: str) -> None:
    content = subsets.cut(LARGE, [f"Noto Serif CJK {form}"], subsets.letters_of("李设，A"))
    made = face(content)
    assert len(content or b"") < 20_000
    assert {chr(number) for number in made.unicodes} == set("李设，A")
    assert made.get_name(uharfbuzz.OTNameIdPredefined.FONT_FAMILY) == f"Noto Serif CJK {form}"


@needs_noto
def test_a_letter_keeps_its_variants() -> None:
    """葛城 writes itself with one of two variants of 葛."""
    made = face(subsets.cut(LARGE, ["Noto Serif CJK JP"], subsets.letters_of("葛\U000e0100")))
    assert ord("葛") in made.variation_unicodes(0xE0100)


@needs_noto
def test_signs_that_are_drawn_for_several_letters_stay() -> None:
    whole = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(EMOJI))
    text = "👩‍💻🇩🇪"
    made = face(subsets.cut(EMOJI, ["Noto Color Emoji"], subsets.letters_of(text)))
    assert made.glyph_count < whole.glyph_count / 50
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    uharfbuzz.shape(uharfbuzz.Font(made), buffer)
    assert len(buffer.glyph_infos) == 2


@needs_noto
@pytest.mark.parametrize("families", [[], ["Noto Serif CJK XX"], ["Noto Naskh Arabic"]])
def test_a_file_without_the_family_is_taken_whole(families: list[str]) -> None:
    assert subsets.cut(LARGE, families, frozenset("李")) is None


@needs_noto
def test_a_full_disk_makes_no_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(printing.NotPrinted, match="No space left"):
        printing.pdf({"basics": {"name": "李小龙"}})


@needs_noto
def test_a_document_of_very_many_letters_takes_a_file_whole() -> None:
    letters = frozenset(map(chr, range(0x4E00, 0x4E00 + subsets.MOST_LETTERS)))
    assert subsets.cut(LARGE, ["Noto Serif CJK SC"], letters)
    assert subsets.cut(LARGE, ["Noto Serif CJK SC"], letters | {"A"}) is None


@pytest.mark.parametrize("content", [b"", b"ttcf" + bytes(2**20), b"no font at all " * 2**17, None])
def test_a_file_that_is_no_font_is_left_to_the_typesetter(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "NotoSerifCJK-Regular.ttc"
    if content is not None:
        path.write_bytes(content)
    assert subsets.cut(str(path), ["Noto Serif CJK SC"], frozenset("李")) is None


@needs_noto
@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("李小龙，负责公司支付系统的设计与开发：“核心”模块…… ★ ① ％", ""),
        ("李小铨 喆 〇 𠮷 葛\U000e0100", ""),
        ("山田太郎、決済システムの設計。「五人」・チーム ㈱ ｱｲｳ か\u3099 \ufa19", ""),
        ("김민수 결제 시스템의 설계 뷁 金敏洙 ㈜ \u1112\u1161\u11ab \u1112\u119e\u11ab", ""),
        ("李小瑄，負責公司支付系統的設計", "TW"),
        ("陳大文，負責公司支付系統的設計", "HK"),
        ("李小龙 🎉 👩‍💻 🇩🇪 1️⃣ ✅ عمر Ada", ""),
    ],
)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_document_looks_the_same(monkeypatch: pytest.MonkeyPatch, text: str, country: str, language: str) -> None:
    career = {
        "basics": {"name": text[:4], "summary": f"{text} **{text}** — `{text}`", "location": {"countryCode": country}},
        "work": [{"name": text[:6], "position": text[2:8], "startDate": "2018"}],
    }
    small = printing.pdf(career, language=language).content
    monkeypatch.setattr(subsets, "cut", lambda *_: None)
    assert drawn(small) == drawn(printing.pdf(career, language=language).content)


def drawn(pdf: bytes) -> list[tuple[str, bytes]]:
    """What stands on each page, and by which commands it is drawn where; a letter's shape is the fonts' own."""
    found = []
    for page in PdfReader(BytesIO(pdf)).pages:
        contents = page.get_contents()
        assert contents is not None
        found.append((page.extract_text(), contents.get_data()))
    return found
