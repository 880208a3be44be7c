"""What lies in the trash is found in the trash, in the export of one's own data, and nowhere else."""

import io
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.cache import caches
from django.core.management import call_command
from django.db import models
from django.test import Client
from django.urls import NoReverseMatch, reverse
from prometheus_client import generate_latest
from prometheus_client.registry import CollectorRegistry

from profiles import metrics, tasks
from profiles.career.rendering import recent
from profiles.desk import search
from profiles.desk.acting import act_address
from profiles.desk.actions import ACTIONS
from profiles.desk.board import dashboard
from profiles.modelfields import PartialDateField
from profiles.models import COMPONENTS, Actor, Cause, Experience, JobFile, Origin, Profile
from profiles.portability.exports import FORMATS
from tests.storage.test_anonymise import CANARY, OURS, canary, columns_with
from tests.support.client import ApiClient
from tests.support.contract import contract
from tests.support.factories import PASSWORD, item, make_profile, profile_document
from tests.support.staff import client_of, failed_job, superuser
from users.models import User

PROFILES = "/api/v1/profiles"
OPEN = {"/api/v1/auth/me/export", f"{PROFILES}/trash"}
# What shows nothing that a profile holds, whether or not it is in the trash.
OF_OTHER_THINGS = {
    *("/api/v1/auth/check-email", "/api/v1/auth/me", "/api/v1/auth/sessions"),
    *("/api/v1/jobs", "/api/v1/jobs/{job_id}", "/api/v1/jobs/{job_id}/file"),
}
ROUTES = [path for path, methods in contract().document["paths"].items() if "get" in methods]
KINDS = (models.CharField, models.TextField, models.JSONField)


def paths_to_profile() -> dict[type[models.Model], str]:
    """The look-up that leads from each table to the profile that a row belongs to."""
    found: dict[type[models.Model], str] = {Profile: "pk"}
    known = 0
    while len(found) > known:
        known = len(found)
        for model in apps.get_models(include_auto_created=True):
            for field in model._meta.concrete_fields:
                if isinstance(field, models.ForeignKey) and field.related_model in found:
                    path = found[field.related_model].removesuffix("pk").removesuffix("__")
                    found.setdefault(model, "__".join(filter(None, (field.name, path))))
    return found


def brand(profile: Profile) -> None:
    """Put the canary into each column that takes it, of the profile and of everything below it."""
    for model, path in paths_to_profile().items():
        rows = model._base_manager.filter(**{path: profile.pk})
        assert rows.exists(), model
        for field in model._meta.concrete_fields:
            is_free = isinstance(field, KINDS) and not isinstance(field, PartialDateField) and not field.choices
            if is_free and f"{model._meta.db_table}.{field.column}" not in OURS and not field.primary_key:
                rows.update(**{field.name: canary(model, field)})
    for cache in caches.all(initialized_only=False):
        cache.clear()
    recent.clear()


@pytest.fixture
def doomed(api: ApiClient, user: User) -> Profile:
    """The active profile, with everything in it, full of canaries, beside another one of the same person."""
    pk = api.post(PROFILES, profile_document(2)).json()["id"]
    api.post(PROFILES, profile_document(1, label="Kept"))
    api.patch(f"{PROFILES}/{pk}", {"label": "Doomed"})
    profile = Profile.objects.get(pk=pk)
    Origin.remember(profile, Origin.Source.LINKEDIN, {"x": "5f2b"})
    failed_job(user, profile_id=profile.pk)
    brand(profile)
    return profile


# The API -------------------------------------------------------------------------------------------------------------


def addresses(route: str, profile: Profile) -> Iterator[str]:
    """The addresses of a route for the profile, and for the items of one that stays with the person."""
    kept = Profile.objects.exclude(pk=profile.pk).filter(user=profile.user_id).first()
    kind = next((model for model in COMPONENTS if f"/{model.plural}/" in f"{route}/"), Experience)
    values = {
        "profile_id": [profile.pk, *([kept.pk] if kept else [])],
        "item_id": list(kind.objects.filter(profile=profile).values_list("pk", flat=True)[:1]),
        "version": [1, 2],
        "job_id": list(profile.user.jobs.values_list("pk", flat=True)),
    }
    names = re.findall(r"{(\w+)}", route)
    for chosen in product(*(values[name] for name in names)):
        address = route.format(**dict(zip(names, chosen, strict=True)))
        if route.endswith("/export") and "profile_id" in names:
            forms = [form for form in FORMATS if form != "pdf"]
            yield from (f"{address}?format={form}&include=hidden,references" for form in forms)
        elif route.endswith("check-email"):
            yield f"{address}?email=nobody@example.org"
        else:
            yield address


