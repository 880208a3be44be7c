"""The gate of texts: which runs of marks it finds, who asks it, and that what was stored before it stays in use."""

import random
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError as DjangoValidationError
from django.test import RequestFactory
from rest_framework.exceptions import ValidationError

from profiles import modelfields
from profiles.desk.acting import GraveForm, ReasonForm
from profiles.desk.login import CodeForm, NewPasswordForm, PasswordAgainForm, PasswordForm
from profiles.models import Certification, CustomField, Experience, Profile, Skill
from profiles.portability.json_resume import Reading
from profiles.portability.printed.readable import arrange
from profiles_project import texts
from profiles_project.api.fields import Text
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import make_profile
from tests.support.staff import client_of, superuser
from users.api.pages import LinkForm, PasswordForm as NewPasswordPage
from users.models import User

MARKS = "\u0301\u0323"
FORTY = "a" + MARKS * 20
MISLEADING = "https://good.example@evil.example/"
SEED = 20_231_128


# Runs -------------------------------------------------------------------------------------------------------------


def longest_run(text: str) -> int:
    """The number of marks in the longest row of them, counted one by one."""
    longest = run = 0
    for letter in text:
        run = run + 1 if unicodedata.category(letter)[0] == "M" else 0
        longest = max(longest, run)
    return longest


@pytest.mark.pure
def test_a_run_is_found_wherever_it_stands() -> None:
    dice = random.Random(SEED)  # noqa: S311  # texts, not secrets
    lengths = (1, 5, 15, 28, 29, 30, 31, 32, 33, 60)
    found = 0
    for _ in range(5_000):
        parts = [dice.choice(MARKS) * dice.choice(lengths) + "é" * dice.choice((0, 1, 1, 2, 30, 31)) for _ in range(4)]
        text = "x" * dice.randrange(40) + "".join(parts[: dice.randrange(1, 5)])
        assert texts.has_long_run(text) is (longest_run(text) > texts.MOST_MARKS), ascii(text)
        found += texts.has_long_run(text)
    # A control: both happen often.
    assert 500 < found < 4_500


@pytest.mark.pure
def test_whatever_is_put_in_order_by_a_normal_form_counts_as_a_mark() -> None:
    """Else a run of it would pass, and take quadratic time all the same."""
    missed = []
    for code in range(0x80, 0x110000):
        letter = chr(code)
        begins = unicodedata.normalize("NFKD", letter)[0]
        if unicodedata.combining(begins) and not texts.has_long_run(letter * (texts.MOST_MARKS + 1)):
            missed.append(hex(code))
    assert not missed


@pytest.mark.pure
def test_four_characters_at_most_become_one() -> None:
    """So a text of more than four times its limit is too long in every form."""
    longest = max(len(unicodedata.normalize("NFD", chr(code))) for code in range(0x110000))
    assert longest == texts.NFC_SHRINKS
    assert texts.fault("é" * 400, 100) is None
    assert texts.fault("é" * 401, 100) == texts.too_long(100)


@pytest.mark.pure
def test_limits_count_characters_of_the_normal_form() -> None:
    field = Text(max_length=100)
    assert field.run_validation("e\u0301" * 100) == "é" * 100
    with pytest.raises(ValidationError) as refused:
        field.run_validation("e\u0301" * 101)
    assert refused.value.get_codes() == ["max_length"]


@pytest.mark.pure
def test_what_is_no_text_is_not_written_out_to_be_judged() -> None:
    class Silent(list[int]):
        def __repr__(self) -> str:
            raise AssertionError("Somebody wrote out what may be 10 MiB of JSON.")

    with pytest.raises(ValidationError) as refused:
        Text(max_length=100).run_validation(Silent([0]))
    assert refused.value.get_codes() == ["invalid"]


@pytest.mark.pure
@pytest.mark.parametrize("value", ["x" * 20_000, [0] * 20_000, {"a": ["x" * 6_000] * 2}, {"k" * 11_000: 1}])
def test_what_is_far_too_large_is_not_written_out_to_be_measured(value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modelfields, "compact_json", None)
    fault = modelfields.custom_value_fault(value)
    assert fault
    assert fault[1] == "max_size"


