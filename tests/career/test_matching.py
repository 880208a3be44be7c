"""Items without ids (contract 1.1): an item of a list is looked for among the stored ones before it is made."""

import copy
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import pytest
from django.db import models
from hypothesis import HealthCheck, given, settings, strategies as st

from profiles.career.matching import Candidate, Sent, pairs, stored_ids
from profiles.modelfields import PartialDateField
from profiles.models import COMPONENTS, Award, Component, Experience, Project
from profiles_project.texts import fold
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import UserFactory, item, make_profile, profile_document
from users.models import User

database = pytest.mark.django_db
kinds = pytest.mark.parametrize("kind", COMPONENTS, ids=lambda kind: kind.plural)
methods = pytest.mark.parametrize("method", ["PUT", "PATCH"])
PROFILES = f"{API}/profiles"
NO_IDS: list[dict[str, Any]] = [{}, {"id": None}, {"id": ""}]


def listed(document: dict[str, Any], kind: type[Component]) -> list[dict[str, Any]]:
    """The kind's list of a document, the very one."""
    found: list[dict[str, Any]] = (document["skills"] if kind.in_skills else document)[kind.plural]
    return found


def nested(kind: type[Component], items: list[dict[str, Any]]) -> dict[str, Any]:
    """A part of a document that has this list alone."""
    return {"skills": {kind.plural: items}} if kind.in_skills else {kind.plural: items}


def bare(sent: dict[str, Any], *names: str) -> dict[str, Any]:
    """The item without its id and these fields."""
    return {name: value for name, value in sent.items() if name not in {"id", "version", *names}}


def faults(response: Any) -> dict[str, str]:
    """The code of each fault of a 422 by its pointer."""
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, response.content
    return {fault["pointer"]: fault["code"] for fault in response.json()["errors"]}