def answers(api: ApiClient, asked: dict[str, list[str]]) -> dict[str, str]:
    """What each address answers, without what differs from request to request."""
    found = {}
    for address in (each for several in asked.values() for each in several):
        answer = api.get(address, check=False)
        text = answer.getvalue()
        found[address] = re.sub(r'"request_id": ?"[^"]*"', "", f"{answer.status_code} {text.decode('latin-1')}")
    return found


def showing(found: dict[str, str], asked: dict[str, list[str]]) -> set[str]:
    """The routes that have shown the canary."""
    return {route for route, several in asked.items() if any(CANARY in found[each].lower() for each in several)}


@pytest.mark.django_db
def test_no_route_shows_what_lies_in_the_trash_but_those_that_are_for_it(
    api: ApiClient, other_api: ApiClient, doomed: Profile
) -> None:
    asked = {route: list(addresses(route, doomed)) for route in ROUTES}
    # The control: every route shows it before.
    assert showing(answers(api, asked), asked) == set(ROUTES) - OF_OTHER_THINGS - {f"{PROFILES}/trash", *NO_TEXTS}
    api.delete(f"{PROFILES}/{doomed.pk}")
    in_trash = answers(api, asked)
    assert showing(in_trash, asked) == OPEN
    assert showing(answers(other_api, asked), asked) == set()
    # Not by a number, an order or a status either.
    assert api.delete(f"{PROFILES}/trash/{doomed.pk}", check=False).status_code == 204
    purged = answers(api, asked)
    hidden = [each for route, several in asked.items() if route not in OPEN for each in several]
    assert {each: in_trash[each] for each in hidden} == {each: purged[each] for each in hidden}


# Completeness tells what is missing, and quotes nothing.
NO_TEXTS = {f"{PROFILES}/{{profile_id}}/analytics"}


@pytest.mark.django_db
def test_the_active_profile_is_never_one_in_the_trash(api: ApiClient, doomed: Profile) -> None:
    assert CANARY in api.get(f"{PROFILES}/me").json()["label"]
    api.delete(f"{PROFILES}/{doomed.pk}")
    assert api.get(f"{PROFILES}/me").json()["label"] == "Kept"


@pytest.mark.django_db
def test_a_repeated_request_does_not_bring_it_back(api: ApiClient) -> None:
    first = {"headers": {"Idempotency-Key": "first"}}
    document = profile_document(1, label=CANARY)
    pk = api.post(PROFILES, document, **first).json()["id"]
    assert CANARY in api.post(PROFILES, document, **first).content.decode()
    api.delete(f"{PROFILES}/{pk}")
    repeated = api.post(PROFILES, document, check=False, **first)
    assert repeated.status_code >= 400
    assert CANARY not in repeated.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_job_that_was_filed_before_makes_nothing_of_it(api: ApiClient) -> None:
    pk = api.post(PROFILES, profile_document(1)).json()["id"]
    background = {"headers": {"Prefer": "respond-async"}}
    path, rows = f"{PROFILES}/{pk}", [item(Experience, 5)]
    jobs = [api.get(f"{path}/export", **background), api.post(f"{path}/experiences", rows, **background)]
    api.delete(f"{PROFILES}/{pk}")
    for job in jobs:
        tasks.run_job.call(job.json()["id"])
        told = api.get(job["Location"]).json()
        assert (told["status"], told["problem"]["status"]) == ("failed", 404)
    assert not JobFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_erasing_the_account_takes_it_along(api: ApiClient, doomed: Profile) -> None:
    api.delete(f"{PROFILES}/{doomed.pk}")
    held = columns_with(CANARY)
    assert {model._meta.db_table for model in paths_to_profile()} == {each.partition(".")[0] for each in held}
    assert api.post("/api/v1/auth/me/erase", {"password": PASSWORD}).status_code == 204
    assert columns_with(CANARY) == set()


