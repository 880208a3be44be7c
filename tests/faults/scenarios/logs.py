"""What people send and store never stands in a log, whatever becomes of the request."""

import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import cycle, islice
from typing import Any, NamedTuple

from tests.faults.load import Answer, at_once
from tests.faults.stage import Promise, Stage

CLIENTS = 8
NAME = "Canaryname"
EMAIL = "canaryname@canarymail.example"
SECRET = "Canary-Secret-7"
# A part of each of these in any spelling, and every token, must not be found.
CANARIES = ("canaryname", "canarymail", "canary-secret", "canarytext")
# The request's share of the time in which the database is away.
WITHOUT_DATABASE = 0.1
LIMITS = {
    "RATELIMIT_ENABLE": "true",
    "RATELIMIT_DEFAULT": "1000000/m",
    "RATELIMIT_LOGIN": "1000000/m",
    "RATELIMIT_REGISTER": "1000000/m",
    "RATELIMIT_PASSWORD": "1000000/m",
    "RATELIMIT_BULK": "1000000/m",
    "RATELIMIT_BULK_ITEMS": "1000000/m",
    "RATELIMIT_EXPORT": "1000000/m",
}
EXPECTED = {200, 201, 400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 503}


class Sent(NamedTuple):
    """A request; ``token`` is None where it carries that of the person with the canaries."""

    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = {}  # nobody writes to it
    token: str | None = None


def requests(mine: str, others: str, tokens: dict[str, Any]) -> list[Sent]:
    """Requests that end in every status of the contract, with a canary wherever one fits."""
    auth = "/api/v1/auth"
    access, refresh = tokens["access_token"], tokens["refresh_token"]
    info = {"full_name": NAME, "email": EMAIL, "location": "Canarytext"}
    return [
        Sent("GET", mine),
        Sent("GET", f"{auth}/me"),
        Sent("GET", f"{auth}/me/export"),
        Sent("GET", f"{auth}/check-email?email={EMAIL}", token=""),
        Sent("PATCH", mine, {"label": "Canarytext", "personal_info": info}),
        Sent("POST", f"{mine}/skills/soft", {"skills": ["Canarytext"]}),
        Sent("POST", f"{mine}/custom-fields", {"fields": [{"key": "canarytext", "value": NAME}]}),
        Sent("PATCH", mine, b'{"label": "Canarytext'),
        Sent("PATCH", mine, b'{"label": "Canarytext \\ud800"}'),
        Sent("PATCH", mine, {"label": "Canarytext" * 20, "personal_info": {"email": NAME, "linkedin": "canarytext:x"}}),
        Sent("POST", f"{mine}/experiences", [{"title": "Canarytext", "start_date": "canarytext"}]),
        Sent("PATCH", mine, {"label": "Canarytext"}, {"If-Match": '"canarytext"'}),
        Sent("PATCH", mine, b"canarytext", {"Content-Type": "text/canarytext"}),
        Sent("PATCH", mine, {"label": "Canarytext" * 1_100_000}),
        Sent("TRACE", mine),
        Sent("CANARYTEXT", mine),
        Sent("GET", others),
        Sent("GET", f"/api/v1/profiles/{NAME}"),
        Sent("GET", f"/canarytext?email={EMAIL}&token={refresh}"),
        Sent("GET", f"{mine}/languages?limit=canarytext"),
        Sent("GET", mine, headers={"Host": "canarytext.example"}),
        Sent("GET", mine, headers={"User-Agent": NAME, "Accept": "canarytext/html", "Idempotency-Key": "canarytext"}),
        Sent("POST", f"{mine}/languages", {"name": "Canarytext"}, {"Idempotency-Key": "canarytext\xe9"}),
        Sent("GET", mine, token="canarytext.canarytext.canarytext"),
        Sent("GET", mine, token=f"{access}x"),
        Sent("GET", mine, token=refresh),
        Sent("POST", f"{auth}/refresh", {"refresh_token": access}, token=""),
        Sent("POST", f"{auth}/refresh", {"refresh_token": "canarytext"}, token=""),
        Sent("POST", f"{auth}/register", {"email": EMAIL, "password": SECRET, "full_name": NAME}, token=""),
        Sent("POST", f"{auth}/register", {"email": "canarytext", "password": SECRET, "full_name": NAME}, token=""),
        Sent("POST", f"{auth}/login", {"email": EMAIL, "password": f"{SECRET}x"}, token=""),
        Sent("POST", f"{auth}/forgot-password", {"email": EMAIL}, token=""),
        Sent("POST", f"{auth}/reset-password", {"token": "canarytext", "new_password": SECRET}, token=""),
        Sent("POST", f"{auth}/change-email", {"new_email": f"new.{EMAIL}", "password": SECRET}),
        Sent("POST", f"{auth}/change-password", {"current_password": f"{SECRET}x", "new_password": f"{SECRET}y"}),
        Sent("POST", "/admin/login/", b"username=canaryname&password=Canary-Secret-7", token=""),
    ]


