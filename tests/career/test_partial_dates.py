"""Partial dates: what is accepted, which days they may mean, and when a range can't be right."""

from calendar import isleap
from datetime import date

import pytest
from hypothesis import given, strategies as st

from profiles.partial_dates import earliest, ends_before, latest, parse
from profiles_project.words.wording import worded

pytestmark = pytest.mark.pure

days = st.dates(min_value=date(1000, 1, 1))
partial_dates = st.builds(lambda day, length: day.isoformat()[:length], days, st.sampled_from([4, 7, 10]))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str]:
    """Two partial dates, often close to each other, where comparisons go wrong."""
    near = st.dates(min_value=date(1999, 11, 29), max_value=date(2001, 2, 2))
    lengths = st.sampled_from([4, 7, 10])
    day = st.one_of(near, days)
    return draw(day).isoformat()[: draw(lengths)], draw(day).isoformat()[: draw(lengths)]


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2021", "2021"),
        ("2021-03", "2021-03"),
        ("2021-03-15", "2021-03-15"),
        ("  2021-03\n", "2021-03"),
        ("2024-02-29", "2024-02-29"),
        ("1000", "1000"),
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_a_partial_date_is_kept_with_its_precision(text: str, canonical: str) -> None:
    assert parse(text) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "21",
        "999",
        "0999",
        "0000-01-01",
        "12021",
        "2021-",
        "2021-3",
        "2021-03-",
        "2021-03-5",
        "2021/03/15",
        "2021 - 03",
        "20210315",
        "202103",
        "2021-W01",
        "2021-W01-1",
        "2021-03-15T00:00:00Z",
        "2021-03\n2021",
        "-2021",
        "+2021",
        "March 2021",
        "\u0662\u0660\u0662\u0661",
        "2021-\u0660\u0663",
        "\uff12\uff10\uff12\uff11-\uff10\uff13",
        "present",
        "2" * 100_000,
    ],
)
def test_another_form_is_refused_with_the_right_ones(text: str) -> None:
    with pytest.raises(ValueError, match=r"^Give a date as .* 2021, 2021-03 or 2021-03-15\.$"):
        parse(text)


@pytest.mark.parametrize("text", ["2021-00", "2021-13", "2021-02-29", "1900-02-29", "2021-04-31", "2021-01-00"])
def test_a_day_that_no_calendar_has_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match=r"^There is no such date") as refused:
        parse(text)
    assert worded(str(refused.value)) == f"There is no such date as {text}."


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2021", date(2021, 1, 1), date(2021, 12, 31)),
        ("2021-04", date(2021, 4, 1), date(2021, 4, 30)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("1900-02", date(1900, 2, 1), date(1900, 2, 28)),
        ("2021-12", date(2021, 12, 1), date(2021, 12, 31)),
        ("2021-03-15", date(2021, 3, 15), date(2021, 3, 15)),
        ("9999", date(9999, 1, 1), date(9999, 12, 31)),
    ],
)
def test_the_days_that_a_partial_date_may_mean(text: str, first: date, last: date) -> None:
    assert (earliest(text), latest(text)) == (first, last)


@pytest.mark.parametrize(
    ("end", "start", "impossible"),
    [
        ("2021", "2021-05", False),
        ("2021-05", "2021", False),
        ("2021-05", "2021-05", False),
        ("2021-05", "2021-05-31", False),
        ("2021-04", "2021-05", True),
        ("2021-05-30", "2021-05-31", True),
        ("2020", "2021-01-01", True),
        ("2020-12-31", "2021", True),
        ("2022", "2021-12-31", False),
    ],
)
def test_a_range_is_impossible_only_if_no_reading_of_it_is_right(end: str, start: str, *, impossible: bool) -> None:
    assert ends_before(end, start) is impossible


@given(days)
def test_every_day_is_accepted_in_each_precision(day: date) -> None:
    for text in (day.isoformat(), day.isoformat()[:7], day.isoformat()[:4]):
        assert parse(f" {text}\t") == text
        assert earliest(text) <= day <= latest(text)


@given(partial_dates)
def test_a_partial_date_means_whole_days_months_or_years(text: str) -> None:
    length = (latest(text) - earliest(text)).days + 1
    expected = {4: {365 + isleap(earliest(text).year)}, 7: {28, 29, 30, 31}, 10: {1}}
    assert length in expected[len(text)]


@given(pairs())
def test_comparing_at_the_shorter_length_equals_comparing_days(pair: tuple[str, str]) -> None:
    end, start = pair
    assert ends_before(end, start) is (latest(end) < earliest(start))


@given(pairs())
def test_the_order_of_texts_is_the_order_of_earliest_days(pair: tuple[str, str]) -> None:
    first, second = sorted(pair)
    assert earliest(first) <= earliest(second)


@given(st.text(alphabet="0123456789-W T\u0661", max_size=12) | st.text())
def test_any_other_text_is_refused_with_one_sentence(text: str) -> None:
    try:
        canonical = parse(text)
    except ValueError as error:
        sentence = worded(str(error))
        assert sentence.endswith(".")
        assert "\n" not in sentence
    else:
        assert canonical == text.strip()
        assert latest(canonical).isoformat().startswith(canonical)
