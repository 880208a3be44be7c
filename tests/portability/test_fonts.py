"""Fonts of printed careers: which ones a document gets, and what is said of a script that has none."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from profiles.models import Profile
from profiles.portability import printing
from profiles.portability.printed import fonts
from profiles.portability.printed.fonts import needed, scripts_of
from tests.portability.test_exports import export
from tests.support.client import ApiClient
from tests.support.factories import make_profile
from tests.support.jobs import ASYNC, filed, run, shown
from users.models import User

FILES = {
    name: f"/fonts/{name}"
    for name in (
        *("NotoSerifCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc", "NotoNaskhArabic-Regular.ttf", "NotoColorEmoji.ttf"),
        *("NotoSerifThai-Regular.ttf", "NotoSansOriya-Regular.ttf", "NotoSerifTibetan-Bold.ttf"),
    )
}
# `make install` and the image bring them.
HAS_NOTO = {"NotoSerifCJK-Regular.ttc", "NotoSerifThai-Regular.ttf", "NotoColorEmoji.ttf"} <= fonts.noto().keys()


def have(monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str]) -> None:
    """Make this the machine's fonts."""
    monkeypatch.setattr(fonts, "noto", lambda: files)


@pytest.mark.pure
@pytest.mark.parametrize(
    ("text", "scripts"),
    [
        ("Ada Björk, Łódź, Ωμέγα, Мария, דנה — “€5” → ∞ ½ ™ ℝ 𝒜 ①", []),
        ("李小龍", ["Chinese"]),
        ("李さん", ["Chinese", "Japanese"]),
        ("김민수", ["Korean"]),
        ("عمر الخيام", ["Arabic"]),
        ("नमस्ते", ["Devanagari"]),
        ("สวัสดี", ["Thai"]),
        ("done ✅ 🎉", ["Emoji"]),
        ("தமிழ் ქართული", ["Georgian", "Tamil"]),
        ("\ufffe\U0010ffff\u0301", []),
    ],
)
def test_a_text_needs_fonts_for_its_scripts(text: str, scripts: list[str]) -> None:
    assert scripts_of(text) == scripts


@pytest.mark.pure
@pytest.mark.parametrize(
    ("text", "country", "families", "missing"),
    [
        ("Ada", "", [], []),
        ("李", "", ["Noto Serif CJK SC"], []),
        ("李", "TW", ["Noto Serif CJK TC"], []),
        ("李", "HK", ["Noto Serif CJK HK"], []),
        ("李さん", "TW", ["Noto Serif CJK JP"], []),
        ("김", "", ["Noto Serif CJK KR"], []),
        ("ไทย عمر 🎉", "", ["Noto Naskh Arabic", "Noto Color Emoji", "Noto Serif Thai"], []),
        ("ଓଡ଼ିଆ", "", ["Noto Sans Oriya"], []),
        ("བོད", "", ["Noto Serif Tibetan"], []),
        ("தமிழ் ไทย", "", ["Noto Serif Thai"], ["Tamil"]),
    ],
)
def test_a_document_gets_the_fonts_of_its_scripts(
    monkeypatch: pytest.MonkeyPatch, text: str, country: str, families: list[str], missing: list[str]
) -> None:
    have(monkeypatch, FILES)
    found = needed(text, country)
    assert (list(found.families), list(found.missing)) == (families, missing)
    assert set(found.files) <= set(FILES.values())


@pytest.mark.pure
@pytest.mark.skipif(not HAS_NOTO, reason="there are no Noto fonts on this machine")
@pytest.mark.parametrize(
    ("name", "font"),
    [
        ("李小龍", "CJKsc"),
        ("さくら", "CJKjp"),
        ("김민수", "CJKkr"),
        ("عمر", "NaskhArabic"),
        ("नमस्ते", "Devanagari"),
        ("สวัสดี", "Thai"),
        ("🎉", "Emoji"),
        ("דנה", "Libertinus"),
    ],
)
def test_a_pdf_is_set_in_the_fonts_of_its_scripts(name: str, font: str) -> None:
    printed = printing.pdf({"basics": {"name": name}})
    assert printed.missing == ()
    resources: Any = PdfReader(BytesIO(printed.content)).pages[0]["/Resources"]
    used = " ".join(str(each.get_object().get("/BaseFont", "Emoji")) for each in resources["/Font"].values())
    assert font in used.replace("-", "") or font.lower() in used.replace("-", "").lower()


@pytest.mark.pure
def test_fonts_are_found_by_their_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "NotoSansThai-Regular.ttf").touch()
    (tmp_path / "Other.ttf").touch()
    monkeypatch.setattr(fonts, "FOLDERS", (str(tmp_path), str(tmp_path / "nowhere")))
    found = fonts.noto.__wrapped__()
    assert found == {"NotoSansThai-Regular.ttf": str(tmp_path / "deep" / "NotoSansThai-Regular.ttf")}


@pytest.fixture
def profile(user: User) -> Profile:
    return make_profile(user, 1, full_name="Ada 李 தமிழ்")


@pytest.mark.django_db
def test_an_answer_says_for_which_scripts_there_is_no_font(
    api: ApiClient, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    have(monkeypatch, {})
    assert export(api, profile, format="pdf")["Missing-Fonts"] == "Chinese, Tamil"
    for name in ("html", "markdown", "json-resume"):
        assert "Missing-Fonts" not in export(api, profile, format=name)
    Profile.objects.filter(pk=profile.pk).update(full_name="Ada", version=2)
    assert "Missing-Fonts" not in export(api, profile, format="pdf")


@pytest.mark.django_db
def test_a_job_says_it_in_words_of_the_reader(
    api: ApiClient, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    have(monkeypatch, {})
    job = filed(api.get(f"/api/v1/profiles/{profile.pk}/export", query={"format": "pdf"}, headers=ASYNC))
    run(job)
    told = shown(api, job)["result"]["warnings"]
    assert told[1] == "There is no font for Tamil here; its letters may be shown as boxes."
    german = api.get(f"/api/v1/jobs/{job.pk}", headers={"Accept-Language": "de"}).json()["result"]["warnings"]
    assert len(german) == 2
    assert german[1].startswith("Für die Schrift «Tamil» ")
    plain = filed(api.get(f"/api/v1/profiles/{profile.pk}/export", query={"format": "html"}, headers=ASYNC))
    run(plain)
    assert "warnings" not in shown(api, plain)["result"]
