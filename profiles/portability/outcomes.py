"""What became of a job, as its owner reads it: the sentences in it are worded in the language that is active."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from profiles.career.sync import pushes
from profiles.models import Job
from profiles.portability import imports
from profiles_project.api.errors import in_words
from profiles_project.words.wording import worded

# The kind of job that makes the file of one profile.
PROFILE_EXPORT = "profiles_export"


def _export_in_words(result: Mapping[str, Any]) -> dict[str, Any]:
    told = {"warnings": list(map(worded, result["warnings"]))} if "warnings" in result else {}
    return {**result, **told}


# Of which kinds of jobs the results hold sentences, and what words them.
_WORDING: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    pushes.PushChanges.kind: pushes.in_words,
    imports.KIND: imports.result_in_words,
    PROFILE_EXPORT: _export_in_words,
}


def problem(job: Job) -> dict[str, Any] | None:
    """Why the job has failed, if it has."""
    return None if job.problem is None else in_words(json.loads(job.problem))


def result(job: Job) -> Any:
    """What the job has made, if anything. Where there is nothing to word, it is the text that is stored."""
    if job.result is None:
        return None
    if word := _WORDING.get(job.kind):
        return word(json.loads(job.result))
    return orjson.Fragment(job.result)
