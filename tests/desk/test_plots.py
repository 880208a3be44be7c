"""Figures as plots: numbers become places, without Django."""

import itertools

import pytest

from profiles.desk.board import plots
from profiles.desk.board.figures import Figure

pytestmark = pytest.mark.pure


def figure(*columns: list[int], names: list[str] | None = None) -> Figure:
    labels = [f"2026-11-{day:02}" for day in range(1, len(columns[0]) + 1)]
    return Figure("key", "Title", "", labels, names or [f"s{n}" for n in range(len(columns))], list(columns))


@pytest.mark.parametrize(
    ("highest", "top"),
    [(0, 2), (1, 2), (2, 2), (3, 4), (5, 6), (7, 8), (9, 10), (10, 10), (11, 20), (401, 600), (10**6 + 1, 2 * 10**6)],
)
def test_the_scale_ends_at_a_round_number_whose_half_is_whole(highest: int, top: int) -> None:
    assert plots.top_of_scale(highest) == top
    assert top % 2 == 0


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (950, "950"),
        (1000, "1k"),
        (1250, "1.2k"),
        (34_567, "34k"),
        (10**6, "1M"),
        (2_500_000, "2.5M"),
        (10**9, "1G"),
    ],
)
def test_numbers_on_the_axis_are_short(number: int, text: str) -> None:
    assert plots.short(number) == text


def test_bars_are_as_high_as_their_numbers_and_stand_on_the_axis() -> None:
    plot = plots.bars(figure([0, 5, 10, 2]))
    full = plots.FLOOR - plots.TOP
    assert [bar.height for bar in plot.bars] == [full / 2, full, round(full / 5, 1)]
    assert {round(bar.y + bar.height, 1) for bar in plot.bars} == {plots.FLOOR}
    assert [bar.title for bar in plot.bars] == ["2026-11-02: 5 s0", "2026-11-03: 10 s0", "2026-11-04: 2 s0"]
    assert [(line.place, line.text) for line in plot.lines] == [
        (plots.FLOOR, "0"),
        (plots.FLOOR - full / 2, "5"),
        (plots.TOP, "10"),
    ]
    assert plot.legend == []
    assert plot.description == "4 bars, from 2026-11-01 to 2026-11-04; the highest is 10 (2026-11-03)."


def test_the_numbers_of_a_row_stand_one_upon_the_other() -> None:
    plot = plots.bars(figure([4, 0], [6, 3]))
    first, second, third = plot.bars
    assert (first.x, first.colour, second.colour, third.colour) == (second.x, 1, 2, 2)
    assert round(second.y + second.height, 1) == first.y
    assert second.y == plots.TOP
    assert round(third.y + third.height, 1) == plots.FLOOR
    assert plot.legend == [(1, "s0"), (2, "s1")]


@pytest.mark.parametrize("count", [1, 2, 7, 11, 14, 30, 365])
def test_everything_lies_inside_and_labels_do_not_run_into_each_other(count: int) -> None:
    plot = plots.bars(figure([number % 7 for number in range(count)][:30] or [0]))
    for bar in plot.bars:
        assert plots.LEFT <= bar.x < bar.x + bar.width <= plots.WIDTH
        assert 0 <= bar.y < bar.y + bar.height <= plots.FLOOR + 0.1
    for left, right in itertools.pairwise(sorted(plot.bars)):
        assert left.x + left.width <= right.x
    assert 1 <= len(plot.labels) <= plots.MAX_LABELS
    assert plot.labels[-1].text == f"11-{min(count, 30):02}"
    assert all(plots.LEFT / 2 < mark.place <= plots.WIDTH - len(mark.text) * plots.LETTER / 2 for mark in plot.labels)
    assert all(right.place - left.place >= 30 for left, right in itertools.pairwise(plot.labels))


def test_more_series_than_colours_share_the_last() -> None:
    plot = plots.bars(figure(*[[number] for number in (9, 8, 7, 6, 5, 4)], names=list("abcdef")))
    assert plot.legend == [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "others")]
    assert plot.bars[-1].title == "2026-11-01: 9 others"


def test_nothing_is_said_plainly() -> None:
    plot = plots.bars(figure([0, 0]))
    assert (plot.bars, plot.description) == ([], "All numbers are 0.")
    assert [line.text for line in plot.lines] == ["0", "1", "2"]
    assert plots.bars(Figure("key", "Title", "", [], ["s"], [[]])).labels == []


def test_labels_that_are_no_days_stay_as_they_are() -> None:
    plot = plots.bars(Figure.of_one("key", "Title", "", "people", {"in a day": 1, "90–100": 2, "2026-11": 3}))
    assert [label.text for label in plot.labels] == ["in a day", "90–100", "2026-11"]
