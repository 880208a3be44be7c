"""Careers in the admin site: found, read and mended, through one revision a save."""

import json
from collections import Counter
from html import unescape
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.test import Client

from profiles.career import rendering
from profiles.models import (
    COMPONENTS,
    PARTS,
    Award,
    Certification,
    Component,
    CustomField,
    Education,
    Experience,
    Language,
    Profile,
    Project,
    Reference,
    Skill,
    Volunteering,
)
from tests.support.client import ApiClient
from tests.support.factories import PASSWORD, UserFactory, make_profile
from tests.support.queries import statements
from users.models import User

pytestmark = pytest.mark.django_db

PROFILES = "/admin/profiles/profile/"
# What tells of other people than the person is nobody's but the owner's to see.
SHOWN = [part for part in PARTS if part is not Reference]
SHOWN_KINDS = [kind for kind in COMPONENTS if kind is not Reference]


def address(profile: Profile) -> str:
    return f"{PROFILES}{profile.pk}/change/"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def staff_with(*codenames: str) -> Client:
    """A client of a member of the staff with these permissions."""
    person = UserFactory.create(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return client_of(person)


@pytest.fixture
def admin() -> Client:
    """A client of a superuser."""
    return client_of(User.objects.create_superuser("root@example.com", PASSWORD, full_name="Root"))


@pytest.fixture
def profile(user: User) -> Profile:
    """A profile with two rows in each list."""
    return make_profile(user, 2)


def fields_of(page: Any) -> dict[str, Any]:
    """What a browser would send back from the page of a profile, where nobody typed anything."""
    formsets = [inline.formset for inline in page.context["inline_admin_formsets"]]
    forms = [page.context["adminform"].form, *(form for each in formsets for form in (each.management_form, *each))]
    bounds = [bound for form in forms for bound in form]
    values = {bound.html_name: bound.value() for bound in bounds}
    # Where a default is made by a function, the page carries in a hidden field what it showed.
    values |= {bound.html_initial_name: bound.value() for bound in bounds if bound.field.show_hidden_initial}
    sent = {name: "on" if value is True else value for name, value in values.items() if value is not False}
    return {name: "" if value is None else value for name, value in sent.items()}


def prefix(part: type[Component | Skill | CustomField], number: int = 0) -> str:
    """How the fields of a row of a kind begin."""
    return f"{part._meta.model_name}_set-{number}-"


def added(part: type[Component | Skill | CustomField], fields: dict[str, Any], **values: Any) -> dict[str, Any]:
    """What a browser sends for a page on which a row was added."""
    total = f"{part._meta.model_name}_set-TOTAL_FORMS"
    number = int(fields[total])
    own = {f"{prefix(part, number)}{name}": value for name, value in values.items()}
    return {**fields, total: number + 1, **own}


def post(client: Client, path: str, fields: dict[str, Any]) -> Any:
    # A test is one transaction, so a request's own becomes a savepoint, to be rolled back alone.
    with transaction.atomic():
        return client.post(path, fields)


def save(admin: Client, profile: Profile, fields: dict[str, Any]) -> Any:
    response = post(admin, address(profile), fields)
    assert response.status_code in {HTTPStatus.OK, HTTPStatus.FOUND}
    return response


def whole(api: ApiClient, profile: Profile) -> Any:
    return api.get(f"/api/v1/profiles/{profile.pk}").json()


# Looking ----------------------------------------------------------------------------------------------------------


def test_the_page_of_a_profile_shows_everything_in_it(admin: Client, profile: Profile) -> None:
    page = admin.get(address(profile))
    assert page.status_code == HTTPStatus.OK
    shown = page.content.decode()
    assert profile.full_name in shown
    assert [inline.formset.model for inline in page.context["inline_admin_formsets"]] == SHOWN
    for part in SHOWN:
        name = part.content_fields()[1 if part is Skill else 0]
        for row in part.of(profile).values():
            assert getattr(row, name) in shown
    assert profile.user.password not in shown
    assert "argon2" not in shown
    assert all(row.name not in shown and str(row.reference) not in shown for row in Reference.of(profile).values())


@pytest.mark.parametrize(
    "query", ["ada.canary", "ADA.CANARY@example.org", "Lovelace-Canary", "canary  ADÁ", "own.addr"]
)
def test_profiles_are_found_by_name_and_either_address(admin: Client, query: str) -> None:
    owner = UserFactory.create(email="ada.canary@example.org")
    wanted = make_profile(owner, 0, full_name="Ada Lovelace-Canary", email="own.address@example.org")
    make_profile(UserFactory.create(), 0, full_name="Somebody Else")
    page = admin.get(PROFILES, {"q": query})
    assert list(page.context["cl"].result_list) == [wanted]


def test_a_profile_is_found_by_its_id_and_other_words_by_none(admin: Client, profile: Profile) -> None:
    make_profile(profile.user, 0)
    assert list(admin.get(PROFILES, {"q": str(profile.pk)}).context["cl"].result_list) == [profile]
    for query in ("nobody", "01990000-0000-7000-8000-000000000000", "\0", "'\"%_\\"):
        page = admin.get(PROFILES, {"q": query})
        assert page.status_code == HTTPStatus.OK
        assert profile.label not in [each.label for each in page.context["cl"].result_list if query == "nobody"]


def test_the_list_costs_the_same_for_one_and_for_thirty(admin: Client) -> None:
    make_profile(UserFactory.create(), 1)
    with statements() as first:
        admin.get(PROFILES)
    for _ in range(29):
        make_profile(UserFactory.create(), 2)
    with statements() as second:
        page = admin.get(PROFILES)
    assert len(page.context["cl"].result_list) == 30
    assert len(second) == len(first)
    assert "argon2" not in page.content.decode()


@pytest.mark.slow
def test_the_page_costs_the_same_for_one_and_for_thirty_rows(admin: Client, user: User) -> None:
    few, many = make_profile(user, 1), make_profile(user, 30)
    # What a process reads once, such as content types.
    admin.get(address(few))
    with statements() as first:
        admin.get(address(few))
    with statements() as second:
        admin.get(address(many))
    assert len(second) == len(first)


# Saving -----------------------------------------------------------------------------------------------------------


def test_a_save_that_changes_nothing_is_no_revision(admin: Client, api: ApiClient, profile: Profile) -> None:
    before = whole(api, profile)
    response = save(admin, profile, fields_of(admin.get(address(profile))))
    assert response.status_code == HTTPStatus.FOUND
    assert whole(api, profile) == before


def test_dates_that_nobody_knows_are_left_empty_in_the_form(admin: Client, api: ApiClient, profile: Profile) -> None:
    fields = fields_of(admin.get(address(profile)))
    kinds: list[type[Component]] = [Experience, Education, Project, Certification]
    empty = {prefix(kind) + name: "" for kind in kinds for name in kind.period or ()}
    assert save(admin, profile, fields | empty).status_code == HTTPStatus.FOUND
    after = whole(api, profile)
    for kind in kinds:
        row = (after["skills"] if kind.in_skills else after)[kind.plural][0]
        assert [row[name] for name in kind.period or ()] == [None, None]


def test_a_save_changes_fields_and_rows_in_one_revision(admin: Client, api: ApiClient, profile: Profile) -> None:
    before = whole(api, profile)
    fields = fields_of(admin.get(address(profile)))
    fields |= {"label": " Mended ", "phone": "", prefix(Experience) + "title": "Mended"}
    fields |= {prefix(Experience) + "technologies": '["Brass", "Steam"]', prefix(Language, 1) + "DELETE": "on"}
    fields |= {prefix(CustomField) + "value": '{"z": 1.0, "a": [null, true]}', prefix(Skill) + "name": "Mended"}
    fields = added(Skill, fields, kind="soft", name="Patience")
    assert save(admin, profile, fields).status_code == HTTPStatus.FOUND
    after = whole(api, profile)
    assert after["version"] == 2
    expected = before | {"version": 2, "updated_at": after["updated_at"], "label": "Mended"}
    expected["personal_info"]["phone"] = None
    expected["experiences"][0] |= {"title": "Mended", "technologies": ["Brass", "Steam"], "version": 2}
    expected["skills"]["languages"].pop(1)
    expected["custom_fields"]["key 0"] = {"z": 1.0, "a": [None, True]}
    kind = Skill.objects.get(name="Mended").kind
    (known,) = [each for each in expected["skills"]["details"] if each["name"] == expected["skills"][kind][0]]
    expected["skills"][kind][0] = known["name"] = "Mended"
    expected["skills"]["soft"].append("Patience")
    assert after == expected
    assert repr(after["custom_fields"]["key 0"]) == "{'z': 1.0, 'a': [None, True]}"


@pytest.mark.parametrize("kind", SHOWN_KINDS, ids=lambda kind: kind.plural)
def test_a_row_is_added_at_the_end_of_its_list(
    admin: Client, api: ApiClient, profile: Profile, kind: type[Component]
) -> None:
    page = admin.get(address(profile))
    (formset,) = [one.formset for one in page.context["inline_admin_formsets"] if one.formset.model is kind]
    fields = fields_of(page)
    start = prefix(kind)
    values = {name.removeprefix(start): fields[name] for name in fields if name.startswith(start)}
    name = kind.content_fields()[0]
    values |= {"id": "", name: "Added"}
    assert save(admin, profile, added(kind, fields, **values)).status_code == HTTPStatus.FOUND
    after = whole(api, profile)
    items = (after["skills"] if kind.in_skills else after)[kind.plural]
    assert [each[name] for each in items] == [*(form.initial[name] for form in formset.initial_forms), "Added"]
    assert after["version"] == 2


def test_links_are_mended_as_json_and_stored_as_the_api_has_them(
    admin: Client, api: ApiClient, profile: Profile
) -> None:
    typed = [{"url": " https://code.example.org/ada ", "network": " Cafe\u0301 "}, {"network": "X", "username": ""}]
    expected = [
        {"network": "Caf\u00e9", "username": None, "url": "https://code.example.org/ada"},
        {"network": "X", "username": None, "url": None},
    ]
    fields = fields_of(admin.get(address(profile)))
    assert save(admin, profile, fields | {"links": json.dumps(typed)}).status_code == HTTPStatus.FOUND
    after = whole(api, profile)
    assert after["personal_info"]["links"] == expected
    assert [list(each) for each in after["personal_info"]["links"]] == [["network", "username", "url"]] * 2
    assert api.put(f"/api/v1/profiles/{profile.pk}", after).json() == after
    assert save(admin, profile, fields | {"links": ""}).status_code == HTTPStatus.FOUND
    assert whole(api, profile)["personal_info"]["links"] == []


def test_what_others_say_and_what_an_import_kept_aside_is_not_shown_and_stays(
    admin: Client, api: ApiClient, profile: Profile
) -> None:
    before = whole(api, profile)
    page = admin.get(address(profile))
    shown = page.content.decode()
    assert not [word for word in ("Babbage", "understands the machine", "x-rating", "x-source") if word in shown]
    fields = fields_of(page)
    assert not [name for name in fields if "reference" in name or name.endswith("extra")]
    # Neither can they be typed in by who knows what the fields are called.
    forged = {"extra": "{}", prefix(Experience) + "extra": "{}", "reference_set-TOTAL_FORMS": 0}
    assert save(admin, profile, fields | forged | {"city": "Bath"}).status_code == HTTPStatus.FOUND
    after = whole(api, profile)
    assert after["personal_info"].pop("city") == "Bath"
    for name in ("references", "experiences", "extra", "skills"):
        assert after[name] == before[name]
    assert "Babbage" not in admin.get(PROFILES).content.decode()


# What is typed on top of a page that is fine, and what the page says then.
FAULTY: list[tuple[dict[str, Any], str]] = [
    ({"full_name": ""}, "This field is required."),
    ({"email": "nobody"}, "Enter a valid email address."),
    ({"website": "ftp://example.org"}, "Enter a valid URL."),
    ({"phone": "none"}, "A phone number has at least one digit."),
    ({"professional_summary": "short"}, "at least 10 characters"),
    ({"country_code": "gb"}, "Give the country's two capital letters, such as GB."),
    ({"links": "text"}, "Enter a valid JSON."),
    ({"links": '{"network": "X"}'}, "This must be a list of at most 50 objects"),
    ({"links": json.dumps([{"network": "X"}] * 51)}, "This must be a list of at most 50 objects"),
    ({"links": "[null]"}, "A link is an object with network, username and url, each a text."),
    ({"links": '[{"network": "X", "name": "ada"}]'}, "A link is an object with network, username and url"),
    ({"links": '[{"network": 1}]'}, "A link is an object with network, username and url, each a text."),
    ({"links": '[{"network": " ", "username": "ada"}]'}, "The name of the network is missing."),
    ({"links": json.dumps([{"network": "x" * 51}])}, "Use at most 50 characters."),
    ({"links": json.dumps([{"network": "X", "username": "x" * 101}])}, "Use at most 100 characters."),
    ({"links": '[{"network": "X", "url": "javascript:alert(1)"}]'}, "Enter a complete web address"),
    ({"links": '[{"network": "X", "url": "example.org"}]'}, "Enter a complete web address"),
    ({prefix(Award) + "date": "May 2021"}, "Give a date as a year, a month or a day"),
    ({prefix(Volunteering) + "end_date": "2015"}, "This is before the start."),
    ({prefix(Experience) + "end_date": "2018"}, "This is before the start."),
    ({prefix(Experience) + "is_current": "on"}, "Leave the end date empty while this is still going on."),
    ({prefix(Experience) + "start_date": "May 2019"}, "Give a date as a year, a month or a day"),
    ({prefix(Experience) + "start_date": "2019-13"}, "There is no such date as 2019-13."),
    ({prefix(Experience) + "start_date": "2019-1"}, "Give a date as a year, a month or a day"),
    ({prefix(Experience) + "technologies": '{"a": 1}'}, "This must be a list of at most 50 texts"),
    ({prefix(Experience) + "technologies": '"text"'}, "This must be a list of at most 50 texts"),
    ({prefix(Experience) + "technologies": "[1]"}, "This must be a list of at most 50 texts"),
    ({prefix(Experience) + "technologies": "[null]"}, "This must be a list of at most 50 texts"),
    ({prefix(Experience) + "technologies": "text"}, "Enter a valid JSON."),
    ({prefix(Experience) + "technologies": '["\\u0000"]'}, "Enter a valid JSON."),
    ({prefix(Experience) + "technologies": '["\\ud800"]'}, "Enter a valid JSON."),
    ({prefix(Experience) + "title": "\0"}, "Null characters are not allowed."),
    ({prefix(Language) + "proficiency": "good"}, "Select a valid choice."),
    ({prefix(Skill) + "name": "go", prefix(Skill) + "kind": "technical"}, "stands in the list twice."),
    ({prefix(CustomField) + "key": "key 1"}, "duplicate"),
    ({prefix(CustomField) + "value": "NaN"}, "Enter a valid JSON."),
    ({prefix(CustomField) + "value": '"\\u0000"'}, "Enter a valid JSON."),
    ({prefix(CustomField) + "value": '{"\\ud800": 1}'}, "Enter a valid JSON."),
    ({prefix(CustomField) + "value": '{"a": 1, "a": 2}'}, "Enter a valid JSON."),
    ({prefix(CustomField) + "value": "[" * 40 + "]" * 40}, "Enter a valid JSON."),
    ({prefix(CustomField) + "value": f'"{"x" * 10240}"'}, "This can be at most 10 KiB."),
]


def together() -> list[list[tuple[dict[str, Any], str]]]:
    """The faults in groups that one page tells of at once: no two of them in one row, or in one field of the profile's.

    Each still has its sentence to show, and one is enough for a page to be refused.
    """
    groups: list[list[tuple[dict[str, Any], str]]] = []
    taken: list[set[str]] = []
    for changes, sentence in FAULTY:
        places = {name.rpartition("-")[0] or name for name in changes}
        number = next((number for number, each in enumerate(taken) if not each & places), len(groups))
        if number == len(groups):
            groups.append([])
            taken.append(set())
        groups[number].append((changes, sentence))
        taken[number] |= places
    return groups


@pytest.mark.slow
def test_faulty_input_is_shown_and_nothing_is_stored(admin: Client, api: ApiClient, user: User) -> None:
    profile = make_profile(user, 1)
    Skill.objects.create(profile=profile, kind="technical", position=1, name="Go")
    CustomField.objects.create(profile=profile, position=1, key="key 1", value=1)
    before = whole(api, profile)
    fields = fields_of(admin.get(address(profile))) | {"label": "Mended"}
    for group in together():
        sent = fields.copy()
        for changes, _ in group:
            sent |= changes
        page = save(admin, profile, sent)
        assert page.status_code == HTTPStatus.OK, group
        told = unescape(" ".join(str(each) for each in page.context["errors"]))
        # Two of them may share a sentence, which then stands there twice.
        wanted = Counter(sentence for _, sentence in group)
        assert [sentence for sentence, times in wanted.items() if told.count(sentence) < times] == []
    assert whole(api, profile) == before


def test_a_limit_that_is_passed_is_shown_and_nothing_is_stored(
    admin: Client, api: ApiClient, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Skill, "max_rows", 2)
    before = whole(api, profile)
    fields = added(Skill, fields_of(admin.get(address(profile))), kind="soft", name="one more")
    response = save(admin, profile, fields)
    shown = admin.get(response["Location"]).content.decode()
    assert "Soft skills: at most 2 are allowed; this would make 3." in shown
    assert "was changed successfully" not in shown
    assert whole(api, profile) == before


def test_a_skill_may_trade_places_with_what_is_deleted(admin: Client, api: ApiClient, profile: Profile) -> None:
    fields = fields_of(admin.get(address(profile)))
    first, second = (number for number in range(4) if fields[f"{prefix(Skill, number)}kind"] == "soft")
    fields |= {f"{prefix(Skill, first)}DELETE": "on", f"{prefix(Skill, second)}name": "SOFT SKILL 0"}
    assert save(admin, profile, fields).status_code == HTTPStatus.FOUND
    after = whole(api, profile)
    assert after["skills"]["soft"] == ["SOFT SKILL 0"]
    assert after["version"] == 2


@pytest.mark.parametrize(("model", "name"), [(Skill, "name"), (CustomField, "key")])
def test_rows_that_trade_names_are_told_and_nothing_is_stored(
    admin: Client, api: ApiClient, profile: Profile, model: type[Skill | CustomField], name: str
) -> None:
    if model is Skill:
        Skill.objects.filter(profile=profile).exclude(kind="soft").delete()
    before = whole(api, profile)
    fields = fields_of(admin.get(address(profile)))
    first, second = (f"{prefix(model, number)}{name}" for number in range(2))
    response = save(admin, profile, {**fields, first: fields[second], second: fields[first]})
    shown = admin.get(response["Location"]).content.decode()
    assert "Nothing was stored" in shown
    assert "was changed successfully" not in shown
    assert whole(api, profile) == before


@pytest.mark.parametrize("text", ["", "null", "[]"])
def test_a_list_that_is_emptied_is_the_empty_list(admin: Client, api: ApiClient, profile: Profile, text: str) -> None:
    fields = fields_of(admin.get(address(profile)))
    fields |= {"links": text, prefix(Experience) + "technologies": text}
    assert save(admin, profile, fields).status_code == HTTPStatus.FOUND
    after = whole(api, profile)
    assert (after["personal_info"]["links"], after["experiences"][0]["technologies"]) == ([], [])


def test_what_the_admin_stores_can_be_sent_back_and_nothing_changes(
    admin: Client, api: ApiClient, profile: Profile
) -> None:
    """Texts are stored as the API stores them: stripped and in NFC, web addresses with their scheme."""
    fields = fields_of(admin.get(address(profile)))
    fields |= {"full_name": " Ame\u0301lie ", "website": "example.org", prefix(Experience) + "title": "Re\u0301al "}
    fields |= {prefix(Experience) + "technologies": '[" E\u0301tau "]', prefix(CustomField) + "key": "cle\u0301"}
    save(admin, profile, fields)
    before = whole(api, profile)
    assert before["personal_info"]["full_name"] == "Am\u00e9lie"
    assert before["personal_info"]["website"] == "https://example.org"
    assert before["experiences"][0]["title"] == "R\u00e9al"
    assert before["experiences"][0]["technologies"] == ["\u00c9tau"]
    assert api.put(f"/api/v1/profiles/{profile.pk}", before).json() == before


# Who may ----------------------------------------------------------------------------------------------------------


def test_staff_without_permission_see_nothing(profile: Profile) -> None:
    nobody = staff_with()
    assert nobody.get("/admin/").status_code == HTTPStatus.OK
    assert "/profiles/" not in nobody.get("/admin/").content.decode()
    for path in (PROFILES, address(profile), f"{PROFILES}{profile.pk}/history/"):
        assert nobody.get(path).status_code == HTTPStatus.FORBIDDEN
        assert post(nobody, path, {}).status_code == HTTPStatus.FORBIDDEN


def test_who_is_no_staff_is_sent_to_the_login(user: User, profile: Profile) -> None:
    for client in (Client(), client_of(user)):
        for path in (PROFILES, address(profile)):
            response = client.get(path)
            assert response.status_code == HTTPStatus.FOUND
            assert response["Location"].startswith("/admin/login/")


def test_support_may_look_and_not_touch(api: ApiClient, profile: Profile, admin: Client) -> None:
    before = whole(api, profile)
    support = staff_with("view_profile", *(f"view_{part._meta.model_name}" for part in PARTS))
    page = support.get(address(profile), follow=True)
    shown = page.content.decode()
    assert page.status_code == support.get(PROFILES).status_code == HTTPStatus.OK
    assert page.redirect_chain == [(f"{PROFILES}{profile.pk}/read/", HTTPStatus.FOUND)]
    assert "Babbage" not in shown
    assert "x-rating" not in shown
    for part in SHOWN:
        name = part.content_fields()[1 if part is Skill else 0]
        assert all(getattr(row, name) in shown for row in part.of(profile).values())
    assert 'name="_save"' not in shown
    fields = fields_of(admin.get(address(profile))) | {"label": "Mended"}
    assert post(support, address(profile), fields).status_code == HTTPStatus.FORBIDDEN
    assert whole(api, profile) == before


def test_profiles_are_neither_made_nor_deleted_here(admin: Client, profile: Profile) -> None:
    for path in (f"{PROFILES}add/", f"{PROFILES}{profile.pk}/delete/"):
        assert admin.get(path).status_code == HTTPStatus.FORBIDDEN
        assert admin.post(path, {"post": "yes"}).status_code == HTTPStatus.FORBIDDEN
    action = {"action": "delete_selected", "_selected_action": [str(profile.pk)], "post": "yes"}
    admin.post(PROFILES, action)
    assert Profile.objects.filter(pk=profile.pk).exists()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("object_id", ["01990000-0000-7000-8000-000000000000", "nonsense", "_00"])
def test_a_profile_that_does_not_exist_is_said_to_be_gone(admin: Client, method: str, object_id: str) -> None:
    response = getattr(admin, method)(f"{PROFILES}{object_id}/change/", follow=True)
    assert response.status_code == HTTPStatus.OK
    assert "doesn’t exist" in response.content.decode()


@pytest.mark.parametrize("name", ["locked", "current"])
def test_a_profile_that_is_deleted_meanwhile_is_404(
    admin: Client, profile: Profile, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Deleted between the look-up, which finds it, and the lock of a save or the reading of a page."""
    fields = fields_of(admin.get(address(profile)))
    home = type(Profile.objects) if name == "locked" else rendering
    real = getattr(home, name)

    def late(*args: Any, **options: Any) -> Any:
        Profile.objects.filter(pk=profile.pk).delete()
        return real(*args, **options)

    monkeypatch.setattr(home, name, late)
    is_save = name == "locked"
    response = post(admin, address(profile), fields) if is_save else admin.get(f"{PROFILES}{profile.pk}/read/")
    assert response.status_code == HTTPStatus.NOT_FOUND
