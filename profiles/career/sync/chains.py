"""Which changes of a push were stored before: a client that got no answer sends them again, with newer ones behind.

Pure. The changes that a client has made of one item are a chain, each made on top of those before it. Revisions that
stored some of them stand in the log in the same order. So a change is looked for behind the one before it: who goes
back to an earlier value has made a new change.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from profiles.career.sync.threeway import merge, merge_order
from profiles_project.equality import is_same

Members = Mapping[str, Any]
# At most so much is tried out in a push. What is not found to be stored is merged, which loses nothing.
MOST_TRIED = 20_000


@dataclass(frozen=True)
class Step:
    """A revision that changed an item, from what it was before to what it was after; None where it was not there."""

    version: int
    before: Any
    after: Any


class Shape(Protocol):
    """What a kind of item says of its members; kinds.py has these methods."""

    def text_key(self, text: str) -> str: ...
    def filled(self, members: Members, names: Iterable[str]) -> Members: ...
    def settled(self, members: Members) -> Members: ...


class Link(ABC):
    """A change of a chain: its `place` in the push, and the version that it was made from."""

    place: int
    base: int

    @property
    def cost(self) -> int:
        """What it takes to try it out, beside a change of one member."""
        return 1

    @abstractmethod
    def follow(self, trial: "Trial") -> bool:
        """Make the change on top of what is tried out, and say whether the step may have stored all that was made."""


@dataclass
class Trial:
    """The changes that are tried out as those that a step has stored: what they make of an item, of which members."""

    step: Step
    state: Any = None
    names: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.state = self.step.before


@dataclass
class Setting(Link):
    """Members that were set, or a deletion where there are none (`yours`); `seen` is what the client had before."""

    place: int
    base: int
    seen: Members | None
    yours: Members | None
    kind: Shape

    def follow(self, trial: Trial) -> bool:
        step = trial.step
        if self.yours is None:
            trial.state, trial.names = None, set()
            return step.after is None and step.before is not None
        before = self.kind.filled(trial.state or {}, self.yours)
        made = merge(self.seen, self.yours, before, take_mine=True, key=self.kind.text_key)
        trial.state = self.kind.settled({**before, **made.values})
        trial.names |= self.yours.keys()
        if step.after is None:
            return False
        is_new = step.before is None or _differ(trial.names, step.before, trial.state)
        return is_new and not _differ(trial.names, trial.state, step.after)


@dataclass
class Ordering(Link):
    """The order that a client `wanted`; `seen` is the one that it had before, None where nobody knows."""

    place: int
    base: int
    seen: Sequence[str] | None
    wanted: Sequence[str]

    @property
    def cost(self) -> int:
        return 1 + len(self.wanted) // 20

    def follow(self, trial: Trial) -> bool:
        named = set(self.wanted)
        before, after = ([pk for pk in ids if pk in named] for ids in (trial.step.before, trial.step.after))
        return before != after and merge_order(self.seen, self.wanted, trial.step.after) == trial.step.after


def _differ(names: set[str], one: Members, other: Members) -> bool:
    return any(not is_same(one.get(name), other.get(name)) for name in names)


class Budget:
    """How much may still be tried out."""

    def __init__(self) -> None:
        self.left = MOST_TRIED

    def spend(self, cost: int) -> bool:
        """Whether one more may be, at this cost."""
        self.left -= cost
        return self.left >= 0


def stored_before(chain: Sequence[Link], steps: Sequence[Step], budget: Budget) -> dict[int, int]:
    """Which changes of a chain the steps, the oldest first, have stored: by place the version that did it.

    One revision may have stored several of them.
    """
    found: dict[int, int] = {}
    at = start = 0
    while start < len(chain):
        for number in range(at, len(steps)):
            if count := _explained(chain[start:], steps[number], budget):
                found |= {link.place: steps[number].version for link in chain[start : start + count]}
                at, start = number + 1, start + count
                break
        else:
            start += 1
    return found


def _explained(chain: Sequence[Link], step: Step, budget: Budget) -> int:
    """How many changes at the beginning of a chain a step has stored: as few as may be, and what follows at once."""
    trial, count = Trial(step), 0
    for number, link in enumerate(chain, 1):
        if step.version <= link.base or not budget.spend(link.cost):
            break
        if link.follow(trial):
            count = number
        elif count:
            break
    return count
