"""The admin's log of changes, which outlives the people whose data were changed."""

import json
from typing import Any

from django.contrib.admin.models import LogEntry
from django.http import HttpRequest


class NamelessLog:
    """For a ModelAdmin: its log tells a row by its id and never by a name or address, so that erasing leaves none."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        return _nameless(super().log_addition(request, obj, message))  # type: ignore[misc]  # of a ModelAdmin

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        return _nameless(super().log_change(request, obj, message))  # type: ignore[misc]  # of a ModelAdmin


def _nameless(entry: LogEntry) -> LogEntry:
    entry.object_repr = str(entry.object_id)
    steps = json.loads(entry.change_message) if entry.change_message.startswith("[") else []
    # Each step says what was done to the row itself, or to the named object of an inline.
    for what in (what for step in steps for what in step.values() if "object" in what):
        what["object"] = "…"
    entry.change_message = json.dumps(steps)
    entry.save(update_fields=["object_repr", "change_message"])
    return entry
