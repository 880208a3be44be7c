"""Fuzzing: schemathesis sends what the service's own OpenAPI document allows and forbids, and judges the answers.

``python -m tests.fuzz --backend postgresql --examples 200 --seconds 900`` starts the production server, logs in as a
person whose profile has every kind of item, prints the figures and ends with 1 where an answer broke the contract.
A bounded run is part of ``make test``, the long one of ``make faults``.
"""

import argparse
import itertools
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
import yaml
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import Status
from schemathesis.engine.core import Engine
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

from tests.support.service.live import ROOT, Caller, service
from tests.support.service.servers import postgresql, redis

# As the document itself shows it.
_EXAMPLES = yaml.safe_load((ROOT / "openapi.yaml").read_text())["components"]["examples"]
NEW_PROFILE = _EXAMPLES["ProfilesCreateRequest"]["value"]
PHASES = ("examples", "coverage", "fuzzing", "stateful")
PASSWORD = "Correct-Horse-7"
# A profile of this many changes has grown long, and answers about it slow: another one takes its place.
CHANGES_OF_A_PROFILE = 150
# Of the profiles that the run made, these are left alone, since a scenario may still be about them.
KEPT_PROFILES = 20
# Below this share of 2xx the run says nothing: it was logged out, or its profile was not there.
# (The coverage phase alone, which is made of wrong requests, gets 19 % of them.)
FAIR_SHARE = 0.12


# What each of these does to a session or an account is done to one made for it.
ENDS_A_SESSION = {"auth_logout", "auth_me_erase", "auth_change_password", "auth_sessions_delete"}
ACCOUNT_BODIES = ENDS_A_SESSION | {"auth_register", "auth_login", "auth_refresh", "auth_change_email"}
# Checks of schemathesis that can't be asked of this service, with the reason.
CHECKS_LEFT_OUT = {
    "positive_data_acceptance": "what is acceptable depends on what is stored: ids, versions, passwords, keys, ranges",
    "negative_data_rejection": "unknown keys and headers are ignored on purpose (contract 1.1)",
    "object_level_authorization": "tests/api/test_permissions.py asks it for every route, method and person",
}
# Their files are documented as bytes whatever form they have, and one of the forms is JSON, which is no string.
ANSWERS_WITH_FILES = ("profiles_export", "jobs_file")
SHARE_MADE_FITTING = 0.8
# Values that fit where schemathesis seldom finds one by chance, by the name of the field.
FITTING: dict[str, tuple[Any, ...]] = {
    "start_date": ("2019", "2019-03", "2019-03-15"),
    "end_date": ("2021", "2021-11", "2021-11-30"),
    "is_current": (False,),
    "date_obtained": ("2018-05",),
    "expiry_date": ("2028", "2028-12-31", None),
    "url": ("https://example.org/a?b=c#d", "example.org", None),
    "linkedin": ("linkedin.com/in/ada", ""),
    "github": ("https://github.com/ada", None),
    "website": ("http://example.org:8080/", None),
    "phone": ("+44 20 7946 0000", None),
    "professional_summary": ("Wrote the first program.", None),
    "email": ("ada@example.org",),
}