class Stored:
    """A stored document, and what becomes of it."""

    def __init__(self, api: ApiClient, document: dict[str, Any]) -> None:
        self.api = api
        answer = api.post(PROFILES, document)
        assert answer.status_code == HTTPStatus.CREATED, answer.content
        self.document = answer.json()
        self.path = f"{PROFILES}/{self.document['id']}"

    def send(self, method: str, body: dict[str, Any], below: str = "") -> dict[str, Any]:
        """The document after a request that succeeds."""
        answer = self.api.send(method, self.path + below, body)
        assert answer.status_code == HTTPStatus.OK, answer.content
        document: dict[str, Any] = self.api.get(self.path).json()
        return document

    def items(self, kind: type[Component], method: str, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The kind's list after it was sent."""
        return listed(self.send(method, nested(kind, items)), kind)


@pytest.fixture
def awards(api: ApiClient) -> Stored:
    """A profile with three awards, of which two agree in name and date."""
    named = (("Turing", "1966"), ("Prize", "2020"), ("Prize", "2020"))
    return Stored(api, {**profile_document(0), "awards": [item(Award, title=t, date=d) for t, d in named]})


# Whole documents --------------------------------------------------------------------------------------------------

# Few values, so that many items agree: in case, in other forms of a letter, in a date, in having none.
_TEXTS = st.sampled_from(["Straße", "STRASSE", "Ada\u0301", "ad\u00e1", "x"])
_DATES = st.sampled_from(["1999", "1999-01"])


def _items(kind: type[Component], most: int = 4) -> st.SearchStrategy[list[dict[str, Any]]]:
    identifying: dict[str, Any] = {}
    for name in kind.identities()[0]:
        field = kind._meta.get_field(name)
        values = _DATES if isinstance(field, PartialDateField) else _TEXTS
        identifying[name] = values | st.none() if field.null else values
    one = st.fixed_dictionaries({**identifying, "is_visible": st.booleans(), "number": st.integers(0, 9)})

    def as_sent(drawn: dict[str, Any]) -> dict[str, Any]:
        number = drawn.pop("number")
        return item(kind) | {"extra": {"x-number": number}} | drawn

    return st.lists(one.map(as_sent), max_size=most)


def _documents() -> st.SearchStrategy[dict[str, Any]]:
    lists = {kind.plural: _items(kind) for kind in COMPONENTS}
    skills: dict[str, Any] = {kind.plural: lists.pop(kind.plural) for kind in COMPONENTS if kind.in_skills}
    document = profile_document(2)
    return st.fixed_dictionaries(
        {
            **{name: st.just(value) for name, value in document.items()},
            **lists,
            "skills": st.fixed_dictionaries({n: st.just(v) for n, v in document["skills"].items()} | skills),
        }
    )


@dataclass(frozen=True)
class Knowledge:
    """The portions of a document's ids and of its optional keys that a client knows."""

    ids: float
    keys: float


def _as_a_client_knows_it(document: dict[str, Any], chance: random.Random, portions: Knowledge) -> dict[str, Any]:
    """The document with so much of it; the skills' details may be unknown too."""
    known: dict[str, Any] = copy.deepcopy(document)
    for kind in COMPONENTS:
        required = {"id", *kind.required_fields()}
        for each in listed(known, kind):
            if chance.random() >= portions.ids:
                each["id"] = None
            if each["id"] is None and chance.random() < 0.5:
                del each["id"]
            for name in [name for name in each if name not in required and chance.random() >= portions.keys]:
                del each[name]
    if chance.random() >= portions.keys:
        del known["skills"]["details"]
    # The order of a map's keys means nothing.
    known["custom_fields"] = dict(reversed(known["custom_fields"].items()))
    return known


in_any_document = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
knowledge = st.builds(Knowledge, ids=st.sampled_from([0, 0.5, 1]), keys=st.sampled_from([0, 0.5, 1]))


@database
@pytest.mark.slow
@in_any_document
@given(document=_documents(), seed=st.integers(0, 2**32), known=knowledge)
def test_a_document_that_was_read_and_is_sent_back_changes_nothing(
    anonymous: ApiClient, document: dict[str, Any], seed: int, known: Knowledge
) -> None:
    stored = Stored(anonymous.as_user(UserFactory.create()), document)
    sent = _as_a_client_knows_it(stored.document, random.Random(seed), known)  # noqa: S311  # nothing secret
    assert stored.send("PUT", sent) == stored.document
    assert stored.send("PATCH", sent) == stored.document
    assert stored.send("PUT", sent["skills"], "/skills") == stored.document


@database
@pytest.mark.slow
@in_any_document
@given(
    document=_documents(),
    seed=st.integers(0, 2**32),
    known=knowledge,
    method=st.sampled_from(["PUT", "PATCH"]),
)
def test_a_change_of_one_item_changes_that_item_alone(
    anonymous: ApiClient, document: dict[str, Any], seed: int, known: Knowledge, method: str
) -> None:
    stored = Stored(anonymous.as_user(UserFactory.create()), document)
    chance = random.Random(seed)  # noqa: S311  # nothing secret
    places = [(kind, n) for kind in COMPONENTS for n in range(len(listed(stored.document, kind)))]
    if not places:
        return
    kind, index = chance.choice(places)
    sent = _as_a_client_knows_it(stored.document, chance, known)
    change = {"extra": {"x-number": "changed"}}
    listed(sent, kind)[index] |= change
    after = stored.send(method, sent)
    expected = copy.deepcopy(stored.document)
    listed(expected, kind)[index] |= {**change, "version": 2}
    assert after == {**expected, "version": 2, "updated_at": after["updated_at"]}


@database
@pytest.mark.slow
@in_any_document
@given(items=_items(Project, 6), seed=st.integers(0, 2**32))
def test_items_that_move_keep_what_they_are(anonymous: ApiClient, items: list[dict[str, Any]], seed: int) -> None:
    """Where they can be told apart, each; equal ones follow in the order in which they are stored."""
    stored = Stored(anonymous.as_user(UserFactory.create()), {**profile_document(0), "projects": items})
    before = stored.document["projects"]
    moved = [(number, bare(each)) for number, each in enumerate(before)]
    random.Random(seed).shuffle(moved)  # noqa: S311  # nothing secret
    after = stored.items(Project, "PUT", [each for _, each in moved])
    assert sorted(each["id"] for each in after) == sorted(each["id"] for each in before)

    def key(each: dict[str, Any]) -> tuple[str, str]:
        return fold(each["name"]), each["start_date"]

    for each in {key(each) for each in before}:
        assert [one["id"] for one in after if key(one) == each] == [one["id"] for one in before if key(one) == each]


# The rules, one by one -------------------------------------------------------------------------------------------


@database
@kinds
@methods
@pytest.mark.parametrize("no_id", NO_IDS, ids=["absent", "null", "empty"])
def test_a_matched_item_keeps_its_id_and_what_the_client_does_not_know(
    api: ApiClient, user: User, kind: type[Component], method: str, no_id: dict[str, Any]
) -> None:
    path = f"{PROFILES}/{make_profile(user, 3).pk}"
    first, second, third = listed(api.get(path).json(), kind)
    sent = [no_id | {name: each[name] for name in kind.required_fields()} for each in (third, first, second)]
    sent[1]["extra"] = {"x-rating": 6}
    after = api.send(method, path, nested(kind, sent), check_request=no_id != {"id": ""}).json()
    assert listed(after, kind) == [third, first | {"extra": {"x-rating": 6}, "version": 2}, second]
    assert not any(each["is_visible"] for each in listed(after, kind))


@database
def test_put_of_the_skills_matches_too(api: ApiClient, user: User) -> None:
    path = f"{PROFILES}/{make_profile(user, 2).pk}"
    before = api.get(f"{path}/skills").json()
    sent = {"languages": [bare(each, "is_visible", "extra") for each in reversed(before["languages"])]}
    after = api.put(f"{path}/skills", sent).json()
    assert after["languages"] == before["languages"][::-1]
    assert after["certifications"] == before["certifications"]


@database
@methods
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_equal_items_pair_in_stored_order(awards: Stored, method: str, count: int) -> None:
    """Of more than are stored the rest is new, of fewer those left out are deleted."""
    turing, *prizes = awards.document["awards"]
    sent = [bare(prizes[0], "is_visible", "extra")] * count
    after = awards.items(Award, method, [*sent, bare(turing)])
    assert after[: min(count, 2)] == prizes[:count]
    assert after[-1] == turing
    assert len({each["id"] for each in after}) == len(after) == count + 1
    assert all(each["is_visible"] and each["version"] == 2 for each in after[2:count])


@database
@methods
def test_ids_claim_before_what_items_say(awards: Stored, method: str) -> None:
    turing, one, other = awards.document["awards"]
    # By its name the first would be the one that the second names.
    after = awards.items(Award, method, [bare(one), one, bare(turing)])
    assert after == [other | bare(one) | {"version": other["version"]}, one, turing]
    renamed = awards.items(Award, method, [turing | {"title": "Prize", "date": "2020"}, bare(turing)])
    assert [each["id"] == turing["id"] for each in renamed] == [True, False]


@database
@methods
def test_an_id_that_is_unknown_makes_a_new_item(awards: Stored, method: str) -> None:
    turing, *_ = awards.document["awards"]
    chosen = str(uuid.uuid4())
    [new] = awards.items(Award, method, [bare(turing) | {"id": chosen}])
    assert (new["id"], new["version"]) == (chosen, 2)


@database
@methods
@pytest.mark.parametrize(
    ("stored", "sent", "is_same"),
    [
        ({"title": "Stra\u00dfe"}, {"title": " STRASSE "}, True),
        ({"title": "Ad\u00e1"}, {"title": "ADA\u0301"}, True),
        ({"title": "Ada"}, {"title": "Ada "}, True),
        ({"title": "Ada"}, {"title": "Ad\u00e1"}, False),
        ({"date": "2020"}, {"date": " 2020"}, True),
        ({"date": "2020"}, {"date": "2020-01"}, False),
        ({"date": None}, {"date": None}, True),
        ({"date": None}, {"date": ""}, True),
        ({"date": "2020"}, {"date": None}, False),
        ({"date": None}, {"date": "2020"}, False),
    ],
)
def test_values_are_compared_as_they_are_stored_and_without_case(
    api: ApiClient, method: str, stored: dict[str, Any], sent: dict[str, Any], *, is_same: bool
) -> None:
    before = Stored(api, {**profile_document(0), "awards": [item(Award) | stored]})
    [award] = before.document["awards"]
    body = {"awards": [bare(award) | sent]}
    [after] = api.send(method, before.path, body, check_request=False).json()["awards"]
    assert (after["id"] == award["id"]) is is_same


@database
@methods
def test_what_leaves_nulls_out_finds_the_item_with_nulls(api: ApiClient, method: str) -> None:
    """An optional field that is absent agrees with any value, but first with none."""
    dates = ["2019", None, "2020", None]
    stored = Stored(api, {**profile_document(0), "awards": [item(Award) | {"date": date} for date in dates]})
    before = stored.document["awards"]
    after = stored.items(Award, method, [bare(before[2]), *([bare(before[1], "date")] * 2)])
    assert after == [before[2], before[1], before[3]]
    # More than have none: in stored order.
    again = stored.items(Award, method, [bare(before[1], "date")] * 3)
    assert [each["id"] for each in again] == [each["id"] for each in after]


@database
def test_a_matched_item_is_judged_like_a_known_one(api: ApiClient) -> None:
    """What a part leaves out is judged as it is stored; a PUT needs what is required."""
    stored = Stored(api, profile_document(1))
    [project] = stored.document["projects"]
    part = {name: project[name] for name in ("name", "start_date")}
    assert stored.send("PATCH", {"projects": [part]}) == stored.document
    lacking = api.put(stored.path, {"projects": [part]}, check_request=False)
    assert faults(lacking) == {"/projects/0/description": "required"}
    [job] = stored.document["experiences"]
    part = {name: job[name] for name in ("title", "company", "start_date")}
    for method in ("PUT", "PATCH"):
        early = api.send(method, stored.path, {"experiences": [part | {"end_date": "1999"}]})
        assert faults(early) == {"/experiences/0/end_date": "before_start"}


@database
@methods
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": " "}, {"title": "blank"}),
        ({"title": ["Ada"]}, {"title": "invalid"}),
        ({"start_date": "2019-13"}, {"start_date": "invalid"}),
        ({"company": None, "location": 7}, {"company": "null", "location": "invalid"}),
        ({"id": "no id", "location": 7}, {"id": "invalid", "location": "invalid"}),
        ({"id": 0}, {"id": "invalid"}),
        ({"id": []}, {"id": "invalid"}),
    ],
)
def test_an_item_that_is_at_fault_matches_nothing_and_says_why(
    api: ApiClient, method: str, change: dict[str, Any], expected: dict[str, str]
) -> None:
    stored = Stored(api, profile_document(1))
    [job] = stored.document["experiences"]
    found = faults(api.send(method, stored.path, {"experiences": [bare(job) | change]}))
    assert found == {f"/experiences/0/{name}": code for name, code in expected.items()}
    assert api.get(stored.path).json() == stored.document


