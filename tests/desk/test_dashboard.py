"""The figures on the admin's front page."""

import datetime as dt
import re
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from profiles.desk.board import dashboard
from profiles.desk.board.figures import Figure
from profiles.models import Job, Profile
from profiles_project.api import ratelimit
from profiles_project.caching import sealed
from profiles_project.database import clock
from tests.support.client import ApiClient
from tests.support.concurrency import at_once
from tests.support.contract import API
from tests.support.factories import PASSWORD, ProfileFactory, UserFactory
from tests.support.queries import statements
from users.models import Mail, Session, User

pytestmark = pytest.mark.django_db

# A minute past midnight (UTC), so that an hour ago was yesterday.
NOW = dt.datetime(2026, 11, 25, 0, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
MIDNIGHT = NOW.replace(minute=0)
MICROSECOND = dt.timedelta(microseconds=1)


@pytest.fixture
def superuser() -> User:
    return User.objects.create_superuser("root@example.com", PASSWORD, full_name="Root")


@pytest.fixture
def admin(superuser: User) -> Client:
    client = Client()
    client.force_login(superuser)
    return client


def numbers(figure: Figure) -> dict[str, Any]:
    """The rows with anything but zeros; of one series the number alone."""
    rows = {label: row if len(row) > 1 else row[0] for label, row in figure.rows()}
    return {label: row for label, row in rows.items() if row not in (0, [0] * len(figure.series))}


def job(user: User, status: str, created: dt.datetime, finished: dt.datetime | None = None) -> Job:
    return Job.objects.create(
        user=user, kind="x", status=status, created_at=created, finished_at=finished, lease_until=created
    )


def mail(user: User, created: dt.datetime, **fields: Any) -> Mail:
    kept = {"kind": Mail.Kind.VERIFY, "address": user.email, "next_try_at": created, **fields}
    return Mail.objects.create(user=user, created_at=created, **kept)


# Exact ---------------------------------------------------------------------------------------------------------------


def test_registrations_are_counted_by_the_day_in_utc() -> None:
    first = MIDNIGHT - 29 * DAY
    opened = {
        first - MICROSECOND: 1,
        first: 2,
        MIDNIGHT - DAY: 1,
        MIDNIGHT - MICROSECOND: 2,
        MIDNIGHT: 3,
        NOW: 1,
        NOW + MICROSECOND: 5,
        # The same moment, said elsewhere.
        (MIDNIGHT - dt.timedelta(hours=1)).astimezone(dt.timezone(dt.timedelta(hours=5))): 1,
    }
    for at, how_many in opened.items():
        UserFactory.create_batch(how_many, created_at=at)
    figure = dashboard.registrations(NOW)
    assert numbers(figure) == {"2026-10-27": 2, "2026-11-24": 4, "2026-11-25": 4}
    assert len(figure.labels) == 30
    assert figure.labels[-1] == "2026-11-25"
    assert figure.note.startswith("10 in 30 days")


def test_an_active_user_is_counted_once_however_many_devices() -> None:
    ages = {
        "today": [dt.timedelta(), dt.timedelta(days=3)],
        "a day to the moment": [DAY],
        "this week": [DAY + MICROSECOND, 20 * DAY],
        "this month": [30 * DAY],
        "not any more": [30 * DAY + MICROSECOND],
        "never": [],
    }
    for times in ages.values():
        user = UserFactory.create()
        for age in times:
            session = Session.objects.start(user, "App/1")
            Session.objects.filter(pk=session.pk).update(last_used_at=NOW - age)
    # Whose session has ended since was active all the same.
    Session.objects.all().end()
    assert numbers(dashboard.active_users(NOW)) == {"in a day": 2, "in 7 days": 3, "in 30 days": 4}


def test_scores_are_counted_in_tens() -> None:
    scores = [None, None, 0, 9, 10, 55, 89, 90, 99, 100]
    user = UserFactory.create()
    for score in scores:
        Profile.objects.filter(pk=ProfileFactory.create(user=user).pk).update(score=score)
    figure = dashboard.completeness()
    assert numbers(figure) == {"none": 2, "0–9": 2, "10–19": 1, "50–59": 1, "80–89": 1, "90–100": 3}
    assert figure.note.startswith("10 profiles")
    assert len(figure.labels) == 11


def test_jobs_are_counted_by_state_and_by_the_day_of_their_end(user: User) -> None:
    first = MIDNIGHT - 6 * DAY
    for created in (NOW - dt.timedelta(hours=3), NOW - dt.timedelta(minutes=5)):
        job(user, "queued", created)
    job(user, "running", NOW - dt.timedelta(hours=2))
    for status, at, how_many in (
        ("succeeded", first - MICROSECOND, 1),
        ("succeeded", first, 2),
        ("failed", MIDNIGHT - MICROSECOND, 1),
        ("cancelled", MIDNIGHT, 1),
        ("failed", NOW, 2),
    ):
        for _ in range(how_many):
            job(user, status, at - DAY, at)
    figure = dashboard.queue(NOW)
    assert numbers(figure) == {"queued": 2, "running": 1}
    assert figure.note == "The oldest was filed 3\xa0hours ago."
    ended = dashboard.ended_jobs(NOW)
    assert ended.series == ["succeeded", "failed", "cancelled"]
    assert numbers(ended) == {"2026-11-19": [2, 0, 0], "2026-11-24": [0, 1, 0], "2026-11-25": [0, 2, 1]}
    assert ended.note == "6 in 7 days, 3 of them failed."
    assert len(ended.labels) == 7


def test_mails_that_wait_are_counted_and_those_that_failed_lately(user: User) -> None:
    mail(user, NOW - 20 * DAY)
    mail(user, NOW)
    mail(user, NOW, sent_at=NOW)
    mail(user, NOW, problem="The account is inactive.")
    mail(user, NOW - 7 * DAY, problem="The account is inactive.")
    mail(user, NOW - 7 * DAY - MICROSECOND, problem="The account is inactive.")
    assert numbers(dashboard.mails(NOW)) == {"waiting": 2, "failed": 2}


def test_requests_over_limits_are_counted_by_day_and_scope(settings: Settings) -> None:
    settings.RATELIMIT_ENABLE = True
    settings.RATELIMITS = {**django_settings.RATELIMITS, "check_email": "1/h", "login": "1/h"}
    path = f"{API}/auth/check-email?email=ada%40example.org"
    assert [ApiClient().get(path).status_code for _ in range(4)] == [200, 429, 429, 429]
    body = {"email": "nobody@example.org", "password": "wrong"}
    assert [ApiClient().post(f"{API}/auth/login", body).status_code for _ in range(2)] == [401, 429]
    figure = dashboard.refusals(clock.now())
    assert figure.series == ["check_email", "login"]
    assert numbers(figure) == {figure.labels[-1]: [3, 1]}
    assert len(figure.labels) == 14
    assert figure.note.startswith("4 in 14 days")
    # Later it is an earlier day's, and then nobody's.
    assert numbers(dashboard.refusals(clock.now() + 13 * DAY)) == {figure.labels[-1]: [3, 1]}
    assert numbers(dashboard.refusals(clock.now() + 14 * DAY)) == {}


def test_a_count_of_refusals_that_many_begin_at_once_loses_nothing() -> None:
    def refuse() -> None:
        with pytest.raises(ratelimit.TooManyRequests):
            ratelimit.refuse("login", 5)

    at_once(*[refuse] * 8)
    today = clock.now().date()
    assert ratelimit.refusals([today]) == {today: {"login": 8}}


# The page ----------------------------------------------------------------------------------------------------------


def fill(count: int) -> None:
    """So many of everything, today and before."""
    now = clock.now()
    for number, user in enumerate(UserFactory.create_batch(count)):
        at = now - number % 5 * DAY
        Session.objects.start(user, "Canary/1")
        ProfileFactory.create(user=user)
        job(user, "queued", at)
        job(user, "failed", at, at)
        mail(user, at)


def test_the_figures_cost_the_same_for_one_and_for_many(admin: Client) -> None:
    counts = []
    for more in (1, 2, 40):
        fill(more)
        cache.delete(dashboard.CACHE_KEY)
        with statements() as found:
            dashboard.figures()
        assert len(found) == 7
        cache.delete(dashboard.CACHE_KEY)
        with statements() as found:
            assert admin.get("/admin/").status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1] == counts[2]


