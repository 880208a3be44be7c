"""Smaller fonts of Chinese, Japanese and Korean: the letters they have, and that a document looks the same in them."""

import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest
import uharfbuzz
from pypdf import PdfReader

from profiles.portability import printing
from profiles.portability.printed import fonts, smaller_fonts
from profiles.portability.printed.fonts import needed
from tests.portability.test_fonts import have

pytestmark = pytest.mark.pure
NOTO = fonts.noto()
STANDARDS = smaller_fonts.STANDARDS
NONE = smaller_fonts.Standard("ascii", (range(0), range(0)))
LARGE = {name: path for name, path in NOTO.items() if name.startswith("NotoSerifCJK") and name.endswith(".ttc")}
# `make install` and the image bring the large ones and make these.
needs_large = pytest.mark.skipif(not LARGE, reason="there is no Noto Serif CJK on this machine")
needs_smaller = pytest.mark.skipif(fonts.listed("SC", "Level1") not in NOTO, reason="there are no smaller fonts here")


@pytest.mark.parametrize(
    ("form", "common", "rarer", "missing"),
    [
        ("SC", "李王张经理设计", "铨璐", "喆設뷁"),
        ("JP", "山田設計", "凛翔澤", "设뷁"),
        ("KR", "김민수가힝", "뷁金敏洙", "设"),
        ("TC", "李王張經理設計", "瑄甯", "设喆뷁"),
        ("HK", "李王張經理設計", "瑄甯", "设喆뷁"),
    ],
)
def test_levels_have_the_letters_of_the_standard(form: str, common: str, rarer: str, missing: str) -> None:
    first, whole = smaller_fonts.letters(form, 0), smaller_fonts.letters(form, 1)
    assert first < whole
    assert set(common) <= first
    assert set(rarer) <= whole - first
    assert not set(missing) & whole


@pytest.mark.parametrize(
    ("form", "first", "whole"),
    [("SC", 3_755, 6_763), ("JP", 2_965, 6_355), ("KR", 2_350, 11_172 + 4_888), ("TC", 5_401, 13_053)],
)
def test_levels_have_as_many_letters_as_the_standard_says(form: str, first: int, whole: int) -> None:
    assert len(smaller_fonts.letters(form, 0)) == first
    assert len(smaller_fonts.letters(form, 1)) == whole


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """A machine with the large fonts, and smaller ones for Chinese and Korean of a few letters."""
    files = {f"NotoSerifCJK-{weight}.ttc": f"/fonts/NotoSerifCJK-{weight}.ttc" for weight in fonts.WEIGHTS}
    for form, letters in (("SC", ("李小", "李小龙喆")), ("KR", ("김민", "김민수金"))):
        for level, text in zip(fonts.LEVELS, letters, strict=True):
            (tmp_path / fonts.listed(form, level)).write_text(text)
            names = (fonts.listed(form, level), *(fonts.smaller(form, level, weight) for weight in fonts.WEIGHTS))
            for name in names[1:]:
                (tmp_path / name).touch()
            files |= {name: str(tmp_path / name) for name in names}
    have(monkeypatch, files)
    return files


@pytest.mark.parametrize(
    ("text", "country", "chosen"),
    [
        ("李小", "", "SC-Level1"),
        ("李小，Ada «—» 2018 → ①", "", "SC-Level1"),
        ("李小龙", "", "SC-Level2"),
        ("李小龙王", "", ""),
        ("李小", "TW", ""),
        ("李さん", "", ""),
        ("김민", "", "KR-Level1"),
        ("김민수 金", "", "KR-Level2"),
        ("김민수 李", "", ""),
    ],
)
def test_a_text_gets_the_smallest_font_that_has_all_its_letters(
    machine: Mapping[str, str], text: str, country: str, chosen: str
) -> None:
    start = f"NotoSerifCJK-{chosen}-" if chosen else "NotoSerifCJK-"
    end = "otf" if chosen else "ttc"
    assert needed(text, country).files == tuple(machine[f"{start}{weight}.{end}"] for weight in fonts.WEIGHTS)


@pytest.mark.parametrize("text", ["李小", "，"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        (fonts.listed("SC", "Level1"), None),
        (fonts.listed("SC", "Level1"), b""),
        (fonts.listed("SC", "Level1"), b"\xe6\x9d\x8e\xe5"),
        (fonts.smaller("SC", "Level1", "Bold"), None),
    ],
)
def test_a_font_that_is_not_whole_is_passed_over(
    machine: Mapping[str, str], text: str, name: str, content: bytes | None
) -> None:
    """Files that went away, or that somebody is making anew, after the process found them."""
    Path(machine[name]).unlink()
    if content is not None:
        Path(machine[name]).write_bytes(content)
    assert needed(text).files == tuple(machine[fonts.smaller("SC", "Level2", weight)] for weight in fonts.WEIGHTS)


