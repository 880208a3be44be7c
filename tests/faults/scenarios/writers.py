"""Many writers at once: no update is lost, no session forks, one key has one effect."""

import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

from tests.faults.load import Answer, at_once
from tests.faults.stage import Promise, Stage

WRITERS = 50


def lost_updates(stage: Stage) -> Iterator[Promise]:
    """50 writers change their own parts of one profile, 20 times each; the control does it without the row lock."""
    changes = stage.count(20, 2)
    for name, application in (
        ("lost_updates", ""),
        ("lost_updates control, lock off", "tests.faults.controls.unlocked:application"),
    ):
        with stage.serve(application):
            started = time.monotonic()
            lost, refused = _write(stage, changes)
            is_control = bool(application)
            yield Promise(
                name,
                f"{lost} changes lost, {refused} refused",
                WRITERS * changes,
                time.monotonic() - started,
                lost > 0 if is_control else lost == refused == 0,
            )


def _write(stage: Stage, changes: int) -> tuple[int, int]:
    """How many changes were lost, by their content or their version, and how many were not accepted."""
    token = stage.person()["access_token"]
    path = stage.profile(token)

    def writer(number: int) -> Callable[[], list[Answer]]:
        client = stage.client(token)

        def write() -> list[Answer]:
            answers = []
            for change in range(changes):
                field = {"fields": [{"key": f"writer {number}", "value": change}]}
                item = {"name": f"Tongue {number}.{change}", "proficiency": "basic"}
                below, body = ("custom-fields", field) if change % 2 else ("languages", item)
                answers.append(client.send("POST", f"{path}/{below}", body))
            return answers

        return write

    answers = [each for mine in at_once([writer(n) for n in range(WRITERS)]) for each in mine]
    document = stage.client(token).send("GET", path).json()
    accepted = sum(answer.status == 201 for answer in answers)
    names = {language["name"] for language in document["skills"]["languages"]}
    expected = {f"Tongue {n}.{change}" for n in range(WRITERS) for change in range(0, changes, 2)}
    last = changes - 1 if changes % 2 == 0 else changes - 2
    fields = sum(document["custom_fields"].get(f"writer {n}") == last for n in range(WRITERS))
    versions = max(0, accepted - (document["version"] - 1))
    return versions + len(expected - names) + WRITERS - fields, len(answers) - accepted


def refresh_race(stage: Stage) -> Iterator[Promise]:
    """One refresh token in 50 requests at once, again and again, each round with the token of the round before."""
    rounds = stage.count(100, 3)
    with stage.serve():
        started = time.monotonic()
        person = stage.person()
        newest, refused, forks = person["refresh_token"], 0, 0
        clients = [stage.client() for _ in range(WRITERS)]
        for _ in range(rounds):
            body = {"refresh_token": newest}
            answers = at_once([partial(each.send, "POST", "/api/v1/auth/refresh", body) for each in clients])
            refused += sum(answer.status != 200 for answer in answers)
            tokens = {answer.json()["refresh_token"] for answer in answers if answer.status == 200}
            forks += len(tokens) - 1
            newest = tokens.pop() if tokens else newest
        works = stage.client().send("POST", "/api/v1/auth/refresh", {"refresh_token": newest}).status
        [(families,)] = stage.sql(
            "SELECT count(*) FROM users_session WHERE user_id = %s AND revoked_at IS NULL", person["user"]["id"]
        )
        yield Promise(
            "refresh_race",
            f"{refused} refused, {forks} tokens beside the current one, {families} family, newest answers {works}",
            rounds * WRITERS,
            time.monotonic() - started,
            refused == forks == 0 and families == 1 and works == 200,
        )


def idempotency(stage: Stage) -> Iterator[Promise]:
    """One key in 1,000 requests, 50 at a time; the control sends a key of its own with each."""
    each = stage.count(20, 2)
    with stage.serve():
        for name, is_control in (("idempotency", False), ("idempotency control, a key for each", True)):
            started = time.monotonic()
            effects, different = _retry(stage, each, one_key=not is_control)
            kept = effects == each * WRITERS if is_control else (effects, different) == (1, 1)
            figure = f"{effects} effects, {different} different answers"
            yield Promise(name, figure, each * WRITERS, time.monotonic() - started, kept)


def _retry(stage: Stage, each: int, *, one_key: bool) -> tuple[int, int]:
    """How many effects and how many different answers the requests had."""
    token = stage.person()["access_token"]
    path = stage.profile(token)
    key, numbers = str(uuid.uuid4()), count()
    item = {"name": "French", "proficiency": "fluent"}

    def sender() -> Callable[[], list[Answer]]:
        client = stage.client(token)

        def send() -> list[Answer]:
            keys = (key if one_key else f"{key}-{next(numbers)}" for _ in range(each))
            return [client.send("POST", f"{path}/languages", item, {"Idempotency-Key": mine}) for mine in keys]

        return send

    answers = [answer for mine in at_once([sender() for _ in range(WRITERS)]) for answer in mine]
    different = {(answer.status, answer.headers.get("etag"), answer.content) for answer in answers}
    return stage.client(token).send("GET", path).json()["version"] - 1, len(different)
