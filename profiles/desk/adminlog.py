"""Logs what staff do in the admin: in Django's log of changes, which outlives accounts, and as log lines."""

import json
from http import HTTPStatus
from typing import Any

from django.contrib.admin.models import LogEntry
from django.http import HttpRequest, HttpResponse

from profiles_project.observe.logs import security_event


class WatchedAdmin:
    """For a ModelAdmin of people's data: each look at a list or a page, and each change, is a line in the log.

    What was searched for is not written, since it is mostly a name or an address. Django's own log of changes tells a
    row by its id and never by a name, so that erasing an account leaves none.
    """

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the list, and log that it was shown."""
        response: HttpResponse = super().changelist_view(request, *args, **kwargs)  # type: ignore[misc]  # of a ModelAdmin
        if response.status_code == HTTPStatus.OK:
            self._note("admin_search" if request.GET.get("q") else "admin_list", request)
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Render the page of a row, which Django has found and allowed, and log it."""
        if obj is not None:
            self.log_opened(request, obj.pk)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)  # type: ignore[misc,no-any-return]  # as above

    def log_opened(self, request: HttpRequest, key: object) -> None:
        """Log that a page about a row was shown."""
        self._note("admin_view", request, key)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        self._note("admin_change", request, obj.pk, added=True)
        return _nameless(super().log_addition(request, obj, message))  # type: ignore[misc]  # of a ModelAdmin

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        self._note("admin_change", request, obj.pk)
        return _nameless(super().log_change(request, obj, message))  # type: ignore[misc]  # of a ModelAdmin

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        rows = list(queryset)
        for row in rows:
            self._note("admin_delete", request, row.pk)
        return [_nameless(entry) for entry in super().log_deletions(request, rows)]  # type: ignore[misc]  # of a ModelAdmin

    def _note(self, event: str, request: HttpRequest, key: object = None, *, added: bool | None = None) -> None:
        kind = self.opts.label_lower  # type: ignore[attr-defined]  # of a ModelAdmin
        security_event(event, staff=request.user.pk, kind=kind, object=key, added=added)


def _nameless(entry: LogEntry) -> LogEntry:
    entry.object_repr = str(entry.object_id)
    steps = json.loads(entry.change_message) if entry.change_message.startswith("[") else []
    # Each entry is a change of the row itself, or of a named inline object.
    for what in (what for step in steps for what in step.values() if "object" in what):
        what["object"] = "…"
    entry.change_message = json.dumps(steps)
    entry.save(update_fields=["object_repr", "change_message"])
    return entry