def test_a_font_that_the_process_did_not_find_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, machine: Mapping[str, str]
) -> None:
    have(monkeypatch, {name: path for name, path in machine.items() if not name.endswith(".otf")})
    assert needed("李小").files == tuple(machine[f"NotoSerifCJK-{weight}.ttc"] for weight in fonts.WEIGHTS)


@needs_large
def test_fonts_are_made_with_a_list_of_their_letters(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(smaller_fonts, "STANDARDS", {"JP": smaller_fonts.STANDARDS["JP"]})
    assert smaller_fonts.make(tmp_path / "fonts") == 4
    made = {path.name: path for path in (tmp_path / "fonts").iterdir()}
    assert len(made) == 6
    for level, name in enumerate(fonts.LEVELS):
        assert set(made[fonts.listed("JP", name)].read_text()) == smaller_fonts.letters("JP", level)
    have(monkeypatch, {name: str(path) for name, path in made.items()} | LARGE)
    career = {"basics": {"name": "山田太郎", "summary": "決済システムの設計 → ①、「五人」"}}
    small = printing.pdf(career).content
    have(monkeypatch, LARGE)
    assert drawn(small) == drawn(printing.pdf(career).content)
    # 葛城 writes itself with one of two variants of 葛, which the commands that draw it do not tell apart.
    selector, letter = 0xE0100, ord("葛")
    for name in (fonts.smaller("JP", level, weight) for level in fonts.LEVELS for weight in fonts.WEIGHTS):
        face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(made[name]))
        assert selector in face.variation_selectors
        assert letter in face.variation_unicodes(selector)


@needs_large
def test_a_form_that_the_large_ones_lack_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # In a file of five forms the sixth has no letter, as the fifth in a file of four.
    monkeypatch.setattr(smaller_fonts, "STANDARDS", {**dict.fromkeys("12345", NONE), "HK": STANDARDS["HK"]})
    assert smaller_fonts.make(tmp_path / "fonts") == 0
    assert list((tmp_path / "fonts").iterdir()) == []


def test_two_runs_at_once_do_not_write_the_same_part(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "font.otf"
    replace = Path.replace

    def other_run_first(part: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "replace", replace)
        monkeypatch.setattr(os, "getpid", lambda: 0)
        smaller_fonts._write(path, b"other")
        return part.replace(target)

    monkeypatch.setattr(Path, "replace", other_run_first)
    smaller_fonts._write(path, b"own")
    assert path.read_bytes() == b"own"
    assert list(tmp_path.iterdir()) == [path]


def test_a_machine_without_the_large_ones_gets_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    have(monkeypatch, {"NotoSerifCJK-Regular.ttc": "/fonts/NotoSerifCJK-Regular.ttc"})
    assert smaller_fonts.make(tmp_path / "fonts") == 0
    assert list(tmp_path.iterdir()) == []


@needs_smaller
@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("李小龙，负责公司支付系统的设计与开发：“核心”模块…… ★ ① ％", ""),
        ("李小铨 喆 〇", ""),
        ("山田太郎、決済システムの設計。「五人」・チーム ㈱ ｱｲｳ", ""),
        ("김민수 결제 시스템의 설계 뷁 金敏洙 ㈜", ""),
        ("李小瑄，負責公司支付系統的設計", "TW"),
        ("陳大文，負責公司支付系統的設計", "HK"),
    ],
)
def test_a_document_looks_the_same_in_smaller_fonts(monkeypatch: pytest.MonkeyPatch, text: str, country: str) -> None:
    career = {"basics": {"name": text[:4], "summary": text, "location": {"countryCode": country}}}
    small = printing.pdf(career).content
    have(monkeypatch, LARGE)
    assert drawn(small) == drawn(printing.pdf(career).content)


def drawn(pdf: bytes) -> list[tuple[str, bytes]]:
    """What stands on each page, and by which commands it is drawn where; a letter's shape is the fonts' own."""
    found = []
    for page in PdfReader(BytesIO(pdf)).pages:
        contents = page.get_contents()
        assert contents is not None
        found.append((page.extract_text(), contents.get_data()))
    return found