@pytest.mark.pure
@pytest.mark.parametrize(
    "make", [lambda n: "x" * (n - 2), lambda n: "é" * ((n - 2) // 2), lambda n: [0] * ((n - 1) // 2)]
)
def test_ten_kibibytes_are_measured_to_the_byte(make: Any) -> None:
    for size, is_fine in ((10 * 2**10, True), (10 * 2**10 + 2, False)):
        assert (modelfields.custom_value_fault(make(size)) is None) is is_fine


# Forms ------------------------------------------------------------------------------------------------------------


def desk_forms(request: Any) -> Iterator[Any]:
    """An instance of every form in which staff write, and of the pages of links."""
    for model_admin in admin.site._registry.values():
        for obj in (None, model_admin.model()):
            yield model_admin.get_form(request, obj)()
        for inline in model_admin.get_inline_instances(request):
            yield inline.get_formset(request).form()
    person = request.user
    yield from (ReasonForm(), GraveForm(key="1"), CodeForm(), PasswordForm(), PasswordAgainForm(user=person))
    yield from (NewPasswordForm(person), LinkForm(), NewPasswordPage())


@pytest.mark.django_db
def test_every_text_of_every_form_has_a_limit_and_passes_the_gate() -> None:
    request = RequestFactory().get("/admin/")
    request.user = superuser()
    judged = 0
    for form in desk_forms(request):
        for name, field in form.fields.items():
            if not isinstance(field, forms.CharField) or isinstance(field, forms.JSONField):
                continue
            judged += 1
            codes = [_codes_of(field, text) for text in ("x" * 5_000, "a" + MARKS * 15 + "\u0301")]
            assert "max_length" in codes[0], (type(form), name)
            assert "combining_marks" in codes[1], (type(form), name)
            assert "combining_marks" not in _codes_of(field, "a" + MARKS * 15), (type(form), name)
    # The walk comes everywhere.
    assert judged > 60


def _codes_of(field: forms.Field, text: str) -> set[str | None]:
    try:
        field.run_validators(text)
    except DjangoValidationError as exc:
        return {each.code for each in exc.error_list}
    return set()


@pytest.mark.pure
def test_json_in_a_form_passes_it_too() -> None:
    achievements, links = Experience._meta.get_field("achievements"), Profile._meta.get_field("links")
    for field, value in (
        (achievements, [FORTY]),
        (links, [{"network": FORTY}]),
        (links, [{"network": "a\u202eb"}]),
        (links, [{"network": "Web", "url": MISLEADING}]),
    ):
        with pytest.raises(DjangoValidationError):
            field.clean(value, None)
    with pytest.raises(DjangoValidationError) as refused:
        modelfields.StrictJSON().to_python("[" + " " * modelfields.LONGEST_JSON + "]")
    assert [each.code for each in refused.value.error_list] == ["max_length"]


# What was stored before -------------------------------------------------------------------------------------------


@pytest.fixture
def old(user: User) -> Profile:
    """A profile as an older release could store it."""
    link = {"network": FORTY, "username": None, "url": MISLEADING}
    profile = make_profile(user, 1, full_name=FORTY, website=MISLEADING, links=[link])
    Skill.objects.create(profile=profile, kind="technical", position=9, name=FORTY, name_key=FORTY)
    CustomField.objects.create(profile=profile, position=9, key=FORTY[:41], value="x")
    Certification.objects.filter(profile=profile).update(name=FORTY, url="https://good.example:70000/")
    return profile


@pytest.mark.django_db
def test_what_the_gate_refuses_today_is_read_exported_and_changed_where_it_is_stored(
    api: ApiClient, user: User, old: Profile
) -> None:
    path = f"{API}/profiles/{old.pk}"
    document = api.get(path).json()
    assert document["personal_info"]["website"] == MISLEADING
    for form in ("json-resume", "markdown", "html", "pdf"):
        answer = api.get(f"{path}/export", query={"format": form})
        assert answer.status_code == 200, form
    assert api.get(f"{path}/analytics").status_code == 200
    assert api.get(f"{API}/auth/me/export").status_code == 200
    assert api.post(f"{path}/duplicate", {"label": "Copy"}).status_code == 201
    assert api.patch(path, {"personal_info": {"headline": "New"}}).status_code == 200
    [certification] = document["skills"]["certifications"]
    item = f"{path}/certifications/{certification['id']}"
    assert api.patch(item, {"issuer": "New"}).status_code == 200
    assert api.put(path, document).status_code == 422
    # What is at fault can be mended by what has no fault.
    assert api.patch(item, {"name": "New", "url": None}).status_code == 200
    mended = {"full_name": "Ada", "website": "good.example", "links": []}
    skills = {"technical": ["Looms"]}
    assert api.patch(path, {"personal_info": mended, "skills": skills, "custom_fields": {}}).status_code == 200
    again = api.get(path).json()
    assert api.put(path, again).json()["version"] == again["version"]


@pytest.mark.django_db
def test_staff_open_what_was_stored_before_and_are_told_what_to_mend(old: Profile) -> None:
    client = client_of(superuser())
    page = f"/admin/profiles/profile/{old.pk}"
    assert client.get(f"{page}/read/").status_code == 200
    assert client.get(f"{page}/change/").status_code == 200
    assert client.get("/admin/profiles/profile/", {"q": FORTY}).status_code == 200


@pytest.mark.django_db
def test_an_import_beside_a_skill_that_was_stored_before_says_that_it_must_be_mended(
    api: ApiClient, old: Profile
) -> None:
    resume = {"basics": {"name": "Ada", "url": "https://ada.example"}, "skills": [{"name": "Looms"}]}
    answer = api.post(f"{API}/profiles/import", resume, query={"into": str(old.pk)})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/skills")
    without_skills = {"basics": resume["basics"]}
    assert api.post(f"{API}/profiles/import", without_skills, query={"into": str(old.pk)}).status_code == 200


# Imports ----------------------------------------------------------------------------------------------------------


def resume(**members: Any) -> dict[str, Any]:
    """A document with these members of `basics`."""
    return {"basics": {"name": "Ada", "email": "ada@example.org", **members}}


@pytest.mark.django_db
def test_marks_in_too_long_a_row_are_kept_aside_and_given_back(api: ApiClient) -> None:
    work = [{"name": "Mill", "position": "Engineer", "startDate": "1843", "highlights": [FORTY, "Good"]}]
    answer = api.post(f"{API}/profiles/import", {**resume(label=FORTY), "work": work}).json()
    profile = answer["profile"]
    assert profile["personal_info"]["headline"] is None
    assert profile["experiences"][0]["achievements"] == ["Good"]
    told = {part["pointer"]: part["outcome"] for part in answer["report"]["parts"]}
    assert told["/basics/label"] == "kept_aside"
    assert told["/work/0/highlights"] == "changed"
    out = api.get(f"{API}/profiles/{profile['id']}/export").json()
    assert out["basics"]["label"] == FORTY
    assert out["work"][0]["highlights"] == [FORTY, "Good"]


@pytest.mark.django_db
def test_a_long_text_is_cut_in_its_normal_form(api: ApiClient) -> None:
    answer = api.post(f"{API}/profiles/import", resume(summary="e\u0301" * 6_000)).json()
    assert answer["profile"]["professional_summary"] == "é" * 1_999 + "…"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (resume(profiles=[0] * 1_001), "/basics/profiles"),
        (resume(**{f"k{number}": 0 for number in range(10_001)}), "/basics"),
        ({**resume(), "work": [0] * 1_001}, "/work"),
        ({**resume(), "work": [{f"k{number}": 0 for number in range(10_001)}]}, "/work/0"),
        ({**resume(), **{f"k{number}": 0 for number in range(10_001)}}, ""),
    ],
)
def test_a_document_with_too_many_parts_in_one_place_is_refused_before_they_are_read(
    api: ApiClient, document: Any, pointer: str
) -> None:
    answer = api.post(f"{API}/profiles/import", document)
    assert answer.status_code == 422
    [fault] = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == (pointer, "max_length")
    assert len(answer.content) < 2_000


