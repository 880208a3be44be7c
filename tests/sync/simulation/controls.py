"""Devices that each do one thing wrong, so that the simulation must find what they lose."""

import time
from collections.abc import Callable
from typing import ClassVar

from tests.sync.simulation.devices import Change, Key, PlainDevice, Values


class ByTime(PlainDevice):
    """Asks for what was changed after its last pull, by its clock, as services do that keep times and no versions.

    `times` gives the seconds at which the service says that each version was made.
    """

    times: ClassVar[Callable[[str], dict[int, float]]]

    def open(self, url: str, token: str, profile: str) -> None:
        super().open(url, token, profile)
        self.profile = profile
        super().pull()
        self.first, self.asked_at = self.state, time.time() + self.clock

    def pull(self) -> None:
        asked_at = time.time() + self.clock
        self.state = self.first
        super().pull()
        self.asked_at = asked_at

    def read(self, page: Values) -> None:
        if not hasattr(self, "asked_at"):
            super().read(page)
            return
        made = type(self).times(self.profile)
        newer = {
            name: [each for each in page[name] if made.get(each["version"], 0) > self.asked_at]
            for name in ("changed", "deleted")
        }
        # What is told from the beginning is no new beginning.
        super().read({**page, **newer, "full": False})


class WithoutEcho(PlainDevice):
    """Takes what was typed for what is stored, and passes over the pull that says otherwise."""

    def keep(self, key: Key, result: Values) -> None:
        typed = self.typed.pop(key, None)
        if typed and typed.set is not None and result["status"] != "conflict":
            before = self.stored.get(key, (0, {}))[1]
            self.stored[key] = result["version"], {**before, **typed.set}
        else:
            super().keep(key, result)

    def take(self, change: Change, result: Values, tag: str) -> None:
        self.typed = {change.key: change}
        super().take(change, result, tag)

    def read(self, page: Values) -> None:
        known = {key: version for key, (version, _) in self.stored.items()}
        news = [each for each in page["changed"] if each["version"] > known.get((each["kind"], each["id"]), 0)]
        super().read({**page, "changed": news})


class LastWriter(PlainDevice):
    """Sends whole items, each as a change of whatever is stored by then."""

    def push(self) -> None:
        _, page, _ = self.send("GET", "?limit=1000")
        now = {(each["kind"], each["id"]): each["version"] for each in page["changed"]}
        for change in self.unanswered:
            change.base = now.get(change.key, 0)
            if change.set is not None and change.key in self.stored:
                whole = {**self.stored[change.key][1], **change.set}
                change.set = {name: value for name, value in whole.items() if name not in {"id", "version", "details"}}
        super().push()


# By what they do wrong. Each must be found out.
CONTROLS: dict[str, Callable[[int, float], PlainDevice]] = {
    "control: by time": ByTime,
    "control: by time, all clocks right": lambda seed, _clock: ByTime(seed, 0.0),
    "control: without echo": WithoutEcho,
    "control: last writer": LastWriter,
}
