"""Plots a figure: computes the bars of an SVG element. The style sheet chooses the colours.

A plot is as wide as a phone, so that its letters stay readable there; it is never drawn much larger.
"""

import itertools
import math
from typing import NamedTuple

from profiles.desk.board.figures import Figure

WIDTH, HEIGHT = 320, 170
LEFT, RIGHT, TOP, BOTTOM = 36, 6, 10, 22
FLOOR = HEIGHT - BOTTOM
# The share of its slot that a bar fills.
FILLED = 0.76
# More labels than this would overlap.
MAX_LABELS = 6
# About how wide a letter is.
LETTER = 7
# The number of series with a colour of their own; further ones are added up in the last.
MAX_SERIES = 5
OTHERS = "others"


class Bar(NamedTuple):
    """A rectangle; `colour` is the number of its series, `title` what it says when it is pointed at."""

    x: float
    y: float
    width: float
    height: float
    colour: int
    title: str


class Mark(NamedTuple):
    """A text at a place of an axis."""

    place: float
    text: str


class Plot(NamedTuple):
    """All that an SVG element of WIDTH × HEIGHT shows."""

    description: str
    bars: list[Bar]
    lines: list[Mark]
    labels: list[Mark]
    # Number and name of each colour, where there is more than one.
    legend: list[tuple[int, str]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    floor: int = FLOOR


def top_of_scale(highest: int) -> int:
    """The smallest of 2, 4, 6, 8, 10, 20, 40 … that is not less, so that its half is a whole number too."""
    steps = (int(step * 10**power) for power in itertools.count() for step in (2, 4, 6, 8, 10))
    return next(step for step in steps if step >= highest)


def short(number: int) -> str:
    """The number in at most five characters: 950, 1.2k, 34k, 1M."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            tenths = number * 10 // size
            return f"{tenths / 10:g}{letter}" if tenths < 100 else f"{number // size}{letter}"  # noqa: PLR2004  # 10
    return str(number)


def grouped(figure: Figure) -> Figure:
    """The figure with as many series as there are colours."""
    if len(figure.series) <= MAX_SERIES:
        return figure
    kept = MAX_SERIES - 1
    rest = [sum(column) for column in zip(*figure.values[kept:], strict=True)]
    return figure._replace(series=[*figure.series[:kept], OTHERS], values=[*figure.values[:kept], rest])


def bars(figure: Figure) -> Plot:
    """The figure as stacked columns."""
    shown = grouped(figure)
    sums = shown.sums()
    top = top_of_scale(max(sums, default=0))
    slot = (WIDTH - LEFT - RIGHT) / max(1, len(shown.labels))
    drawn: list[Bar] = []
    for place, (label, row) in enumerate(shown.rows()):
        base = 0
        for colour, (name, number) in enumerate(zip(shown.series, row, strict=True), 1):
            if number:
                x = LEFT + slot * (place + (1 - FILLED) / 2)
                height = _height(number, top)
                title = f"{label}: {number:,} {name}"
                y = FLOOR - _height(base, top) - height
                drawn.append(Bar(round(x, 1), round(y, 1), round(slot * FILLED, 1), round(height, 1), colour, title))
            base += number
    every = math.ceil(len(shown.labels) / MAX_LABELS) or 1
    labels = [
        _label(LEFT + slot * (place + 0.5), _brief(label))
        for place, label in enumerate(shown.labels)
        # Counted from the last, which is today or the highest.
        if (len(shown.labels) - 1 - place) % every == 0
    ]
    lines = [Mark(round(FLOOR - _height(number, top), 1), short(number)) for number in (0, top // 2, top)]
    legend = list(enumerate(shown.series, 1)) if len(shown.series) > 1 else []
    return Plot(describe(shown), drawn, lines, labels, legend)


def describe(figure: Figure) -> str:
    """Describes the plot in a sentence, for screen readers. The table has the numbers."""
    sums = figure.sums()
    if not any(sums):
        return "All numbers are 0."
    highest = max(sums)
    where = figure.labels[sums.index(highest)]
    return f"{len(sums)} bars, from {figure.labels[0]} to {figure.labels[-1]}; the highest is {highest:,} ({where})."


def _height(number: int, top: int) -> float:
    return (FLOOR - TOP) * number / top


def _label(place: float, text: str) -> Mark:
    """The text below the middle of its bar, or as near as it fits."""
    return Mark(round(min(place, WIDTH - LETTER * len(text) / 2), 1), text)


def _brief(label: str) -> str:
    """Of a date the day and month only."""
    year, *rest = label.split("-")
    return "-".join(rest) if year.isdigit() and len(rest) == len(("month", "day")) else label
