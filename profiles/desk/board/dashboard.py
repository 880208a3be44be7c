"""The figures on the admin's front page: counted in seven statements and cached for a minute."""

import datetime as dt
import json
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.db.models import Count, Max, Min, Model, Q
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils.timesince import timesince

from profiles.desk.board import plots
from profiles.desk.board.figures import Figure
from profiles.models import Job, Profile
from profiles_project.api import ratelimit
from profiles_project.caching import sealed
from profiles_project.database import clock
from users.models import Mail, Session, User

CACHE_KEY = "desk:dashboard"
KEEP_SECONDS = 60
REGISTRATION_DAYS = 30
REFUSAL_DAYS = 14
JOB_DAYS = 7
MAIL_DAYS = 7
ACTIVE = {"in a day": 1, "in 7 days": 7, "in 30 days": 30}
NOT_SCORED = "none"
BUCKET = 10


class Cell(NamedTuple):
    """A heading of a table's row or column, with the address of the list that it stands for, if any."""

    text: str
    url: str


class Panel(NamedTuple):
    """A figure as a page shows it: plotted, and as a table."""

    figure: Figure
    plot: plots.Plot
    heads: list[Cell]
    rows: list[tuple[Cell, list[int]]]


def panels(site: AdminSite, request: HttpRequest) -> list[Panel]:
    """The panels of the front page, with links to the lists that the user may see."""
    return [_panel(figure, site, request) for figure in figures()]


def figures() -> list[Figure]:
    """All figures, at most a minute old."""
    kept = sealed.kept(CACHE_KEY)
    if kept is None:
        kept = json.dumps([figure.plain() for figure in count(clock.now())]).encode()
        sealed.keep(CACHE_KEY, kept, KEEP_SECONDS)
    return [Figure(**plain) for plain in json.loads(kept)]


def count(now: dt.datetime) -> list[Figure]:
    """The figures at this time. Days are those of UTC."""
    return [
        registrations(now),
        active_users(now),
        completeness(),
        refusals(now),
        queue(now),
        ended_jobs(now),
        mails(now),
    ]


def registrations(now: dt.datetime) -> Figure:
    """Accounts by the day on which they were opened."""
    days = _days(now, REGISTRATION_DAYS)
    recent = User.objects.filter(created_at__gte=_midnight(days[0]), created_at__lte=now)
    found = dict(recent.order_by().values_list(_day("created_at")).annotate(rows=Count("*")))
    numbers = {day.isoformat(): found.get(day, 0) for day in days}
    note = f"{sum(numbers.values()):,} in {REGISTRATION_DAYS} days, without accounts that were erased since."
    return Figure.of_one("registrations", "Registrations a day", note, "accounts", numbers)


def active_users(now: dt.datetime) -> Figure:
    """People with a session that was used lately: an app refreshes it about once an hour."""
    starts = {name: now - dt.timedelta(days=days) for name, days in ACTIVE.items()}
    recent = Session.objects.filter(last_used_at__gte=min(starts.values()), last_used_at__lte=now)
    latest = recent.order_by().values("user").annotate(latest=Max("last_used_at"))
    counts = {
        f"since_{place}": Count("user", filter=Q(latest__gte=start)) for place, start in enumerate(starts.values())
    }
    numbers = dict(zip(starts, latest.aggregate(**counts).values(), strict=True))
    return Figure.of_one("active", "Active users", "People whose app used a session.", "people", numbers)