def logs_without_personal_data(stage: Stage) -> Iterator[Promise]:
    """5,000 requests full of canaries, failures and an outage included; the control quotes what it gets."""
    for name, application, number in (
        ("logs_without_personal_data", "", stage.count(5000, 200)),
        ("logs_without_personal_data control, bodies logged", "tests.faults.controls.talkative:application", 100),
    ):
        started = time.monotonic()
        for log in stage.folder.glob("*.log"):
            log.unlink()
        with stage.serve(application, **LIMITS), stage.work():
            found, answers = _send(stage, number, f"{len(name)}.{EMAIL}")
        statuses = Counter(answer.status for answer in answers)
        shown = ", ".join(f"{many} × {status}" for status, many in sorted(statuses.items()))
        lines = sum(len(log.read_text(errors="replace").splitlines()) for log in stage.folder.glob("*.log"))
        leaks = sum(found.values())
        is_complete = bool(application) or set(statuses) >= EXPECTED
        kept = leaks > 0 if application else leaks == 0 and is_complete and lines > number / 2
        yield Promise(name, f"{leaks} canaries in {lines} lines ({shown})", number, time.monotonic() - started, kept)


def _send(stage: Stage, number: int, email: str) -> tuple[Counter[str], list[Answer]]:
    """Send so many requests; the canaries found in the logs, and the answers."""
    body = {"email": email, "password": SECRET, "full_name": NAME}
    tokens = stage.client().send("POST", "/api/v1/auth/register", body).json()
    others = stage.profile(stage.person()["access_token"])
    mine = stage.profile(tokens["access_token"], label=NAME)
    table = [_with_address(sent, email) for sent in requests(mine, others, tokens)]
    away = int(number * WITHOUT_DATABASE)
    answers = _by_many(stage, list(islice(cycle(table), number - away)), tokens["access_token"])
    # The worker's mails can't be written any more, and then the database goes.
    stage.mails.rename(stage.folder / "old mails")
    stage.mails.touch()
    answers += _by_many(stage, table[-6:], tokens["access_token"])
    time.sleep(2)
    stage.database.stop()
    answers += _by_many(stage, list(islice(cycle(table), away)), tokens["access_token"])
    stage.database.start()
    stage.mails.unlink()
    (stage.folder / "old mails").rename(stage.mails)
    log = "".join(path.read_text(errors="replace") for path in stage.folder.glob("*.log"))
    found = Counter({canary: log.lower().count(canary) for canary in CANARIES})
    for name in ("access_token", "refresh_token"):
        found[name] = log.count(tokens[name].rpartition(".")[2])
    return found, answers


def _with_address(sent: Sent, email: str) -> Sent:
    """The request with the address of the person who asks."""
    is_about_one = isinstance(sent.body, dict) and "email" in sent.body and sent.body["email"] == EMAIL
    return sent._replace(body={**sent.body, "email": email}) if is_about_one else sent


def _by_many(stage: Stage, table: list[Sent], token: str) -> list[Answer]:
    """The answers to the requests, sent by several clients, each over a connection of its own."""

    def send(part: list[Sent]) -> list[Answer]:
        client, answers = stage.client(), []
        for sent in part:
            client.token = token if sent.token is None else sent.token
            answers.append(client.send(sent.method, sent.path, sent.body, sent.headers))
        return answers

    parts = [table[start::CLIENTS] for start in range(CLIENTS)]
    return [answer for mine in at_once([partial(send, part) for part in parts]) for answer in mine]