@database
@pytest.mark.parametrize("lacking", ["title", "company", "start_date"])
def test_without_a_required_field_that_identifies_an_item_is_new(api: ApiClient, lacking: str) -> None:
    stored = Stored(api, profile_document(1))
    [job] = stored.document["experiences"]
    found = faults(api.patch(stored.path, {"experiences": [bare(job, lacking)]}))
    assert found == {f"/experiences/0/{lacking}": "required"}


@database
@kinds
def test_a_post_creates_and_a_list_of_changes_needs_ids(api: ApiClient, user: User, kind: type[Component]) -> None:
    path = f"{PROFILES}/{make_profile(user, 1).pk}/{kind.plural}"
    [known] = api.get(path).json()[kind.plural]
    made = api.post(path, [bare(known)]).json()
    assert made[0]["id"] != known["id"]
    for change in (api.put, api.patch):
        assert faults(change(path, [bare(known)])) == {"/0/id": "required"}


# Skills and custom fields ----------------------------------------------------------------------------------------


@database
@methods
def test_skills_and_custom_fields_that_come_back_change_nothing(api: ApiClient, user: User, method: str) -> None:
    path = f"{PROFILES}/{make_profile(user, 3).pk}"
    before = api.get(path).json()
    names = {name: before["skills"][name] for name in ("technical", "soft")}
    details = [{name: each[name] for name in ("kind", "name", "level")} for each in before["skills"]["details"]]
    backwards = dict(reversed(before["custom_fields"].items()))
    for sent in (names, names | {"details": details[::-1]}, {"details": before["skills"]["details"]}, {}):
        assert api.send(method, path, {"skills": sent, "custom_fields": backwards}).json() == before
    assert api.put(f"{path}/custom-fields", backwards).json() == before["custom_fields"]
    assert api.get(path).json() == before


