"""The profiles that the comparison generates are such as the service takes itself."""

import secrets
import unicodedata
from pathlib import Path

import psycopg
import pytest

from profiles.models import COMPONENTS, Profile, Skill
from profiles_project.texts import fold, search_key
from tests.support.service.live import Caller, service
from tests.support.service.servers import postgresql

# What it needs beside the development requirements comes with those of the comparison.
data = pytest.importorskip("bench.careers.data")
parity = pytest.importorskip("bench.parity")
search = pytest.importorskip("bench.trials.search")
pytestmark = [pytest.mark.own_servers]
HOW_MANY = 3
# What a generated profile has of each kind that is not in the skills section.
LISTS = {
    "experiences": 8,
    "education": 3,
    "projects": 5,
    "volunteering": 1,
    "awards": 1,
    "publications": 1,
    "interests": 2,
    "references": 0,
}


def test_a_generated_profile_sent_back_as_it_was_read_is_valid_and_changes_nothing(tmp_path: Path) -> None:
    key = secrets.token_hex(32)
    with postgresql() as database:
        variables = {"DATABASE_URL": database.url, "JWT_SIGNING_KEY": key, "RATELIMIT_ENABLE": "false"}
        with service(tmp_path, **variables) as port:
            assert data.generate(database.url, HOW_MANY) == HOW_MANY * data.ROWS
            assert data.generate(database.url, HOW_MANY) == 0
            targets = data.targets(database.url, HOW_MANY, key)
            assert len({target.profile_id for target in targets}) == HOW_MANY
            for target in targets:
                caller = Caller(port)
                caller.token = target.token
                read = caller.send("GET", f"/profiles/{target.profile_id}")
                analytics = caller.send("GET", f"/profiles/{target.profile_id}/analytics")
                assert str(analytics.json["completeness"]["overall"]) == data.SCORE
                first = caller.send("GET", f"/profiles/{target.profile_id}/history/1")
                assert len(first.json["experiences"]) == LISTS["experiences"] + 1
                written = caller.send("PUT", f"/profiles/{target.profile_id}", read.json)
                caller.close()
                assert (read.status, written.status) == (200, 200), written
                assert written.json == read.json
                assert {name: len(read.json[name]) for name in LISTS} == LISTS
                assert len(read.json["skills"]["technical"]) + len(read.json["skills"]["soft"]) == 20
                assert read.json["custom_fields"]["notice_period_weeks"] > 0


def test_people_to_search_are_as_the_service_stores_them_and_have_nothing_below_their_profiles(tmp_path: Path) -> None:
    many = 300
    with postgresql() as database, service(tmp_path, DATABASE_URL=database.url):
        assert data.generate(database.url, many, tables=search.TABLES) == many * len(search.TABLES)
        with psycopg.connect(database.url) as connection:
            people = connection.execute("SELECT full_name, email, search_key, is_active FROM users_user").fetchall()
            careers = connection.execute("SELECT full_name, email, search_key, score FROM profiles_profile").fetchall()
            below = connection.execute("SELECT count(*) FROM profiles_experience").fetchone()
    assert len(people) == len(careers) == many
    assert below == (0,)
    for name, email, key, _ in (*people, *careers):
        assert key == search_key(name, email)
    assert any("-" in name for name, *_ in people)
    assert {is_active for *_, is_active in people} == {True, False}
    assert all(20 <= score <= 100 for *_, score in careers if score is not None)


def test_every_page_of_the_desk_that_is_measured_has_an_address_and_a_title_of_its_own() -> None:
    one, other = (search.Someone(number, f"id-{number}", f"person{number:09}@example.org", "A B") for number in (1, 2))
    kinds = list(search.cases())
    assert len({(group, case.title) for group, case in kinds}) == len(kinds)
    for _, case in kinds:
        if case.finds:
            assert case.address(one, 0) != case.address(other, 0), case.title


@pytest.mark.parametrize("kind", ["TECHNICAL", "SOFT"])
def test_the_generator_folds_skills_as_the_service_does(kind: str) -> None:
    for name, key in getattr(data, kind):
        assert key == fold(name)
        assert name == unicodedata.normalize("NFC", name)


def test_the_profile_that_all_services_must_show_alike_has_every_list_and_every_member() -> None:
    assert set(parity.FULL["personal_info"]) == set(Profile.PERSONAL_INFO)
    # All of the top but the label, which is never empty.
    assert set(Profile.TOP) - set(parity.FULL) == {"label"}
    # The comparison's services are written by hand, and may lack a kind that is new.
    for model in (kind for kind in COMPONENTS if kind.in_skills or kind.plural in LISTS):
        items = (parity.FULL["skills"] if model.in_skills else parity.FULL)[model.plural]
        # One that has them all, and one of which most are missing.
        assert set().union(*items) == set(model.content_fields()), model
    assert {name for each in parity.FULL["skills"]["details"] for name in each} == {"kind", "name", *Skill.DETAILS}


def test_a_person_is_the_same_however_many_there_are() -> None:
    one, other = data.Author(data.SEED), data.Author(data.SEED)
    table = data.TABLES[0]
    alone = list(one.rows(table, 7))
    list(other.rows(table, 6))
    assert alone == list(other.rows(table, 7))
    assert alone != list(data.Author(data.SEED + 1).rows(table, 7))
