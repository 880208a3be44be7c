"""The memory budget of request bodies."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class Holding:
    """The bytes that one request of a sender holds; `give_up` frees them where others need the room."""

    sender: str
    give_up: Callable[[], object]
    size: int = 0
    is_lost: bool = False


class Budget:
    """At most `most` bytes for all; where they run out, the sender that holds the most loses its largest holding.

    For one thread only, that of the event loop.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.total = 0
        self._by_sender: Counter[str] = Counter()
        self._holdings: set[Holding] = set()

    def take(self, holding: Holding, size: int) -> None:
        """Count more bytes for a holding, and make room for them."""
        if holding.is_lost:
            return
        self._holdings.add(holding)
        self._count(holding, size)
        while self.total > self.most:
            [(sender, _)] = self._by_sender.most_common(1)
            largest = max((one for one in self._holdings if one.sender == sender), key=lambda one: one.size)
            self.release(largest)
            largest.is_lost = True
            largest.give_up()

    def release(self, holding: Holding) -> None:
        """Stop counting a holding; a second time changes nothing."""
        if holding in self._holdings:
            self._holdings.remove(holding)
            self._count(holding, -holding.size)

    def _count(self, holding: Holding, size: int) -> None:
        holding.size += size
        self.total += size
        self._by_sender[holding.sender] += size
        if not self._by_sender[holding.sender]:
            del self._by_sender[holding.sender]