# Support and the worker ----------------------------------------------------------------------------------------------


# What is searched for stands on the page again, so it is a part of the canary.
TERM = CANARY[:6]


def pages(profile: Profile) -> Iterator[str]:
    """Every page of the desk: lists, searches, filters, and the pages and actions of rows."""
    yield reverse("admin:index")
    for model, desk in admin.site._registry.items():
        key = {Profile: profile.pk, User: profile.user_id}.get(model)
        first = model._base_manager.order_by("pk").values_list("pk", flat=True).first() if key is None else key
        for pattern in desk.get_urls():
            name = getattr(pattern, "name", None)
            if not name or name.endswith("_act"):
                continue
            try:
                address = reverse(f"admin:{name}", args=[first] if "<" in str(pattern.pattern) else [])
            except NoReverseMatch:
                continue
            yield address
            if name.endswith("_changelist"):
                yield from (f"{address}?q={term}" for term in (TERM, profile.pk, profile.user_id))
        yield from (act_address(each, [first]) for each in ACTIONS if each.model is model and first)
    yield from (f"{reverse('admin:users_user_changelist')}?trouble={each}" for each in ("incomplete", "failed-jobs"))
    yield f"{reverse('admin:profiles_profile_changelist')}?user__id__exact={profile.user_id}"


def shown(staff: Client, asked: list[str]) -> set[str]:
    """The pages that show the canary."""
    return {address for address in asked if CANARY in staff.get(address, follow=True).content.decode().lower()}


@pytest.mark.django_db
def test_no_page_of_the_desk_shows_it_but_those_on_which_support_takes_it_out(api: ApiClient, doomed: Profile) -> None:
    staff, asked = client_of(superuser()), list(pages(doomed))
    before = shown(staff, asked)
    listed = reverse("admin:profiles_profile_changelist")
    assert {listed, f"{listed}?q={TERM}", reverse("admin:profiles_profile_read", args=[doomed.pk])} <= before
    assert reverse("admin:users_user_change", args=[doomed.user_id]) in before
    api.delete(f"{PROFILES}/{doomed.pk}")
    own = [reverse(f"admin:profiles_profile_{name}", args=[doomed.pk]) for name in ("read", "change", "history")]
    of_person = [reverse(f"admin:users_user_{name}", args=[doomed.user_id]) for name in ("change", "history")]
    # By its id it is found, by words it is not.
    assert shown(staff, asked) == {*own, *of_person, f"{listed}?q={doomed.pk}"}
    assert search.people(TERM, User.objects.all(), "pk") == ([], False)


@pytest.mark.django_db
def test_no_figure_counts_it(user: User) -> None:
    make_profile(user, 1)
    doomed = make_profile(user, 0, professional_summary=None, is_active=False)
    assert tasks.score_profiles() == 2
    with_it = dashboard.completeness().values
    Profile.objects.remove(doomed, Cause(Actor.YOU, "profiles_delete"))
    in_trash = [dashboard.completeness().values, scraped()]
    assert tasks.score_profiles() == 0
    Profile.with_trash.filter(pk=doomed.pk).update(score=1)
    assert dashboard.completeness().values == in_trash[0]
    Profile.objects.purge(Profile.with_trash.get(pk=doomed.pk), Cause(Actor.YOU, "trash_delete"))
    assert [dashboard.completeness().values, scraped()] == in_trash
    assert sum(map(sum, with_it)) == sum(map(sum, in_trash[0])) + 1


def scraped() -> bytes:
    """The figures of work that a scrape gets."""
    registry = CollectorRegistry()

    class Collector:
        def collect(self) -> Any:
            return metrics.WorkFigures()()

    registry.register(Collector())
    return b"\n".join(line for line in generate_latest(registry).splitlines() if b"age" not in line)


@pytest.mark.django_db(transaction=True)
def test_what_counts_bytes_and_mends_columns_looks_at_it_too(user: User) -> None:
    doomed = make_profile(user, 2)
    Profile.objects.remove(doomed, Cause(Actor.YOU, "profiles_delete"))
    assert tasks.Count().turn() == 1
    Profile.with_trash.filter(pk=doomed.pk).update(search_key="stale")
    call_command("rebuild_search", stdout=io.StringIO())
    call_command("check_integrity", stdout=io.StringIO())
