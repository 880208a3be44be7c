"""Accounts: made, entered, looked at, changed, left."""

import logging
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.db import OperationalError
from rest_framework_simplejwt.exceptions import TokenError

from profiles_project.texts import fold
from tests.support.client import ApiClient
from tests.support.concurrency import at_once
from tests.support.contract import API, contract
from tests.support.factories import PASSWORD, UserFactory
from tests.support.queries import statements
from users.exports import account_document
from users.models import SecurityEvent, Session, User
from users.tokens import RefreshToken

pytestmark = pytest.mark.django_db

NEW = "Difference-Engine-2"


def auth(route: str) -> str:
    return f"{API}/auth/{route}"


def registration(**changes: Any) -> dict[str, Any]:
    return {"email": "grace@example.com", "password": PASSWORD, "full_name": "Grace Hopper", **changes}


def faults(answer: Any) -> set[tuple[str, str]]:
    assert answer.status_code == 422
    return {(error["pointer"], error["code"]) for error in answer.json()["errors"]}


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a password was hashed, to store it or to compare it."""
    counter: Counter[str] = Counter()

    def counted(name: str) -> Any:
        plain = getattr(Argon2PasswordHasher, name)

        def method(self: Argon2PasswordHasher, *args: Any) -> Any:
            counter[name] += 1
            return plain(self, *args)

        return method

    for name in ("encode", "verify"):
        monkeypatch.setattr(Argon2PasswordHasher, name, counted(name))
    return counter


class TestRegister:
    def test_it_stores_the_account_and_logs_in(self, anonymous: ApiClient) -> None:
        answer = anonymous.post(auth("register"), registration(), headers={"User-Agent": "App/1"})
        assert answer.status_code == 201
        body = answer.json()
        user = User.objects.get()
        assert body["user"] == {
            "id": user.pk,
            "email": "grace@example.com",
            "full_name": "Grace Hopper",
            "created_at": body["user"]["created_at"],
        }
        assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
        assert ApiClient(body["access_token"]).get(auth("me")).json()["is_verified"] is False
        assert user.check_password(PASSWORD)
        assert user.password.startswith("argon2$")
        assert user.sessions.get().user_agent == "App/1"
        assert user.mails.get().kind == "verify"

    def test_texts_are_stripped_and_composed_and_the_password_is_not(self, anonymous: ApiClient) -> None:
        password = "  Cafe\u0301-au-lait-9 "
        body = registration(
            email="  Grace@Example.com ", full_name=" Zoe\u0308 ", password=password, is_staff=True, id=5
        )
        answer = anonymous.post(auth("register"), body)
        assert answer.json()["user"]["email"] == "Grace@Example.com"
        assert answer.json()["user"]["full_name"] == "Zo\u00eb"
        user = User.objects.get()
        assert not user.is_staff
        assert check_password(password, user.password)
        assert not check_password(password.strip(), user.password)

    @pytest.mark.parametrize("email", ["grace@example.com", "GRACE@Example.COM", " grace@example.com "])
    def test_an_address_that_is_taken_is_a_conflict(self, anonymous: ApiClient, email: str) -> None:
        UserFactory.create(email="Grace@example.com")
        answer = anonymous.post(auth("register"), registration(email=email))
        assert answer.status_code == 409
        assert answer.json()["detail"] == "An account with this e-mail address already exists."
        assert User.objects.count() == 1

    @pytest.mark.parametrize(
        ("stored", "sent"), [("straße@example.com", "STRASSE@example.com"), ("ärger@example.com", "ÄRGER@example.com")]
    )
    def test_case_is_folded_beyond_ascii(self, stored: str, sent: str) -> None:
        user = UserFactory.create(email=stored)
        assert User.objects.get_by_natural_key(sent) == user

    def test_all_faults_come_at_once(self, anonymous: ApiClient) -> None:
        answer = anonymous.post(auth("register"), {"email": "no", "password": "qz", "full_name": " "})
        assert faults(answer) == {
            ("/email", "invalid"),
            ("/full_name", "blank"),
            ("/password", "password_too_short"),
            ("/password", "password_no_upper"),
            ("/password", "password_no_digit"),
        }
        assert not User.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"email": None}, {("/email", "null")}),
            ({"email": 5}, {("/email", "invalid")}),
            ({"email": "a" * 250 + "@example.com"}, {("/email", "max_length")}),
            ({"full_name": "x" * 101}, {("/full_name", "max_length")}),
            ({"full_name": ["x"]}, {("/full_name", "invalid")}),
            ({"password": None}, {("/password", "null")}),
            ({"password": ""}, {("/password", "blank")}),
            ({"password": 12345678}, {("/password", "invalid")}),
            ({"password": PASSWORD, "full_name": 7, "email": {}}, {("/full_name", "invalid"), ("/email", "invalid")}),
        ],
    )
    def test_a_fault_is_named(
        self, anonymous: ApiClient, changes: dict[str, Any], expected: set[tuple[str, str]]
    ) -> None:
        assert expected <= faults(anonymous.post(auth("register"), registration(**changes)))

    def test_a_missing_key_is_named(self, anonymous: ApiClient) -> None:
        expected = {("/email", "required"), ("/password", "required"), ("/full_name", "required")}
        assert faults(anonymous.post(auth("register"), {})) == expected
        assert anonymous.post(auth("register")).status_code == 400
        assert faults(anonymous.post(auth("register"), [])) == {("", "invalid")}

    def test_the_longest_texts_fit(self, anonymous: ApiClient) -> None:
        # Each of these letters folds to three.
        email = f"{'ΐ' * 64}@{'a' * 63}.{'b' * 63}.{'c' * 57}.de"
        answer = anonymous.post(
            auth("register"), registration(email=email, full_name="ΐ" * 100, password="Aa1" + "ΐ" * 125)
        )
        assert answer.status_code in {201, 422}
        user = UserFactory.create(email="ΐ" * 254)
        assert user.email_key == fold("ΐ" * 254)

    def test_much_text_takes_little_time(self, anonymous: ApiClient, hashes: Counter[str]) -> None:
        """The comparison with name and address is quadratic in what is not bounded."""
        body = registration(full_name="a " * 200_000, email="b." * 100_000, password="Aa1" * 100_000)
        answer = anonymous.post(auth("register"), body)
        assert {("/full_name", "max_length"), ("/email", "max_length"), ("/password", "password_too_long")} <= faults(
            answer
        )
        assert not hashes


@pytest.mark.django_db(transaction=True)
def test_of_ten_registrations_at_once_one_is_stored() -> None:
    contract()
    emails = ["grace@example.com", "Grace@Example.com"] * 5
    answers = at_once(
        *(lambda email=email: ApiClient().post(auth("register"), registration(email=email)) for email in emails)
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 9}
    assert User.objects.count() == 1
    assert Session.objects.count() == 1


class TestPasswordRules:
    TABLE: tuple[tuple[str, set[str]], ...] = (
        ("Aa1aaaa", {"password_too_short"}),
        ("Aa1" + "x" * 126, {"password_too_long"}),
        ("Aa1" + "x" * 125, set()),
        ("Zq9!mmvt", set()),
        ("abcdefg1x", {"password_no_upper"}),
        ("ABCDEFG1X", {"password_no_lower"}),
        ("Abcdefghx", {"password_no_digit"}),
        ("........", {"password_no_upper", "password_no_lower", "password_no_digit"}),
        ("Password1", {"password_too_common"}),
        ("PaSsWoRd1", {"password_too_common"}),
        ("Grace.Hopper1", {"password_too_similar"}),
        ("Amazing1Gracehopper@navy.mil", {"password_too_similar"}),
        ("Пароль12345", set()),
        ("Æther²²²²", {"password_no_digit"}),
        ("Aa1     ", set()),
        (" \tAa1\t\t ", set()),
        ("qz", {"password_too_short", "password_no_upper", "password_no_digit"}),
    )

    @pytest.mark.parametrize(("password", "codes"), TABLE, ids=[repr(row[0][:30]) for row in TABLE])
    def test_each_broken_rule_is_a_fault(self, anonymous: ApiClient, password: str, codes: set[str]) -> None:
        body = registration(email="gracehopper@navy.mil", password=password)
        answer = anonymous.post(auth("register"), body)
        if codes:
            assert faults(answer) == {("/password", code) for code in codes}
        else:
            assert answer.status_code == 201
            assert User.objects.get().check_password(password)

    @pytest.mark.parametrize(("password", "codes"), TABLE, ids=[repr(row[0][:30]) for row in TABLE])
    def test_a_change_keeps_the_same_rules(self, password: str, codes: set[str]) -> None:
        user = UserFactory.create(email="gracehopper@navy.mil", full_name="Grace Hopper")
        body = {"current_password": PASSWORD, "new_password": password}
        answer = ApiClient().as_user(user).post(auth("change-password"), body)
        if codes:
            assert faults(answer) == {("/new_password", code) for code in codes}
        else:
            assert answer.status_code == 200

    @pytest.mark.parametrize("password", ["Aa1\x00aaaaa", "Aa1\ud800aaaaa"])
    def test_what_no_text_may_hold_is_refused(self, anonymous: ApiClient, password: str) -> None:
        answer = anonymous.post(auth("register"), registration(password=password), check_request=False)
        assert answer.status_code in {400, 422}


class TestLogin:
    def test_it_brings_tokens_and_a_session(
        self, anonymous: ApiClient, user: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        credentials = {"email": f" {user.email.upper()} ", "password": PASSWORD}
        with caplog.at_level(logging.INFO, "security"):
            answer = anonymous.post(auth("login"), credentials, headers={"User-Agent": "App\t2 \x01" + "x" * 300})
        assert answer.status_code == 200
        assert answer.json()["user"]["id"] == user.pk
        session = user.sessions.get()
        assert session.user_agent == ("App 2  " + "x" * 300)[:200]
        assert f"login user={user.pk} session={session.pk}" in caplog.messages
        assert user.email not in caplog.text

    def test_every_refusal_is_the_same_and_costs_one_hash(self, hashes: Counter[str]) -> None:
        inactive, active, unusable = (
            UserFactory.create(is_active=False),
            UserFactory.create(),
            UserFactory.create(password=None),
        )
        tries = [
            ("nobody@example.com", PASSWORD),
            (active.email, "Wrong-Password-1"),
            (active.email, PASSWORD + " "),
            (active.email, "x" * 10_000),
            (inactive.email, PASSWORD),
            (inactive.email, "Wrong-Password-1"),
            (unusable.email, PASSWORD),
            ("not an address", PASSWORD),
            ("ß" * 900, PASSWORD),
            ("' OR 1=1 --", PASSWORD),
        ]
        answers = []
        for email, password in tries:
            hashes.clear()
            with statements() as found:
                answers.append(ApiClient().post(auth("login"), {"email": email, "password": password}))
            # One look-up to judge, one for the id in the event, and the event, which is kept for unknown ones too.
            assert (hashes.total(), len(found)) == (1, 3), email
        documents = [{**answer.json(), "request_id": ""} for answer in answers]
        assert all(document == documents[0] for document in documents)
        assert documents[0]["status"] == 401
        assert documents[0]["detail"].startswith("Invalid credentials")
        assert documents[0]["type"].endswith("/invalid-credentials")
        assert {answer["WWW-Authenticate"] for answer in answers} == {'Bearer realm="api"'}
        assert not Session.objects.exists()

    def test_success_costs_one_hash_too(self, anonymous: ApiClient, user: User, hashes: Counter[str]) -> None:
        hashes.clear()
        assert anonymous.post(auth("login"), {"email": user.email, "password": PASSWORD}).status_code == 200
        assert hashes == {"verify": 1}

    @pytest.mark.parametrize("email", ["a\x00b@example.com", "\x00", "\ud800@example.com"])
    def test_an_address_that_no_text_may_hold_is_refused(self, anonymous: ApiClient, email: str) -> None:
        answer = anonymous.post(auth("login"), {"email": email, "password": PASSWORD}, check_request=False)
        assert answer.status_code in {400, 422}

    def test_faults_are_named(self, anonymous: ApiClient) -> None:
        assert faults(anonymous.post(auth("login"), {})) == {("/email", "required"), ("/password", "required")}
        wrong = {"email": 5, "password": 5}
        assert faults(anonymous.post(auth("login"), wrong)) == {("/email", "invalid"), ("/password", "invalid")}

    def test_a_password_changed_meanwhile_gets_no_session(self, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        def changes_meanwhile(self: User, raw_password: str) -> bool:
            User.objects.filter(pk=user.pk).update(password="another")
            return True

        monkeypatch.setattr(User, "check_password", changes_meanwhile)
        answer = ApiClient().post(auth("login"), {"email": user.email, "password": PASSWORD})
        assert answer.status_code == 401
        assert not user.sessions.exists()


@pytest.mark.usefixtures("production_hashers")
def test_the_hash_is_argon2id(anonymous: ApiClient) -> None:
    assert anonymous.post(auth("register"), registration()).status_code == 201
    assert User.objects.get().password.startswith("argon2$argon2id$")
    assert anonymous.post(auth("login"), registration()).status_code == 200


class TestMe:
    def test_it_shows_the_account(self, api: ApiClient, user: User) -> None:
        answer = api.get(auth("me"))
        assert answer.status_code == 200
        body = answer.json()
        assert set(body) == {
            *("id", "email", "full_name", "language"),
            *("is_active", "is_verified", "created_at", "updated_at"),
        }
        assert (body["id"], body["email"], body["is_active"]) == (user.pk, user.email, True)
        assert api.head(auth("me")).status_code == 200

    def test_the_name_changes_and_nothing_else(self, api: ApiClient, user: User) -> None:
        whole = api.get(auth("me")).json() | {"full_name": " Ada  King ", "is_verified": True, "email": "x@example.com"}
        answer = api.patch(auth("me"), whole, check_request=False)
        assert answer.status_code == 200
        before, after = whole, answer.json()
        assert (after["full_name"], after["email"], after["is_verified"]) == ("Ada  King", user.email, False)
        assert after["updated_at"] > before["updated_at"]
        assert api.get(auth("me")).json() == after

    def test_nothing_sent_changes_nothing(self, api: ApiClient) -> None:
        before = api.get(auth("me")).json()
        assert api.patch(auth("me"), {}).json() == before
        assert api.patch(auth("me"), {"full_name": before["full_name"]}).json() == before

    @pytest.mark.parametrize(
        ("value", "code"), [("", "blank"), ("  ", "blank"), (None, "null"), ("x" * 101, "max_length"), (5, "invalid")]
    )
    def test_a_name_that_is_none_is_refused(self, api: ApiClient, user: User, value: Any, code: str) -> None:
        assert faults(api.patch(auth("me"), {"full_name": value})) == {("/full_name", code)}
        user.refresh_from_db()
        assert user.full_name == "Ada Lovelace"

    def test_it_takes_no_other_method(self, api: ApiClient) -> None:
        for send in (api.post, api.put, api.delete):
            assert send(auth("me"), {}).status_code == 405


class TestChangePassword:
    def test_it_changes_and_ends_every_other_session(self, user: User, caplog: pytest.LogCaptureFixture) -> None:
        here, there = ApiClient().as_user(user), ApiClient().as_user(user)
        with caplog.at_level(logging.INFO, "security"):
            answer = here.post(auth("change-password"), {"current_password": PASSWORD, "new_password": NEW})
        assert answer.json() == {"message": "Password changed successfully"}
        assert here.get(auth("me")).status_code == 200
        assert there.get(auth("me")).status_code == 401
        user.refresh_from_db()
        assert user.check_password(NEW)
        assert [mail.kind for mail in user.mails.all()] == ["password_notice"]
        lines = [record.getMessage() for record in caplog.records if record.name == "security"]
        assert lines[0] == f"password_changed user={user.pk} session={user.sessions.live().get().pk}"

    def test_a_wrong_password_is_refused_and_the_token_is_not_blamed(self, api: ApiClient, user: User) -> None:
        answer = api.post(auth("change-password"), {"current_password": "Wrong-Password-1", "new_password": NEW})
        assert answer.status_code == 401
        assert answer.json()["detail"] == "Current password is incorrect."
        assert answer.json()["type"].endswith("/wrong-password")
        assert "error=" not in answer["WWW-Authenticate"]
        user.refresh_from_db()
        assert user.check_password(PASSWORD)
        assert not user.mails.exists()

    def test_the_same_password_is_refused(self, api: ApiClient) -> None:
        answer = api.post(auth("change-password"), {"current_password": PASSWORD, "new_password": PASSWORD})
        assert faults(answer) == {("/new_password", "unchanged")}

    def test_faults_are_named(self, api: ApiClient) -> None:
        expected = {("/current_password", "required"), ("/new_password", "required")}
        assert faults(api.post(auth("change-password"), {})) == expected

    def test_django_s_own_ways_to_change_it_end_all_sessions_too(self, user: User) -> None:
        device = ApiClient().as_user(user)
        user.full_name = "Countess"
        user.save()
        assert device.get(auth("me")).status_code == 200
        user.set_password(NEW)
        user.save()
        assert device.get(auth("me")).status_code == 401

    def test_the_renewal_of_an_old_hash_ends_none(self, user: User) -> None:
        device, old = ApiClient().as_user(user), make_password(PASSWORD, hasher="pbkdf2_sha256")
        User.objects.filter(pk=user.pk).update(password=old)
        assert ApiClient().post(auth("login"), {"email": user.email, "password": PASSWORD}).status_code == 200
        user.refresh_from_db()
        assert user.password.startswith("argon2$")
        assert device.get(auth("me")).status_code == 200

    @pytest.mark.django_db(transaction=True)
    def test_of_several_at_once_one_wins(self, user: User) -> None:
        contract()
        clients = [ApiClient().as_user(user) for _ in range(5)]
        bodies = [{"current_password": PASSWORD, "new_password": f"{NEW}{n}"} for n in range(5)]
        calls = [
            lambda client=client, body=body: client.post(auth("change-password"), body)
            for client, body in zip(clients, bodies, strict=True)
        ]
        answers = at_once(*calls)
        assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 4}
        winner = next(n for n, answer in enumerate(answers) if answer.status_code == 200)
        user.refresh_from_db()
        assert user.check_password(f"{NEW}{winner}")
        assert user.sessions.live().count() == 1
        assert clients[winner].get(auth("me")).status_code == 200


class TestLogout:
    def tokens(self, user: User) -> dict[str, Any]:
        return dict(ApiClient().post(auth("login"), {"email": user.email, "password": PASSWORD}).json())

    def test_it_ends_the_session_of_the_access_token(self, user: User) -> None:
        tokens, other = self.tokens(user), self.tokens(user)
        client = ApiClient(tokens["access_token"])
        assert client.post(auth("logout")).status_code == 200
        assert client.get(auth("me")).status_code == 401
        assert client.post(auth("logout")).status_code == 401
        for old, status in ((tokens, 401), (other, 200)):
            answer = ApiClient().post(auth("refresh"), {"refresh_token": old["refresh_token"]})
            assert answer.status_code == status

    def test_it_ends_the_session_of_a_refresh_token_too(self, user: User) -> None:
        tokens, other, third = self.tokens(user), self.tokens(user), self.tokens(user)
        body = {"refresh_token": other["refresh_token"]}
        assert ApiClient(tokens["access_token"]).post(auth("logout"), body).status_code == 200
        assert ApiClient(other["access_token"]).get(auth("me")).status_code == 401
        assert ApiClient(third["access_token"]).get(auth("me")).status_code == 200

    def test_it_ends_nobody_elses(self, api: ApiClient, other_user: User) -> None:
        tokens = self.tokens(other_user)
        assert api.post(auth("logout"), {"refresh_token": tokens["refresh_token"]}).status_code == 200
        assert ApiClient(tokens["access_token"]).get(auth("me")).status_code == 200

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"refresh_token": None},
            {"refresh_token": "x.y.z"},
            {"refresh_token": 5},
            {"refresh_token": [[]]},
            [],
            ["x"],
            "x",
            5,
            None,
        ],
    )
    def test_a_broken_token_is_ignored(self, api: ApiClient, body: Any) -> None:
        answer = api.post(auth("logout"), body, check_request=False)
        assert answer.json() == {"message": "Logged out successfully"}
        assert api.get(auth("me")).status_code == 401

    def test_broken_json_is_not(self, api: ApiClient) -> None:
        assert api.post(auth("logout"), data=b"{").status_code == 400
        assert api.get(auth("me")).status_code == 200


class TestSessions:
    def test_the_live_ones_are_listed_newest_first(self, user: User, other_user: User) -> None:
        first, second, ended, expired = (Session.objects.start(user, f"App/{n}") for n in range(4))
        Session.objects.start(other_user, "App/5")
        Session.objects.filter(pk=ended.pk).end()
        Session.objects.filter(pk=expired.pk).update(expires_at=expired.created_at)
        api = ApiClient().as_user(user)
        current = user.sessions.latest("created_at", "id")
        answer = api.get(auth("sessions"))
        assert [row["id"] for row in answer.json()["sessions"]] == [str(row.pk) for row in (current, second, first)]
        assert [row["is_current"] for row in answer.json()["sessions"]] == [True, False, False]
        assert answer.json()["sessions"][2]["user_agent"] == "App/0"
        assert set(answer.json()["sessions"][0]) == {"id", "created_at", "last_used_at", "user_agent", "is_current"}
        assert answer.json()["pagination"]["total"] == 3

    def test_they_come_in_pages(self, user: User) -> None:
        api = ApiClient().as_user(user)
        for number in range(3):
            Session.objects.start(user, f"App/{number}")
        answer = api.get(auth("sessions"), query={"limit": 2, "offset": 1})
        assert len(answer.json()["sessions"]) == 2
        assert answer.json()["pagination"] == {
            "total": 4,
            "limit": 2,
            "offset": 1,
            "has_next": True,
            "has_previous": True,
        }
        assert 'rel="next"' in answer["Link"]
        assert api.get(auth("sessions"), query={"limit": 0}).status_code == 422

    @pytest.mark.parametrize("count", [1, 3, 60])
    def test_the_list_costs_three_queries(self, user: User, count: int) -> None:
        api = ApiClient().as_user(user)
        for number in range(count):
            Session.objects.start(user, f"App/{number}")
        with statements() as found:
            assert api.get(auth("sessions")).status_code == 200
        assert len(found) == 3

    @pytest.mark.parametrize(
        "spelling",
        [
            str,
            lambda pk: str(pk).upper(),
            lambda pk: pk.hex,
            lambda pk: pk.urn,
            lambda pk: f"%7B{pk}%7D",
        ],
    )
    def test_one_is_ended(self, user: User, api: ApiClient, spelling: Callable[[uuid.UUID], str]) -> None:
        other = ApiClient().as_user(user)
        victim = user.sessions.latest("id").pk
        assert api.delete(auth(f"sessions/{spelling(victim)}")).status_code == 204
        assert api.delete(auth(f"sessions/{victim}")).status_code == 404
        assert other.get(auth("me")).status_code == 401
        assert api.get(auth("me")).status_code == 200

    def test_the_current_one_can_be_ended(self, user: User, api: ApiClient) -> None:
        assert api.delete(auth(f"sessions/{user.sessions.get().pk}")).status_code == 204
        assert api.get(auth("me")).status_code == 401

    def test_others_and_unknown_ones_are_not_found(self, api: ApiClient, other_user: User) -> None:
        foreign = Session.objects.start(other_user, "App")
        for name in (foreign.pk, uuid.uuid4(), "x", "1", "0" * 5000):
            assert api.delete(auth(f"sessions/{name}")).status_code == 404
        foreign.refresh_from_db()
        assert foreign.is_live

    def test_nobody_lists_or_ends_without_a_token(self, anonymous: ApiClient, user: User) -> None:
        session = Session.objects.start(user, "App")
        assert anonymous.get(auth("sessions")).status_code == 401
        assert anonymous.delete(auth(f"sessions/{session.pk}")).status_code == 401


class TestCheckEmail:
    def test_it_tells_whether_an_address_is_free(self, anonymous: ApiClient, user: User) -> None:
        free = anonymous.get(auth("check-email"), query={"email": "free@example.com"})
        assert free.json() == {"email": "free@example.com", "available": True}
        taken = anonymous.get(auth("check-email"), query={"email": user.email.upper()})
        assert taken.json() == {"email": user.email.upper(), "available": False}

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ({}, "required"),
            ({"email": ""}, "blank"),
            ({"email": "no"}, "invalid"),
            ({"email": "a\x00@example.com"}, None),
        ],
    )
    def test_a_bad_parameter_is_named(self, anonymous: ApiClient, query: dict[str, str], code: str | None) -> None:
        answer = anonymous.get(auth("check-email"), query=query)
        assert answer.status_code == 422
        (fault,) = answer.json()["errors"]
        assert fault["parameter"] == "email"
        assert code in {None, fault["code"]}


def test_the_own_data_hold_no_secret(user: User, api: ApiClient) -> None:
    api.post(auth("resend-verification"))
    document = account_document(user)
    assert document["account"]["email"] == user.email
    assert len(document["sessions"]) == len(document["mails"]) == 1
    assert user.password not in str(document)
    assert str(user.sessions.get().token_id) not in str(document)


def test_the_same_arguments_make_the_same_token(user: User) -> None:
    session = Session.objects.start(user, "App")
    stored = Session.objects.get(pk=session.pk)
    once, twice = (RefreshToken.issue(row, row.token_id, row.rotated_at) for row in (session, stored))
    assert once == twice
    assert RefreshToken.parse(once).belongs_to(stored)
    with pytest.raises(TokenError):
        RefreshToken.parse(once[:-1])


def test_an_event_that_can_not_be_kept_makes_no_failure_of_what_has_happened(
    anonymous: ApiClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(**_: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(SecurityEvent.objects, "create", away)
    caplog.set_level(logging.INFO, "security")
    assert anonymous.post(auth("register"), registration()).status_code == 201
    assert "account_registered" in caplog.text


def test_register_costs_no_more_queries_than_it_must(anonymous: ApiClient) -> None:
    with statements() as found:
        assert anonymous.post(auth("register"), registration()).status_code == 201
    assert [sql.split('"')[:2] for sql in found] == [
        ["INSERT INTO ", table] for table in ("users_user", "users_session", "users_mail", "users_securityevent")
    ]
