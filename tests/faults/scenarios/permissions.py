"""Who may do what, as in tests/api/test_permissions.py, asked over HTTP of the service with all its processes."""

import json
import re
import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from profiles.api import examples
from tests.api.test_permissions import BODIES, CANARY, OTHERS, OWNED, QUERIES, TABLE, is_as_expected, marked
from tests.faults.load import Answer
from tests.faults.stage import Promise, Stage
from tests.support.contract import contract
from users.api import openapi

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ASYNC = {"Prefer": "respond-async"}
STAFF = {"other user": (False, False), "support": (True, False), "superuser": (True, True)}


class Case:
    """One route and method, asked by everybody; the examples' ids and addresses are made anew for each."""

    def __init__(self, stage: Stage, template: str, method: str, number: int) -> None:
        self.stage = stage
        self.template = template
        self.method = method
        self.number = number
        self.document = marked(examples.PROFILE) | {"custom_fields": examples.CUSTOM_FIELDS | {CANARY: CANARY}}
        known = set(UUID.findall(json.dumps([self.document, examples.ITEMS])))
        self.renamed = {old: str(uuid.uuid4()) for old in known}
        owner = self.person(f"owner{number}@example.org", "owner")
        self.tokens = {"anonymous": "", "owner": owner["access_token"]}
        answer = stage.client(owner["access_token"]).send("POST", "/api/v1/profiles", self.own(self.document))
        assert answer.status == 201, answer
        job = stage.client(owner["access_token"]).send("GET", "/api/v1/auth/me/export", None, ASYNC)
        self.job = job.headers["location"].rpartition("/")[2]

    def person(self, email: str, role: str) -> dict[str, Any]:
        """A new account with the examples' password and the role's rights; its tokens."""
        body = {"email": email, "password": openapi.PASSWORD, "full_name": "Grace"}
        answer = self.stage.client().send("POST", "/api/v1/auth/register", body)
        assert answer.status == 201, answer
        tokens: dict[str, Any] = answer.json()
        is_staff, is_superuser = STAFF.get(role, (False, False))
        self.stage.sql(
            "UPDATE users_user SET is_staff = %s, is_superuser = %s WHERE id = %s",
            is_staff,
            is_superuser,
            tokens["user"]["id"],
        )
        if role == "support":
            self.stage.sql(
                "INSERT INTO users_user_user_permissions (user_id, permission_id) SELECT %s, id FROM auth_permission",
                tokens["user"]["id"],
            )
        return tokens

    def own(self, value: Any, role: str = "owner") -> Any:
        """The example with this case's ids and addresses; a new account has another address for each role."""
        text = json.dumps(value)
        for old, new in self.renamed.items():
            text = text.replace(old, new)
        text = text.replace("new@example.com", f"{role.replace(' ', '.')}.new{self.number}@example.org")
        return json.loads(text.replace(openapi.EMAIL, f"owner{self.number}@example.org"))

    def ask(self, role: str) -> Answer:
        """The answer that this role gets to the route's example."""
        operation = contract().document["paths"][self.template][self.method]
        body = BODIES.get(self.template)
        if body is None and "requestBody" in operation:
            shown = operation["requestBody"]["content"]["application/json"]["examples"]
            body = next(iter(shown.values()))["value"]
        plural = self.template.partition("{profile_id}/")[2].partition("/")[0]
        [(session,)] = self.stage.sql(
            "SELECT s.id FROM users_session s JOIN users_user u ON u.id = s.user_id WHERE u.email = %s LIMIT 1",
            f"owner{self.number}@example.org",
        )
        path = self.template.format(
            profile_id=self.renamed[examples.PROFILE["id"]],
            item_id=self.renamed[examples.ITEMS[plural]["id"]] if plural in examples.ITEMS else "",
            session_id=session,
            job_id=self.job,
        )
        if query := QUERIES.get(self.template):
            path = f"{path}?{urlencode(self.own(query))}"
        sent = None if body is None else self.own(body, role)
        return self.stage.client(self.tokens[role]).send(self.method.upper(), path, sent)

    def version(self) -> list[tuple[Any, ...]]:
        """What shows a change of the owner's profile."""
        return self.stage.sql(
            "SELECT version, updated_at FROM profiles_profile WHERE id = %s", self.renamed[examples.PROFILE["id"]]
        )


def permissions(stage: Stage) -> Iterator[Promise]:
    """Every route, method and role: nobody but the owner sees or changes what the owner has."""
    started = time.monotonic()
    asked, leaks, changes, seen, wrong = 0, 0, 0, 0, []
    table = list(TABLE.items())
    shared: dict[str, str] = {}
    with stage.serve():
        for number, ((template, method), access) in enumerate(table[:: stage.count(1, 8)]):
            case = Case(stage, template, method, number)
            # What people do to themselves may end their account; below a profile others do nothing at all.
            if access != OWNED or not shared:
                shared = {role: _other(case, role) for role in OTHERS}
            case.tokens |= shared
            before = case.version()
            for role in ("anonymous", *OTHERS, "owner"):
                answer = case.ask(role)
                asked += 1
                if not is_as_expected(answer.status, access.of(role)):
                    wrong.append(f"{role} {method} {template}: {answer.status}")
                is_shown = CANARY.encode() in answer.content
                seen += is_shown and role == "owner"
                leaks += is_shown and role != "owner"
                changes += role != "owner" and case.version() != before
            if access != OWNED:
                shared = {}
    lasted = time.monotonic() - started
    yield Promise(
        "permissions: leaks", f"{leaks} leaks, {changes} changes by others", asked, lasted, not leaks + changes
    )
    figure = "; ".join([f"{len(wrong)} answers beside the table", *wrong])
    yield Promise("permissions: statuses", figure, asked, lasted, not wrong)
    yield Promise("permissions control, the owner sees the canary", f"{seen} times", asked, lasted, seen > 0)


def _other(case: Case, role: str) -> str:
    """The access token of somebody else, who has a profile."""
    token = str(case.person(f"{role.replace(' ', '.')}{case.number}@example.org", role)["access_token"])
    case.stage.profile(token)
    return token
