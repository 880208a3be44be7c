"""When two names may be those of one person."""

import pytest

from profiles.portability.persons import full_name, may_be_same

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("given", "family", "name"),
    [
        ("Ines", "Marrow", "Ines Marrow"),
        ("Ines", "", "Ines"),
        ("", "Marrow", "Marrow"),
        ("", "林", "林"),
        ("喆", "林", "林喆"),
        ("𠮷美", "佐々木", "佐々木𠮷美"),
        ("さくら", "山田", "山田さくら"),
        ("エリカ", "松田", "松田エリカ"),
        ("ジョン", "スミス", "ジョン スミス"),
        ("민수", "김", "김민수"),
        ("Minsu", "김", "Minsu 김"),
        ("志明 (Jim)", "陳", "志明 (Jim) 陳"),
    ],
)
def test_a_name_is_put_together_as_its_script_has_it(given: str, family: str, name: str) -> None:
    assert full_name(given, family) == name
    assert may_be_same(full_name(given, family), f"{given} {family}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ines Marrow", "Ines Marrow"),
        ("Ines Marrow", "INES  marrow"),
        ("Ines Marrow", "Inés Márrow"),
        ("Ines Marrow", "Marrow, Ines"),
        ("Ines Marrow", "Dr. Ines Marrow, PhD"),
        ("Ines Marrow", "Ines"),
        ("Ines Maria Marrow", "Ines M. Marrow"),
        ("I. Marrow", "Ines Marrow"),
        ("Anne-Marie Groß", "Annemarie Gross"),
        ("Jürgen Müller", "Juergen Mueller"),
        ("Jürgen Müller", "Jurgen Muller"),
        ("Ju\u0308rgen Müller", "Juergen Müller"),
        ("Søren Łukasz", "Soren Lukasz"),
        ("Søren Kierkegård", "Soeren Kierkegaard"),
        ("小明 王", "王小明"),
        ("O'Neill Shea", "Shea O’Neill"),
        ("Ines Marrow", "12345"),
        ("Ines Marrow", ""),
    ],
)
def test_spellings_of_a_name_are_one_persons(one: str, other: str) -> None:
    assert may_be_same(one, other)
    assert may_be_same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ines Marrow", "Mary"),
        ("Ines Marrow", "Ines Telling"),
        ("Ines Marrow", "Inessa Marrow"),
        ("Ines Marrow", "I. M."),
        ("Ines Marrow", "I. Telling"),
        ("Jan Jansen", "Jan Jan"),
        ("Анна Иванова", "Bob Stone"),
        ("王小明", "李小龙"),
    ],
)
def test_other_names_are_another_persons(one: str, other: str) -> None:
    assert not may_be_same(one, other)
    assert not may_be_same(other, one)


def test_a_name_without_end_takes_no_time() -> None:
    assert not may_be_same("a\u0300" * 10**6, "b" * 10**6)