def test_they_are_kept_for_a_minute(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    page = admin.get("/admin/").content.decode()
    UserFactory.create_batch(3)
    with statements() as found:
        assert admin.get("/admin/?refresh").content.decode().count("in 30 days, without") == 1
    assert not any("COUNT" in statement for statement in found)
    assert "1 in 30 days, without" in page
    cache.delete(dashboard.CACHE_KEY)
    assert "4 in 30 days, without" in admin.get("/admin/").content.decode()
    kept: list[float] = []
    monkeypatch.setattr(type(cache._connections[cache._alias]), "set", lambda *args: kept.append(args[-1]))  # type: ignore[attr-defined]  # Django's handler of connections
    cache.delete(dashboard.CACHE_KEY)
    dashboard.figures()
    assert kept == [60]


def test_each_figure_is_a_plot_and_the_same_numbers_as_a_table(admin: Client) -> None:
    fill(3)
    page = admin.get("/admin/").content.decode()
    sections = re.findall(r'<section class="figure".*?</section>', page, re.DOTALL)
    figures = dashboard.figures()
    assert len(sections) == len(figures) == 7
    for section, figure in zip(sections, figures, strict=True):
        assert re.search(
            rf'<svg class="plot"[^>]* role="img" aria-labelledby="{figure.key}-title {figure.key}-desc"', section
        )
        assert re.search(
            rf'<title id="{figure.key}-title">{figure.title}</title>\s*<desc id="{figure.key}-desc">\S', section
        )
        cells = [int(cell) for cell in re.findall(r"<td>(\d+)</td>", section)]
        assert cells == [number for _, row in figure.rows() for number in row]
        assert section.count('<th scope="row">') == len(figure.labels)
        assert section.count('<th scope="col">') == len(figure.series)
        bars = re.findall(r'<rect class="series-\d" x=', section)
        assert len(bars) == sum(number > 0 for number in cells)


@pytest.mark.slow
def test_they_lead_to_lists_that_show_the_same_rows(admin: Client) -> None:
    fill(3)
    now = clock.now()
    user = User.objects.exclude(is_superuser=True).first()
    assert user
    mail(user, now, problem="The account is inactive.")
    job(user, "succeeded", now, now)
    page = admin.get("/admin/").content.decode()
    numbers_table = "".join(re.findall(r'<div class="numbers".*?</div>', page, re.DOTALL))
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', numbers_table)]
    assert len(links) == 30 + 10 + 2 + 3 + 2
    for link in links:
        answer = admin.get(link)
        # A filter that the list does not know is answered with a redirection.
        assert answer.status_code == 200, link
    shown = {
        link: int(found[1])
        for link in links
        if (found := re.search(r"\b(\d+) (?:users?|mails?|jobs?)\b", admin.get(link).content.decode()))
    }
    today = next(link for link in links if f"created_at__gte={now.date()}" in link)
    assert shown[today] == User.objects.filter(created_at__date=now.date()).count() > 0
    assert sum(count for link, count in shown.items() if "created_at__gte" in link) == User.objects.count()
    assert {count for link, count in shown.items() if "status__exact=failed" in link} == {3}
    assert {count for link, count in shown.items() if "succeeded" in link} == {1}
    assert {count for link, count in shown.items() if link.endswith("state=failed")} == {1}
    assert {count for link, count in shown.items() if link.endswith("state=waiting")} == {3}


@pytest.mark.parametrize(
    ("granted", "has_figures", "linked"),
    [
        ((), False, ()),
        (("view_job", "view_session"), False, ()),
        (("view_user",), True, ("/admin/users/user/?",)),
        (("view_user", "view_job"), True, ("/admin/users/user/?", "/admin/profiles/job/?")),
    ],
)
def test_who_may_see_users_sees_them(granted: tuple[str, ...], has_figures: bool, linked: tuple[str, ...]) -> None:  # noqa: FBT001  # a parameter of the table
    staff = UserFactory.create(is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=granted))
    client = Client()
    client.force_login(staff)
    answer = client.get("/admin/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert ('class="figures"' in page) is has_figures
    assert ("/desk/dashboard." in page) is has_figures
    lists = ("/admin/users/user/?", "/admin/profiles/job/?", "/admin/users/mail/?")
    assert tuple(each for each in lists if each in page) == linked


def test_there_is_nobody_in_them(admin: Client) -> None:
    fill(2)
    person = UserFactory.create(email="zephyrine.canary@example.org", full_name="Zephyrine Canary")
    ProfileFactory.create(user=person, full_name="Zephyrine Canary", email=person.email)
    page = admin.get("/admin/").content.decode().lower()
    assert "canary" not in page
    kept = sealed.kept(dashboard.CACHE_KEY)
    assert kept
    assert b"@" not in kept
    assert b"canary" not in kept.lower()


def test_the_page_needs_nothing_that_the_policy_forbids(admin: Client) -> None:
    fill(2)
    answer = admin.get("/admin/")
    page = answer.content.decode()
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*src=)", page) == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", page) == []
    identifiers = re.findall(r'\sid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
