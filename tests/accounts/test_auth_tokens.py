"""Access and refresh tokens: what they are made of, what is refused, and how a refresh token is traded in."""

import base64
import datetime as dt
import json
import logging
import uuid
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from django.conf import settings

from profiles_project.database import clock
from tests.support.client import ApiClient
from tests.support.concurrency import at_once
from tests.support.contract import API, contract
from tests.support.factories import PASSWORD, UserFactory
from tests.support.queries import statements
from users.models import REFRESH_GRACE, Session, User
from users.tokens import AccessToken, RefreshToken

pytestmark = pytest.mark.django_db

ME = f"{API}/auth/me"
REFRESH = f"{API}/auth/refresh"
CLAIMS = ("jti", "sid", "sub", "iat", "exp", "iss", "aud", "token_type")
# What no claim of ours is.
ODD: tuple[Any, ...] = (
    None,
    True,
    1.5,
    10**18,
    10**40,
    "",
    "x",
    "-7",
    "9" * 5000,
    [],
    ["a"],
    {},
    {"a": 1},
    "\x00",
    "\ud800",
)
JWT = settings.SIMPLE_JWT


def claims_of(token: str) -> dict[str, Any]:
    options = {"verify_signature": False, "verify_aud": False}
    return dict(jwt.decode(token, options=options))  # type: ignore[arg-type]  # a TypedDict of theirs


def signed(claims: dict[str, Any], *, key: str = JWT["SIGNING_KEY"], algorithm: str = "HS256") -> str:
    """A token with just these claims, signed by any means."""
    text = jwt.api_jws.encode(json.dumps(claims).encode(), key, algorithm=algorithm)
    return str(text)


