"""How well a language is spoken, in the words of many languages and on the scales that people use."""

import pytest
from hypothesis import given, strategies as st

from profiles.models import Language
from profiles.portability.levels import BASIC, CONVERSATIONAL, FLUENT, NATIVE, read

pytestmark = pytest.mark.pure

MEANT = {
    NATIVE: (
        *("native", "Native speaker", "Mother tongue", "Muttersprachler", "Muttersprache", "母语", "母国語", "원어민"),
        *("Natif", "Langue maternelle", "Nativo", "Lengua materna", "Madrelingua", "Língua materna", "Moedertaal"),
        *("Ojczysty", "Modersmål", "Äidinkieli", "Mateřský jazyk", "Anyanyelv", "Anadil", "Родной", "Рідна"),
        *("Μητρική", "Bahasa ibu", "Tiếng mẹ đẻ", "اللغة الأم", "שפת אם", "मातृभाषा", "ภาษาแม่", "ネイティブ"),
        *("Native or bilingual proficiency", "Bilingüe", "Bilingue", "C2 / native"),
    ),
    FLUENT: (
        *("Fluent", "Full professional proficiency", "C1", "C2", "Level C1 (Goethe)", "Fließend", "Verhandlungssicher"),
        *("Courant", "Compétence professionnelle complète", "Avanzado", "Fluente", "Ottimo", "Vloeiend", "Biegły"),
        *(
            "Flytande",
            "Sujuva",
            "Свободно",
            "Вільно",
            "Akıcı",
            "流利",
            "유창",
            "80 %",
            "100%",
            "4/5",
            "JLPT N1",
            "HSK 5",
        ),
        *("near-native", "Advanced", "Very good", "מתקדם", "متقدم"),
    ),
    CONVERSATIONAL: (
        *("Conversational", "Professional working proficiency", "B1", "B2", "b2+", "Intermediate", "Good", "Gut"),
        *("Intermédiaire", "Intermedio", "Intermediário", "Buono", "Średniozaawansowany", "Средний", "Orta", "中级"),
        *("日常会話", "중급", "50 %", "3/5", "N2", "HSK 4", "Business level"),
    ),
    BASIC: (
        *(
            "Basic",
            "Elementary proficiency",
            "Limited working proficiency",
            "A1",
            "A2",
            "Grundkenntnisse",
            "Élémentaire",
        ),
        *("Débutant", "Básico", "Elementare", "Basis", "Podstawowy", "Базовый", "Temel", "初级", "초급", "20%", "1/5"),
        *("Some", "N5", "HSK 2", "בסיסית", "مبتدئ"),
    ),
}


@pytest.mark.parametrize(("level", "text"), [(level, text) for level, texts in MEANT.items() for text in texts])
def test_a_level_is_known_by_its_words(level: str, text: str) -> None:
    assert read(text) == level
    assert read(f" {text.upper()} ") == level


@pytest.mark.parametrize("text", ["", "as Cicero", "150 %", "7/5", "Latin", "2018", "x" * 100_000])
def test_what_says_no_level_is_none(text: str) -> None:
    assert read(text) == ""


@given(st.text(max_size=300))
def test_whatever_comes_is_one_of_ours_or_none(text: str) -> None:
    assert read(text) in {"", *Language.Proficiency.values}


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("not fluent", ""),
        ("nicht fließend, aber gut", CONVERSATIONAL),
        ("pas très courant", ""),
        ("no fluido", ""),
        ("non-native, fluent", FLUENT),
        ("not yet conversational, basic", BASIC),
        ("不流利", ""),
        ("не свободно", ""),
    ],
)
def test_a_word_that_is_denied_says_nothing(text: str, level: str) -> None:
    assert read(text) == level


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("native (no accent)", NATIVE),
        ("Muttersprache, kein Zertifikat", NATIVE),
        ("not only fluent but native", NATIVE),
        ("keine Muttersprache", ""),
        ("nicht meine Muttersprache", ""),
        ("isn't native", ""),
        ("не родной", ""),
        ("不是母语", ""),
        ("非母语", ""),
    ],
)
def test_a_mother_tongue_is_one_unless_that_is_denied(text: str, level: str) -> None:
    assert read(text) == level
