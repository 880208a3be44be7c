"""What a figure of the dashboard is: numbers by label and series, without Django."""

from typing import Any, NamedTuple, Self


class Figure(NamedTuple):
    """A table of whole numbers: a row for each label, a column for each series.

    `values` has one list for each series, with a number for each label.
    """

    key: str
    title: str
    note: str
    labels: list[str]
    series: list[str]
    values: list[list[int]]

    @classmethod
    def of_one(cls, key: str, title: str, note: str, series: str, numbers: dict[str, int]) -> Self:
        """A figure of one series."""
        return cls(key, title, note, list(numbers), [series], [list(numbers.values())])

    def rows(self) -> list[tuple[str, list[int]]]:
        """Each label with the numbers of its row."""
        return [(label, [column[place] for column in self.values]) for place, label in enumerate(self.labels)]

    def sums(self) -> list[int]:
        """The sum of each row."""
        return [sum(row) for _, row in self.rows()]

    def plain(self) -> dict[str, Any]:
        """As JSON has it; `Figure(**plain)` is the figure again."""
        return self._asdict()