@database
def test_a_new_custom_field_stands_behind_those_that_are_known(api: ApiClient, user: User) -> None:
    path = f"{PROFILES}/{make_profile(user, 3).pk}"
    before = api.get(path).json()["custom_fields"]
    after = api.patch(path, {"custom_fields": {"new": 1, **dict(reversed(before.items()))}}).json()
    assert list(after["custom_fields"].items()) == [*before.items(), ("new", 1)]


# The matcher ------------------------------------------------------------------------------------------------------


@pytest.mark.pure
@kinds
def test_a_kind_is_identified_by_texts_alone(kind: type[Component]) -> None:
    sets = kind.identities()
    fields = [kind._meta.get_field(name) for names in sets for name in names]
    assert all(sets)
    assert all(isinstance(field, (models.CharField, models.TextField)) for field in fields)


@pytest.mark.pure
def test_a_kind_that_names_no_fields_is_identified_by_those_that_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    Experience.identities.cache_clear()
    monkeypatch.setattr(Experience, "identity", ())
    try:
        assert Experience.identities() == (("title", "company", "start_date"), ("title",))
    finally:
        Experience.identities.cache_clear()


@pytest.mark.pure
def test_what_says_more_claims_first_but_for_a_list_that_comes_back_as_it_is() -> None:
    stored = {1: {"a": "x", "b": "y"}, 2: {"a": "x", "b": "y"}}
    little, much = Sent[int](values={"a": "x"}), Sent[int](values={"a": "X", "b": "Y"})
    assert stored_ids([little, much], stored) == {0: 1, 1: 2}
    assert stored_ids([little, much, little], stored) == {1: 1, 0: 2}
    assert stored_ids([little, Sent(id=1)], stored) == {0: 2}
    assert stored_ids([Sent(id=1), little], stored) == {1: 2}
    assert stored_ids([Sent(), little], stored) == {1: 1}
    assert stored_ids([little], {}) == {}


class Counting(dict[str, Any]):
    """Values that count how often they are looked at."""

    looks = 0

    def __getitem__(self, name: str) -> Any:
        Counting.looks += 1
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        Counting.looks += 1
        return super().get(name, default)


def _candidates(count: int, *, are_equal: bool, half: bool) -> Iterator[Candidate[int]]:
    for number in range(count):
        values = {"a": "x", "b": "y" if are_equal else str(number)}
        yield Candidate(number, Counting({"a": "x"} if half and number % 2 else values))


@pytest.mark.pure
@pytest.mark.parametrize("are_equal", [False, True])
@pytest.mark.parametrize("half", [False, True])
def test_the_work_grows_with_the_lists_and_not_with_their_square(*, are_equal: bool, half: bool) -> None:
    looks = []
    for count in (1_000, 2_000):
        Counting.looks = 0
        ones, others = (list(_candidates(count, are_equal=are_equal, half=each)) for each in (half, False))
        assert len(dict(pairs([("a", "b")], ones, others))) == count
        looks.append(Counting.looks)
    assert looks[1] == 2 * looks[0]