@pytest.mark.django_db
def test_a_list_of_too_many_texts_is_kept_aside_unread(api: ApiClient) -> None:
    work = [{"name": "Mill", "position": "Engineer", "startDate": "1843", "highlights": ["x"] * 1_001}]
    answer = api.post(f"{API}/profiles/import", {**resume(), "work": work}).json()
    assert answer["profile"]["experiences"][0]["achievements"] == []
    assert "/work/0/highlights" in {part["pointer"] for part in answer["report"]["parts"]}


@pytest.mark.django_db
def test_more_faults_than_an_answer_tells_are_mended_all_the_same(api: ApiClient) -> None:
    faulty = {"position": "Engineer", "startDate": "1843", "url": "a b", "location": "x" * 101}
    work = [{"name": f"Mill {number}", **faulty} for number in range(700)]
    answer = api.post(f"{API}/profiles/import", {**resume(), "work": work})
    assert answer.status_code == 201, answer.content[:500]
    assert len(answer.json()["profile"]["experiences"]) == 700


@pytest.mark.django_db
def test_where_things_came_from_is_looked_up_once(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report on what was there already names each item by its place in the document."""
    count = 60
    skills = [{"name": f"Skill {n}", "level": "good"} for n in range(count)]
    work = [{"name": f"Mill {n}", "position": "Engineer", "startDate": "1843"} for n in range(count)]
    document = {**resume(), "skills": skills, "work": work}
    profile = api.post(f"{API}/profiles/import", document).json()["profile"]
    looked_at: list[Any] = []
    detail = Reading._detail

    def spy(part: Any) -> Any:
        looked_at.append(part)
        return detail(part)

    monkeypatch.setattr(Reading, "_detail", staticmethod(spy))
    answer = api.post(f"{API}/profiles/import", document, query={"into": profile["id"]})
    assert answer.status_code == 200
    # Once for the index, and once for each time that the document is made; not once for each entry of the report.
    assert len(looked_at) <= 5 * count


@pytest.mark.pure
@pytest.mark.parametrize("address", [MISLEADING, "https://good.example/\u202egpj.exe", "https://good.example:70000/"])
def test_what_an_import_has_kept_aside_is_no_link_where_people_read_it(address: str) -> None:
    shown = repr(arrange({"basics": {"name": "Ada", "url": address, "profiles": [{"network": "Web", "url": address}]}}))
    assert f"address={address!r}" not in shown
    assert "address='https" not in shown
    # A control: an honest one is.
    assert "address='https://good.example/'" in repr(arrange({"basics": {"url": "https://good.example/"}}))
