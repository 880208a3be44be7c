"""Versions and tags of the items of every kind (contract 1.4): what a write raises, and which tags pass."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.support.factories import item, make_item, make_profile
from tests.support.items import IDS_KEYS, Section, nothing_stored, on_two_kinds
from users.models import User

pytestmark = pytest.mark.django_db


def _new_texts(section: Section) -> list[dict[str, Any]]:
    return [each | {section.first_field: f"New {index}"} for index, each in enumerate(section.items())]


WRITES: Mapping[str, Callable[..., Any]] = {
    "bulk POST": lambda s, **o: s.api.post(s.path, [item(s.kind, 10), item(s.kind, 11)], **o),
    "POST": lambda s, **o: s.api.post(s.path, item(s.kind, 12), **o),
    "bulk PUT": lambda s, **o: s.api.put(s.path, _new_texts(s), **o),
    "bulk PATCH": lambda s, **o: s.api.patch(s.path, [{"id": s.ids()[1], s.first_field: "Newer"}], **o),
    "order": lambda s, **o: s.api.put(f"{s.path}/order", {"ids": s.ids()[::-1]}, **o),
    "PUT": lambda s, **o: s.api.put(s.item_path(), item(s.kind, 13), **o),
    "PATCH": lambda s, **o: s.api.patch(s.item_path(), {s.first_field: "Newest"}, **o),
    "DELETE": lambda s, **o: s.api.delete(s.item_path(), **o),
    "bulk DELETE": lambda s, **o: s.api.delete(s.path, {IDS_KEYS[s.kind]: s.ids()[:2]}, **o),
    "bulk DELETE by query": lambda s, **o: s.api.delete(s.path, query={"ids": ",".join(s.ids()[-1:])}, **o),
}


def test_every_write_raises_the_version_by_one(section: Section) -> None:
    for number, (name, write) in enumerate(WRITES.items(), start=1):
        before = section.api.get(section.profile_path)
        answer = write(section)
        assert answer.status_code in {200, 201, 204}, (name, answer.content)
        after = section.api.get(section.profile_path)
        assert after.json()["version"] == before.json()["version"] + 1 == number + 1, name
        assert after.json()["updated_at"] > before.json()["updated_at"], name
        assert answer["ETag"] == after["ETag"] != before["ETag"], name


def test_a_write_that_changes_nothing_raises_nothing(section: Section) -> None:
    items = section.items()
    tag = section.tag()
    path = section.item_path()
    with nothing_stored(section):
        answers = [
            section.api.put(section.path, items),
            section.api.patch(section.path, items[1:]),
            section.api.patch(section.path, [{"id": items[0]["id"]}]),
            section.api.put(f"{section.path}/order", {"ids": section.ids()}),
            section.api.put(path, items[0]),
            section.api.patch(path, items[0]),
            section.api.patch(path, {}),
            section.api.patch(path, {"unheard_of": 1}),
        ]
    assert {(answer.status_code, answer["ETag"]) for answer in answers} == {(200, tag)}


@on_two_kinds
@pytest.mark.parametrize("name", WRITES)
def test_a_stale_if_match_stores_nothing(section: Section, name: str) -> None:
    stale = section.tag()
    section.api.post(section.path, item(section.kind, 5))
    with nothing_stored(section):
        answer = WRITES[name](section, if_match=stale)
    assert answer.status_code == 412
    assert answer.json()["version"] == section.version() == 2


@on_two_kinds
@pytest.mark.parametrize("name", WRITES)
def test_the_current_tag_of_another_part_passes(section: Section, name: str) -> None:
    for version, part in enumerate(("", "/analytics"), start=1):
        tag = section.api.get(section.profile_path + part)["ETag"]
        assert WRITES[name](section, if_match=tag).status_code in {200, 201, 204}
        assert section.version() == version + 1
        # The same again would change nothing, or find nothing.
        section.kind._default_manager.filter(profile=section.profile).delete()
        for number in range(3):
            make_item(section.profile, section.kind, number)


@on_two_kinds
def test_any_form_of_the_current_tag_passes_and_of_no_other(section: Section, other_user: User) -> None:
    foreign = section.tag().replace(str(section.profile.pk), str(make_profile(other_user, 0).pk))
    for number, form in enumerate(("{}", "W/{}", '"x", {}', "*")):
        stale, body = section.tag(), {section.first_field: f"New {number}"}
        assert section.api.patch(section.item_path(), body, if_match=form.format(stale)).status_code == 200
        with nothing_stored(section):
            for tag in (stale, f"W/{stale}", f'"x", {stale}', '"x"', "x", "", foreign):
                answer = section.api.patch(section.item_path(), {section.first_field: "Newer"}, if_match=tag)
                assert answer.status_code == 412, tag


@on_two_kinds
def test_a_read_that_is_current_has_no_body(section: Section) -> None:
    for path in (section.path, section.item_path()):
        answer = section.api.get(path)
        tag = answer["ETag"]
        for sent in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            for method in ("GET", "HEAD"):
                repeated = section.api.send(method, path, if_none_match=sent)
                assert (repeated.status_code, repeated["ETag"], repeated.content) == (304, tag, b"")
        assert section.api.get(path, if_none_match='"x"').json() == answer.json()
        head = section.api.head(path)
        assert (head.status_code, head["ETag"], head.content) == (200, tag, b"")
        section.api.post(section.path, item(section.kind, 10))
        assert section.api.get(path, if_none_match=tag).status_code == 200