@dataclass
class Figures:
    """What a run sent, what came back, and what was wrong with it."""

    requests: int = 0
    was_cut: bool = False
    by_class: Counter[str] = field(default_factory=Counter)
    by_phase: Counter[str] = field(default_factory=Counter)
    by_operation: dict[str, Counter[str]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def count(self, phase: str, operation: str, status: int) -> None:
        """Note an answer."""
        self.by_phase[phase] += 1
        self.requests += 1
        self.by_class[f"{status // 100}xx"] += 1
        self.by_operation.setdefault(operation, Counter())[f"{status}"] += 1

    def verdict(self) -> list[str]:
        """What makes the run a failure, one sentence each; none where all is well."""
        found = list(self.failures.values())
        share = self.by_class["2xx"] / max(self.requests, 1)
        if share < FAIR_SHARE:
            found.append(f"Only {share:.0%} of the answers were 2xx, so most of the service was not reached.")
        return found

    def __str__(self) -> str:
        classes = ", ".join(f"{name}: {count}" for name, count in sorted(self.by_class.items()))
        cut = "; the time was up before the end" if self.was_cut else ""
        phases = ", ".join(f"{name}: {count}" for name, count in self.by_phase.items())
        return f"{self.requests} requests ({phases}); {classes}; {len(self.failures)} kinds of failures{cut}"


class Person:
    """An account with a profile that has every kind of item, and the hooks that keep the run on it.

    Schemathesis makes up ids, dates, passwords and addresses, so that nearly each request would end at the first
    check. These hooks put ids that exist, and values that fit, into most of the cases that are meant to be valid.
    """

    def __init__(self, port: int, seed: int) -> None:
        self.port = port
        self.random = random.Random(seed)  # noqa: S311  # bodies, not secrets
        self.numbers = itertools.count()
        self.email = self._new_email()
        self.caller = Caller(port)
        self.token = self.caller.register(self.email, PASSWORD)["access_token"]
        self.profiles: list[str] = []
        self.items: set[str] = set()
        self.calls = 0
        self.spare: dict[str, Any] = {}

    def prepare(self, case: Any) -> None:
        """Make a case fit the person's data, mostly, where it is meant to be valid."""
        operation = case.operation.definition.raw["operationId"]
        if case.headers.get("Authorization") == f"Bearer {self.token}":
            self._spare_the_session(operation, case)
        if _is_valid(case, ParameterLocation.PATH):
            self._place(operation, case)
        if self.random.random() > SHARE_MADE_FITTING:
            return
        for name in ("If-Match", "If-None-Match", "Idempotency-Key"):
            case.headers.pop(name, None)
        if _is_valid(case, ParameterLocation.BODY) and isinstance(case.body, (dict, list)):
            case.body = self._fitting(operation, case, case.body)

    def _new_email(self) -> str:
        return f"person{next(self.numbers)}@example.org"

    def _throw_away(self) -> Caller:
        other = Caller(self.port)
        self.spare = other.register(self._new_email(), PASSWORD)
        return other

    def _spare_the_session(self, operation: str, case: Any) -> None:
        """Lets another account do what would end this one's session, or the account itself."""
        if operation in ENDS_A_SESSION:
            other = self._throw_away()
            case.headers["Authorization"] = f"Bearer {other.token}"
            if operation == "auth_sessions_delete" and "session_id" in case.path_parameters:
                sessions = other.send("GET", "/auth/sessions").json["sessions"]
                case.path_parameters["session_id"] = sessions[0]["id"]

    def _place(self, operation: str, case: Any) -> None:
        """Puts ids into the path that exist."""
        ids = case.path_parameters
        if "profile_id" in ids and ids["profile_id"] not in self.profiles:
            ids["profile_id"] = self._new_profile() if operation == "profiles_delete" else self._home()
        if "item_id" in ids and ids["item_id"] not in self.items:
            items = self._items(ids["profile_id"], operation.partition("_")[0])
            ids["item_id"] = self.random.choice(items) if items else ids["item_id"]

    def _home(self) -> str:
        """The profile that the run is about; after many changes a new one."""
        self.calls += 1
        if not self.profiles or self.calls % CHANGES_OF_A_PROFILE == 0:
            return self._new_profile()
        if self.caller.send("GET", f"/profiles/{self.profiles[-1]}/analytics").status != 200:
            return self._new_profile()
        return self.profiles[-1]

    def _new_profile(self) -> str:
        found = self.caller.send("GET", "/profiles?limit=100").json["profiles"]
        for profile in found[:-KEPT_PROFILES]:
            self.caller.send("DELETE", f"/profiles/{profile['id']}")
        answer = self.caller.send("POST", "/profiles", NEW_PROFILE)
        assert answer.status == 201, answer
        self.profiles.append(answer.json["id"])
        return self.profiles[-1]

    def _items(self, profile_id: str, kind: str) -> list[str]:
        """The ids of a list, which is filled first where it is empty; none where the profile has gone."""
        path = f"/profiles/{profile_id}/{kind}"
        answer = self.caller.send("GET", f"{path}?limit=100")
        if answer.status != 200:
            return []
        rows = answer.json[kind]
        if not rows:
            sample = NEW_PROFILE.get(kind) or NEW_PROFILE["skills"][kind]
            rows = self.caller.send("POST", path, sample).json
        self.items.update(row["id"] for row in rows)
        return [row["id"] for row in rows]

    def _fitting(self, operation: str, case: Any, body: Any) -> Any:
        """The body with values that can be accepted, so far as the schema does not say which can."""
        if operation in ACCOUNT_BODIES:
            return {**body, **self._account_body(operation)}
        body = self._mended(body)
        kind, _, action = operation.partition("_")
        if action in {"bulk_update", "bulk_partial_update", "bulk_delete", "reorder"}:
            profile_id = case.path_parameters["profile_id"]
            ids = self._items(profile_id, kind) if profile_id in self.profiles else []
            if action == "reorder":
                return {**body, "ids": self.random.sample(ids, len(ids))}
            if action == "bulk_delete":
                case.query.pop("ids", None)
                return {key: ids[:1] if key.endswith("_ids") else value for key, value in body.items()}
            return [{**row, "id": item_id} for row, item_id in zip(body, ids, strict=False)] or body
        return body

    def _account_body(self, operation: str) -> dict[str, Any]:
        if operation == "auth_refresh":
            self._throw_away()
        bodies: dict[str, dict[str, Any]] = {
            "auth_register": {"email": self._new_email(), "password": PASSWORD},
            "auth_login": {"email": self.email, "password": PASSWORD},
            "auth_refresh": {"refresh_token": self.spare.get("refresh_token")},
            "auth_logout": {"refresh_token": self.spare.get("refresh_token")},
            "auth_me_erase": {"password": PASSWORD},
            "auth_change_password": {"current_password": PASSWORD, "new_password": f"{PASSWORD}-8"},
            "auth_change_email": {"new_email": self._new_email(), "password": PASSWORD},
        }
        return bodies[operation]

    def _mended(self, value: Any, name: str = "") -> Any:
        """The same JSON value with fitting ones in the places whose names are known."""
        if name in FITTING:
            return self.random.choice(FITTING[name])
        if isinstance(value, list):
            return [self._mended(each) for each in value]
        if isinstance(value, dict):
            return {key: self._mended(each, key) for key, each in value.items()}
        return value


def _is_valid(case: Any, location: ParameterLocation) -> bool:
    return case.meta is None or not case.meta.is_negative_at(location)


def run(port: int, *, examples: int, seconds: float, seed: int, phases: Sequence[str]) -> Figures:
    """Fuzz the service on the port until `examples` of each operation are sent or the `seconds` are over."""
    person = Person(port, seed)
    figures = Figures()
    schemathesis.auth(refresh_interval=None)(_bearer(person.token))

    @schemathesis.hook
    def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
        person.prepare(case)

    @schemathesis.hook
    def after_call(context: Any, case: Any, response: Any) -> None:
        phase = case.meta.phase.name.value if case.meta else "other"
        figures.count(phase, case.operation.definition.raw["operationId"], response.status_code)

    # Archives are sent as they are.
    schemathesis.serializer.alias("application/zip", "application/octet-stream")
    address = f"http://127.0.0.1:{port}"
    schema = schemathesis.openapi.from_url(
        f"{address}/api/schema", config=_configuration(address, examples, seed, phases)
    )
    deadline = time.monotonic() + seconds
    stream = Engine(schema).execute()
    for event in stream:
        _note(figures, event)
        if time.monotonic() > deadline:
            figures.was_cut = True
            stream.stop()
    return figures


def _bearer(token: str) -> type:
    class Bearer:
        def get(self, case: Any, context: Any) -> str:
            return f"Bearer {token}"

        def set(self, case: Any, data: str, context: Any) -> None:
            case.headers["Authorization"] = data

    return Bearer


def _configuration(address: str, examples: int, seed: int, phases: Sequence[str]) -> schemathesis.Config:
    return schemathesis.Config.from_dict(
        {
            "phases": {name: {"enabled": name in phases} for name in PHASES},
            "seed": seed,
            "base-url": address,
            "request-timeout": 30,
            "continue-on-failure": True,
            "suppress-health-check": ["all"],
            "generation": {"max-examples": examples, "deterministic": True, "no-shrink": True, "database": "none"},
            "checks": {name: {"enabled": False} for name in CHECKS_LEFT_OUT},
            "operations": [
                {"include-operation-id": name, "checks": {"response_schema_conformance": {"enabled": False}}}
                for name in ANSWERS_WITH_FILES
            ],
        }
    )


def _note(figures: Figures, event: Any) -> None:
    """Keep what an event of the run says is wrong, one of each kind."""
    if isinstance(event, FatalError):
        raise event.exception
    if isinstance(event, NonFatalError):
        figures.failures.setdefault(f"{event.label} {type(event.value)}", f"{event.label}: {event.value}")
    if not isinstance(event, ScenarioFinished):
        return
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            if check.status == Status.FAILURE and check.failure_info:
                failure = check.failure_info.failure
                interaction = event.recorder.interactions.get(case_id)
                body = interaction.response.content[:600] if interaction and interaction.response else b""
                text = (
                    f"{check.name}: {failure.operation}: {failure}\n{check.failure_info.code_sample[:1500]}\n{body!r}"
                )
                figures.failures.setdefault(f"{check.name} {failure.operation} {failure.title}", text)


@contextmanager
def server(backend: str) -> Iterator[int]:
    """The production server on PostgreSQL with Redis, or on SQLite with local memory; its port."""
    with ExitStack() as stack:
        variables = {"RATELIMIT_ENABLE": "false"}
        if backend == "postgresql":
            variables["DATABASE_URL"] = stack.enter_context(postgresql()).url
            variables["REDIS_URL"] = stack.enter_context(redis()).url
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        yield stack.enter_context(service(Path(folder), **variables))


def main() -> int:
    """The command: 0 where no answer broke the contract, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzzes the service from its document.")
    parser.add_argument("--backend", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument("--examples", type=int, default=100, help="cases of each operation in each phase")
    parser.add_argument("--seconds", type=float, default=600, help="the most that the run may take")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--phases", nargs="+", choices=PHASES, default=PHASES)
    options = parser.parse_args()
    with server(options.backend) as port:
        figures = run(
            port, examples=options.examples, seconds=options.seconds, seed=options.seed, phases=options.phases
        )
    faults = figures.verdict()
    lines = [
        f"{operation}: {', '.join(f'{status} × {count}' for status, count in sorted(statuses.items()))}"
        for operation, statuses in sorted(figures.by_operation.items())
    ]
    lines += [*faults, f"fuzzing on {options.backend}: {figures}"]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
