"""The types of problems for readers: what the code says of each, what the guide says, and who answers so."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple

import orjson

from profiles_project.api.errors import MEDIA_TYPE
from profiles_project.api.openapi.document import ANYWHERE
from profiles_project.api.openapi.problems import ProblemType, problem_types
from profiles_project.web.docs import openapi_document

# Which of the operations with the status answer with the type, where not all of them do: by their ids.
ANSWERED_BY: Mapping[str, re.Pattern[str]] = {
    slug: re.compile(f"({pattern})$")
    for slug, pattern in {
        "deleted-since": ".*(_create|_add|_duplicate|_import.*|_reorder|_restore)",
        "email-taken": "auth_register|auth_change_email|auth_me_partial_update",
        "given-up": "jobs_retrieve",
        "in-trash": "profiles_create|profiles_duplicate|profiles_import.*",
        "invalid-credentials": "auth_login",
        "invalid-refresh-token": "auth_refresh|auth_logout",
        "invalid-token": "auth_verify_email|auth_reset_password",
        "no-longer-kept": "profiles_at_version|profiles_diff|profiles_restore",
        "no-pdf": "profiles_export",
        "no-word-file": "profiles_export",
        "request-under-way": ".*(_create|_add|_duplicate|_import.*|_reorder|_restore|_push|_cancel)",
        "staff-account": "auth_(change_email|change_password|me_erase|me_partial_update|reset_password)",
        "state-expired": "profiles_changes|profiles_push",
        "wrong-password": "auth_change_email|auth_change_password|auth_me_erase",
        **dict.fromkeys(
            ("empty", "not-a-resume", "schema-version", "unsupported-file", "unsupported-version"),
            "profiles_import|profiles_import_file",
        ),
        **dict.fromkeys(
            (
                "another-person",
                "broken",
                "encrypted",
                "max-length",
                "no-career",
                "no-name",
                "not-a-zip",
                "not-importable",
                "path-escape",
                "required",
                "too-many-files",
                "too-many-rows",
                "unknown-columns",
            ),
            "profiles_import.*",
        ),
    }.items()
}
# Answered by those operations that may file a job.
FOR_JOBS = "too-many-jobs"


class Operation(NamedTuple):
    """An operation of the API as the pages show it."""

    tag: str
    pk: str
    method: str
    path: str
    summary: str
    statuses: frozenset[str]

    @property
    def href(self) -> str:
        """Its place in the document to try out."""
        return f"/api/docs#/{self.tag.replace(' ', '%20')}/{self.pk}"


@cache
def operations() -> Sequence[Operation]:
    """All operations, in the order of the document."""
    return [
        Operation(
            each["tags"][0], each["operationId"], method.upper(), path, each["summary"], frozenset(each["responses"])
        )
        for path, methods in openapi_document()["paths"].items()
        for method, each in methods.items()
    ]


def answering(problem: ProblemType) -> Sequence[Operation]:
    """The operations that may answer so, none where any request may be answered so."""
    if problem.slug == FOR_JOBS:
        return [each for each in operations() if "202" in each.statuses]
    statuses = {str(status) for status in problem.statuses}
    if named := ANSWERED_BY.get(problem.slug):
        found = [each for each in operations() if named.match(each.pk)]
        return [each for each in found if statuses & each.statuses or not _is_told(statuses)]
    found = [each for each in operations() if statuses & each.statuses]
    return [] if len(found) == len(operations()) or ANYWHERE & {*problem.statuses} else found


def _is_told(statuses: set[str]) -> bool:
    """Whether operations tell these statuses one by one."""
    return any(statuses & each.statuses for each in operations())


def example(problem: ProblemType) -> str:
    """A document of this type, as JSON."""
    answers = openapi_document()["components"]["responses"]
    status = problem.statuses[0]
    examples = answers.get(f"Problem{status}", answers["Problem"])["content"][MEDIA_TYPE]["examples"]
    value: dict[str, Any] = {**_value(next(iter(examples.values())))}
    if problem.slug != value["type"].rpartition("/")[2]:
        detail = problem.sentence or _sentence(problem)
        value |= {"type": problem.identifier, "title": problem.title, "status": status, "detail": detail}
        if "errors" in value:
            value["errors"] = [{"pointer": "", "code": problem.slug.replace("-", "_"), "detail": detail}]
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _value(shown: dict[str, Any]) -> dict[str, Any]:
    """What an example shows, which may stand below `components`."""
    while "$ref" in shown:
        shown = openapi_document()["components"]["examples"][shown["$ref"].rpartition("/")[2]]
    value: dict[str, Any] = shown["value"]
    return value


def _sentence(problem: ProblemType) -> str:
    """A sentence in place of one that depends on what happened."""
    return f"{problem.title}."


def near(slug: str) -> Iterator[ProblemType]:
    """The types whose slugs are most like this one."""
    types = problem_types()
    yield from (types[each] for each in get_close_matches(slug[:60].lower(), types, n=5, cutoff=0.5))