def with_odd(claims: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """The claims without the named one, and with each odd value for it."""
    rest = {key: value for key, value in claims.items() if key != name}
    yield rest
    for value in ODD:
        yield {**rest, name: value}


def log_in(user: User) -> dict[str, Any]:
    answer = ApiClient().post(f"{API}/auth/login", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 200
    return dict(answer.json())


def refresh(token: Any) -> Any:
    return ApiClient().post(REFRESH, {"refresh_token": token}, check_request=False)


def age(session: Session, seconds: float) -> None:
    """Make the session's current token that much older."""
    Session.objects.filter(pk=session.pk).update(rotated_at=session.rotated_at - dt.timedelta(seconds=seconds))


def assert_refused(answer: Any) -> None:
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert answer.json()["detail"] == "The access token is invalid or has expired."


def assert_not_refreshed(answer: Any) -> None:
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer.json()["detail"].startswith("Invalid refresh token")
    assert answer.json()["type"].endswith("/invalid-refresh-token")


class TestAccessToken:
    def test_it_carries_session_user_and_an_hour(self, user: User) -> None:
        before = int(clock.now().timestamp())
        answer = log_in(user)
        claims = claims_of(answer["access_token"])
        session = user.sessions.get()
        assert set(claims) == {"jti", "sid", "sub", "iat", "exp", "iss", "aud", "token_type"}
        assert (claims["sid"], claims["sub"]) == (str(session.pk), str(user.pk))
        assert claims["token_type"] == "access"
        assert before <= claims["iat"] <= before + 5
        assert claims["exp"] - claims["iat"] == answer["expires_in"] == 3600
        assert jwt.get_unverified_header(answer["access_token"])["alg"] == "HS256"

    def test_none_is_answered_with_a_plain_challenge(self, anonymous: ApiClient) -> None:
        answer = anonymous.get(ME)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Bearer realm="api"'

    @pytest.mark.parametrize("header", ["Basic YTpi", "Token abc", "", "   ", "Bearerabc"])
    def test_another_scheme_counts_as_none(self, anonymous: ApiClient, header: str) -> None:
        answer = anonymous.get(ME, headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Bearer realm="api"'

    @pytest.mark.parametrize(
        "header",
        [
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "bearer x.y.z",
            "Bearer \xff.\xe9.\x00",
            "Bearer ..",
            "Bearer null",
            "Bearer e30.e30.",
        ],
    )
    def test_a_malformed_one_is_refused(self, anonymous: ApiClient, header: str) -> None:
        assert_refused(anonymous.get(ME, headers={"Authorization": header}))

    def test_the_scheme_is_read_without_case(self, anonymous: ApiClient, user: User) -> None:
        token = log_in(user)["access_token"]
        assert anonymous.get(ME, headers={"Authorization": f"bEARER  {token}"}).status_code == 200

    def test_a_header_nested_without_end_is_refused(self, anonymous: ApiClient) -> None:
        nested = base64.urlsafe_b64encode(b"[" * 100_000).decode().rstrip("=")
        assert_refused(anonymous.get(ME, headers={"Authorization": f"Bearer {nested}.e30.c2ln"}))

    @pytest.mark.parametrize("claim", CLAIMS)
    def test_an_odd_claim_is_refused(self, user: User, claim: str) -> None:
        claims = claims_of(log_in(user)["access_token"])
        assert ApiClient(signed(claims)).get(ME).status_code == 200
        for odd in with_odd(claims, claim):
            assert_refused(ApiClient(signed(odd)).get(ME))

    @pytest.mark.parametrize("payload", [[], "text", 5, None, [[]]])
    def test_a_payload_that_is_no_object_is_refused(self, anonymous: ApiClient, payload: Any) -> None:
        assert_refused(anonymous.get(ME, headers={"Authorization": f"Bearer {signed(payload)}"}))

    def test_another_key_or_algorithm_is_refused(self, anonymous: ApiClient, user: User) -> None:
        claims = claims_of(log_in(user)["access_token"])
        foreign = [
            signed(claims, key="k" * 64),
            signed(claims, key=settings.SECRET_KEY),
            signed(claims, algorithm="HS512"),
            signed(claims, key="", algorithm="none"),
        ]
        for token in foreign:
            assert_refused(anonymous.get(ME, headers={"Authorization": f"Bearer {token}"}))

    def test_an_expired_one_is_refused(self, anonymous: ApiClient, user: User) -> None:
        session = Session.objects.start(user, "tests")
        hour_ago = clock.now() - dt.timedelta(hours=1, seconds=60)
        token = AccessToken.issue(session, uuid.uuid4(), hour_ago)
        assert_refused(anonymous.get(ME, headers={"Authorization": f"Bearer {token}"}))

    def test_a_refresh_token_is_none(self, anonymous: ApiClient, user: User) -> None:
        token = log_in(user)["refresh_token"]
        assert_refused(anonymous.get(ME, headers={"Authorization": f"Bearer {token}"}))

    def test_one_of_an_unknown_session_or_another_user_is_refused(self, anonymous: ApiClient, user: User) -> None:
        claims = claims_of(log_in(user)["access_token"])
        for change in ({"sid": str(uuid.uuid4())}, {"sub": str(UserFactory.create().pk)}):
            token = signed(claims | change)
            assert_refused(anonymous.get(ME, headers={"Authorization": f"Bearer {token}"}))

    def test_it_dies_with_its_session_and_with_its_user(self, user: User) -> None:
        ended, deactivated, deleted = (
            ApiClient().as_user(person) for person in (user, UserFactory.create(), UserFactory.create())
        )
        second, third = User.objects.exclude(pk=user.pk)
        for client in (ended, deactivated, deleted):
            assert client.get(ME).status_code == 200
        user.sessions.all().end()
        User.objects.filter(pk=second.pk).update(is_active=False)
        third.delete()
        for client in (ended, deactivated, deleted):
            assert_refused(client.get(ME))

    def test_it_costs_one_query(self, api: ApiClient) -> None:
        with statements() as found:
            assert api.get(ME).status_code == 200
        assert len(found) == 1

    def test_a_bad_one_is_not_looked_at_where_none_is_needed(self, user: User) -> None:
        client = ApiClient("no.good.token")
        answer = client.post(f"{API}/auth/login", {"email": user.email, "password": PASSWORD})
        assert answer.status_code == 200


class TestRefresh:
    def test_it_brings_a_new_pair_that_works(self, user: User) -> None:
        first = log_in(user)
        session = user.sessions.get()
        answer = refresh(first["refresh_token"])
        assert answer.status_code == 200
        second = answer.json()
        assert second["user"] == first["user"]
        assert second["refresh_token"] != first["refresh_token"]
        assert second["access_token"] != first["access_token"]
        assert ApiClient(second["access_token"]).get(ME).status_code == 200
        # The old access token is of the same session, and lives on until it expires.
        assert ApiClient(first["access_token"]).get(ME).status_code == 200
        assert claims_of(second["refresh_token"])["sid"] == str(session.pk)
        assert refresh(second["refresh_token"]).status_code == 200

    def test_every_rotation_renews_the_seven_days(self, user: User) -> None:
        token = log_in(user)["refresh_token"]
        claims = claims_of(token)
        assert claims["exp"] - claims["iat"] == 7 * 24 * 3600
        session = user.sessions.get()
        Session.objects.filter(pk=session.pk).update(expires_at=session.expires_at - dt.timedelta(days=6))
        assert refresh(token).status_code == 200
        session.refresh_from_db()
        assert session.expires_at - session.rotated_at == dt.timedelta(days=7)
        assert session.last_used_at == session.rotated_at

    def test_sent_twice_it_brings_the_same_refresh_token_and_rotates_once(self, user: User) -> None:
        token = log_in(user)["refresh_token"]
        answers = [refresh(token) for _ in range(3)]
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["refresh_token"] for answer in answers}) == 1
        assert len({answer.json()["access_token"] for answer in answers}) == 3
        session = user.sessions.get()
        assert str(session.previous_token_id) == claims_of(token)["jti"]
        assert refresh(answers[0].json()["refresh_token"]).status_code == 200

    def test_the_grace_lasts_thirty_seconds(self, user: User) -> None:
        token = log_in(user)["refresh_token"]
        assert refresh(token).status_code == 200
        age(user.sessions.get(), REFRESH_GRACE.total_seconds() - 1)
        assert refresh(token).status_code == 200
        age(user.sessions.get(), 3)
        assert_not_refreshed(refresh(token))

    def test_a_token_that_comes_again_too_late_ends_the_session(
        self, user: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        first = log_in(user)
        second = refresh(first["refresh_token"]).json()
        session = user.sessions.get()
        age(session, 60)
        caplog.clear()
        with caplog.at_level(logging.INFO, "security"):
            assert_not_refreshed(refresh(first["refresh_token"]))
        assert not user.sessions.live().exists()
        assert_not_refreshed(refresh(second["refresh_token"]))
        assert ApiClient(second["access_token"]).get(ME).status_code == 401
        lines = [record.getMessage() for record in caplog.records if record.name == "security"]
        assert lines[0] == f"refresh_reused user={user.pk} session={session.pk}"

    def test_the_token_before_the_previous_one_ends_the_session_at_once(self, user: User) -> None:
        first = log_in(user)["refresh_token"]
        second = refresh(first).json()["refresh_token"]
        assert refresh(second).status_code == 200
        assert_not_refreshed(refresh(first))
        assert not user.sessions.live().exists()

    def test_reuse_ends_no_other_session(self, user: User) -> None:
        first, other = log_in(user)["refresh_token"], log_in(user)["refresh_token"]
        refresh(refresh(first).json()["refresh_token"])
        assert_not_refreshed(refresh(first))
        assert refresh(other).status_code == 200

    def test_it_is_refused_after_its_session_or_user_is_gone(self, user: User) -> None:
        second, third = UserFactory.create(), UserFactory.create()
        tokens = [log_in(person)["refresh_token"] for person in (user, second, third)]
        user.sessions.all().end()
        User.objects.filter(pk=second.pk).update(is_active=False)
        third.delete()
        for token in tokens:
            assert_not_refreshed(refresh(token))
        assert second.sessions.get().previous_token_id is None

    def test_an_expired_one_is_refused_and_ends_nothing(self, user: User) -> None:
        session = Session.objects.start(user, "tests")
        token = RefreshToken.issue(session, session.token_id, clock.now() - dt.timedelta(days=7, seconds=60))
        assert_not_refreshed(refresh(token))
        assert user.sessions.live().exists()

    def test_it_is_refused_if_the_session_ends_at_this_moment(
        self, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def end(session: Session, token_id: uuid.UUID) -> bool:
            return not Session.objects.filter(pk=session.pk, token_id=token_id).end()

        token = log_in(user)["refresh_token"]
        monkeypatch.setattr(Session, "rotate", end)
        assert_not_refreshed(refresh(token))

    def test_an_access_token_is_none(self, user: User) -> None:
        assert_not_refreshed(refresh(log_in(user)["access_token"]))
        assert user.sessions.live().exists()

    @pytest.mark.parametrize("claim", CLAIMS)
    def test_an_odd_claim_is_refused(self, user: User, claim: str) -> None:
        claims = claims_of(log_in(user)["refresh_token"])
        for odd in with_odd(claims, claim):
            assert_not_refreshed(refresh(signed(odd)))
        assert user.sessions.live().exists()
        assert refresh(signed(claims)).status_code == 200

    @pytest.mark.parametrize("token", ["x", "a.b.c", "é.ü.ß", "." * 10_000, "null", " "])
    def test_a_malformed_one_is_refused(self, token: str) -> None:
        answer = refresh(token)
        assert answer.status_code == (401 if token.strip() else 422)

    def test_a_header_nested_without_end_is_refused(self) -> None:
        nested = base64.urlsafe_b64encode(b"[" * 200_000).decode().rstrip("=")
        assert_not_refreshed(refresh(f"{nested}.e30.c2ln"))

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({}, "required"),
            ({"refresh_token": None}, "null"),
            ({"refresh_token": ""}, "blank"),
            ({"refresh_token": []}, "invalid"),
        ],
    )
    def test_a_body_without_one_is_at_fault(self, anonymous: ApiClient, body: Any, code: str) -> None:
        answer = anonymous.post(REFRESH, body)
        assert answer.status_code == 422
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/refresh_token", code)]

    def test_no_body_is_a_bad_request(self, anonymous: ApiClient) -> None:
        assert anonymous.post(REFRESH).status_code == 400

    def test_tokens_are_kept_by_no_cache(self, user: User) -> None:
        answer = refresh(log_in(user)["refresh_token"])
        assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_one_token_sent_ten_times_rotates_once_and_logs_nobody_out(self, user: User) -> None:
        contract()
        token = log_in(user)["refresh_token"]
        answers = at_once(*[lambda: refresh(token)] * 10)
        assert {answer.status_code for answer in answers} == {200}
        current = {answer.json()["refresh_token"] for answer in answers}
        assert len(current) == 1
        session = user.sessions.get()
        assert str(session.previous_token_id) == claims_of(token)["jti"]
        assert refresh(current.pop()).status_code == 200

    def test_without_the_condition_one_token_becomes_many(self, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        """The control: the test above sees a rotation that asks for nothing."""

        def rotate(session: Session, token_id: uuid.UUID) -> bool:
            session.token_id, session.previous_token_id = uuid.uuid4(), token_id
            session.save(update_fields=["token_id", "previous_token_id"])
            return True

        contract()
        token = log_in(user)["refresh_token"]
        monkeypatch.setattr(Session, "rotate", rotate)
        answers = at_once(*[lambda: refresh(token)] * 10)
        assert len({answer.json()["refresh_token"] for answer in answers}) > 1

    def test_a_session_ended_meanwhile_does_not_rotate(self, user: User) -> None:
        session = Session.objects.start(user, "tests")
        Session.objects.filter(pk=session.pk).end()
        assert not session.rotate(session.token_id)
