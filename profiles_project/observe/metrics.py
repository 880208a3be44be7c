"""What the service counts about itself (contract 6). What is switched off is neither counted nor even imported."""

import importlib

from django.conf import settings


class Recorder:
    """What code tells of itself; this one forgets it, which is all there is while metrics are off."""

    def request_began(self) -> None:
        """A request is being answered; `request_left` follows, whatever becomes of it."""

    def request_answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """It was answered. `method` and `route` are words of ours, never what a client has sent."""

    def request_left(self) -> None:
        """It is being answered no more."""

    def connection_opened(self, connection: object) -> None:
        """A connection to the database is there."""

    def connection_closed(self, connection: object) -> None:
        """It is given up."""

    def connection_failed(self) -> None:
        """The database could not be reached."""

    def cache_read(self, kind: str, *, hit: bool) -> None:
        """A rendered document of a kind was looked for in the cache."""

    def breaker_turned(self, *, is_open: bool) -> None:
        """The cache's breaker has opened or closed."""

    def rate_limited(self, scope: str) -> None:
        """Somebody has asked too often."""


_recorder = Recorder()


def recorder() -> Recorder:
    """The one of this process."""
    return _recorder


def use(new: Recorder) -> Recorder:
    """From now on this is the one; returns the one before."""
    global _recorder  # one a process, as a logger's configuration is
    before, _recorder = _recorder, new
    return before


def start() -> None:
    """Called where a web process begins: count from now on, if the settings say so."""
    if settings.METRICS_TOKEN or settings.METRICS_PORT:
        # By its name, since what it imports costs memory that nobody should pay who has no metrics.
        use(importlib.import_module("profiles_project.observe.prometheus").PrometheusRecorder())