def completeness() -> Figure:
    """Profiles by their score, in tens; 100 is with those from 90."""
    edges = range(0, 100, BUCKET)
    names = {low: f"{low}–{low + BUCKET - 1 if low < edges[-1] else 100}" for low in edges}
    numbers = dict.fromkeys((NOT_SCORED, *names.values()), 0)
    for score, how_many in Profile.objects.order_by().values_list("score").annotate(rows=Count("*")):
        numbers[NOT_SCORED if score is None else names[min(score // BUCKET * BUCKET, edges[-1])]] += how_many
    note = f"{sum(numbers.values()):,} profiles by their score; “{NOT_SCORED}” was not scored yet."
    return Figure.of_one("completeness", "Completeness of profiles", note, "profiles", numbers)


def refusals(now: dt.datetime) -> Figure:
    """Requests over a limit by day and scope; the scopes with most of them first."""
    found = ratelimit.refusals(_days(now, REFUSAL_DAYS))
    totals: dict[str, int] = {}
    for by_scope in found.values():
        for scope, how_many in by_scope.items():
            totals[scope] = totals.get(scope, 0) + how_many
    scopes = sorted(totals, key=lambda scope: (-totals[scope], scope))
    values = [[by_scope.get(scope, 0) for by_scope in found.values()] for scope in scopes]
    note = f"{sum(totals.values()):,} in {REFUSAL_DAYS} days, as far as the cache remembers."
    labels = [day.isoformat() for day in found]
    nothing = [[0] * len(labels)]
    return Figure("refusals", "Requests over limits", note, labels, scopes or ["requests"], values or nothing)


def queue(now: dt.datetime) -> Figure:
    """Jobs that have not ended."""
    # Also filtered by time, since the partial index on time has these rows alone.
    rows = Job.objects.unfinished().filter(finished_at=None).order_by()
    statuses = {str(status.value): Count("pk", filter=Q(status=status)) for status in Job.UNFINISHED}
    found = rows.aggregate(oldest=Min("created_at"), **statuses)
    oldest = found.pop("oldest")
    note = f"The oldest was filed {timesince(oldest, now)} ago." if oldest else "No job waits."
    return Figure.of_one("queue", "Job queue", note, "jobs", found)


def ended_jobs(now: dt.datetime) -> Figure:
    """Jobs by the day of their end, and how they ended."""
    days = _days(now, JOB_DAYS)
    recent = Job.objects.filter(finished_at__gte=_midnight(days[0]), finished_at__lte=now)
    rows = recent.order_by().values_list(_day("finished_at"), "status").annotate(rows=Count("*"))
    found = {(day, status): how_many for day, status, how_many in rows}
    statuses = [str(status.value) for status in Job.Status if status not in Job.UNFINISHED]
    values = [[found.get((day, status), 0) for day in days] for status in statuses]
    failed = sum(values[statuses.index(Job.Status.FAILED)])
    note = f"{sum(map(sum, values)):,} in {JOB_DAYS} days, {failed:,} of them failed."
    return Figure("jobs", "Jobs ended a day", note, [day.isoformat() for day in days], statuses, values)


def mails(now: dt.datetime) -> Figure:
    """Mails that wait, and those of the last days that will not be sent."""
    recent = Mail.objects.filter(created_at__gte=now - dt.timedelta(days=MAIL_DAYS), created_at__lte=now)
    numbers = {
        "waiting": Mail.objects.filter(sent_at=None, problem="").count(),
        "failed": recent.exclude(problem="").count(),
    }
    return Figure.of_one("mails", "Mails", f"Those that failed are of the last {MAIL_DAYS} days.", "mails", numbers)


def _panel(figure: Figure, site: AdminSite, request: HttpRequest) -> Panel:
    def cell(text: str) -> Cell:
        model, query = _list_of(figure.key, text)
        return Cell(text, _address(site, request, model, query) if model else "")

    rows = [(cell(label), numbers) for label, numbers in figure.rows()]
    return Panel(figure, plots.bars(figure), [cell(name) for name in figure.series], rows)


def _list_of(key: str, text: str) -> tuple[type[Model] | None, dict[str, Any]]:
    """The address of the filtered list that shows the rows of a label or a series."""
    if key == "registrations" and text[:1].isdigit():
        start = _midnight(dt.date.fromisoformat(text))
        return User, {"created_at__gte": start, "created_at__lt": start + dt.timedelta(days=1)}
    if key in {"queue", "jobs"} and text in Job.Status.values:
        return Job, {"status__exact": text}
    if key == "completeness" and "–" in text:
        low, high = text.split("–")
        return Profile, {"score__gte": low, "score__lte": high}
    if key == "mails" and text == "waiting":
        return Mail, {"state": "waiting"}
    if key == "mails" and text == "failed":
        return Mail, {"state": "failed"}
    return None, {}


def _address(site: AdminSite, request: HttpRequest, model: type[Model], query: dict[str, Any]) -> str:
    if not site.is_registered(model) or not site.get_model_admin(model).has_view_permission(request):
        return ""
    meta = model._meta
    return f"{reverse(f'admin:{meta.app_label}_{meta.model_name}_changelist')}?{urlencode(query)}"


def _days(now: dt.datetime, how_many: int) -> list[dt.date]:
    """The last days up to today."""
    today = now.astimezone(dt.UTC).date()
    return [today - dt.timedelta(days=back) for back in reversed(range(how_many))]


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _day(field: str) -> TruncDate:
    return TruncDate(field, tzinfo=dt.UTC)
