"""Hooks of drf-spectacular for the whole OpenAPI document: what many operations have is said once and referred to."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from profiles_project.api.errors import BY_STATUS, MEDIA_TYPE, Problem
from profiles_project.api.openapi.problems import below, problem_types

# The extension by which a parameter says what it is called below `components`, where its own name would not do.
SHARED_AS = "x-shared-as"
_TEXT = {"type": "string"}
_SECONDS = {"type": "integer", "minimum": 1}
HEADERS: dict[str, dict[str, Any]] = {
    "Deprecation": {
        "description": "The day from which on this, or a member of the request, is not to be used any more (RFC 9745).",
        "schema": _TEXT,
    },
    "ETag": {
        "description": "The version that the answer shows or has made: for `If-None-Match` and `If-Match`.",
        "schema": _TEXT,
    },
    "Idempotency-Replayed": {
        "description": "The request came before: this is its first answer (`true`), or what is stored now (`current`).",
        "schema": {"type": "string", "enum": ["true", "current"]},
    },
    "Link": {"description": "The `next` and the `prev` page, where there are such (RFC 8288).", "schema": _TEXT},
    "Location": {"description": "The path of what was made.", "schema": _TEXT},
    "Missing-Fonts": {
        "description": "Scripts in a PDF for which the service has no font, in English: letters of these may be boxes.",
        "schema": _TEXT,
    },
    "Preference-Applied": {"description": "What of `Prefer` was honoured (RFC 7240).", "schema": _TEXT},
    "RateLimit": {"description": "What is left of each limit that the request counts for.", "schema": _TEXT},
    "RateLimit-Policy": {"description": "These limits: how many requests in how many seconds.", "schema": _TEXT},
    "Retry-After": {"description": "After so many seconds it is worth while to ask again.", "schema": _SECONDS},
    "Sunset": {"description": "The day from which on that may be gone (RFC 8594); `Link` says more.", "schema": _TEXT},
    "WWW-Authenticate": {"description": "`Bearer`, and whether the token is at fault.", "schema": _TEXT},
}
# By status, the headers of a problem.
_OF_PROBLEMS = {
    "401": ["WWW-Authenticate"],
    "409": ["Retry-After"],
    "412": ["ETag"],
    "429": ["RateLimit", "RateLimit-Policy", "Retry-After"],
    "default": ["Retry-After"],
}
# What the way of a request may refuse whatever it asks for: operations say it in one line, as their `default`.
ANYWHERE = {400, 406, 408, 413, 415, 503}
# By status, how the description of an answer begins that has none of its own.
_BEGINNINGS = {"200": "", "201": "Created. "}
# By status, what a reader can't guess from the title of the problem.
_MEANINGS = {
    404: "What the path or the body names is not there; `detail` says what it is.",
    412: (
        "`If-Match` names a version that is not current, or is no `ETag` at all. Nothing was stored; `version` and"
        " `ETag` are those of now."
    ),
    422: (
        "`errors` names every field at fault. An import that can't be read has a type for each reason, such as"
        " `not-a-resume`."
    ),
}
_MANY = 2
# How drf-spectacular describes an answer without a body.
_NOTHING = "No response body"


def share(result: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
    """Hook: problems, other answers, headers, parameters and examples stand once, the operations refer to them."""
    components = result["components"]
    types = _types()
    _name_types(components["schemas"])
    used: set[str] = set()
    for operation in _operations(result):
        operation.setdefault("security", [])
        for status, answer in operation["responses"].items():
            if MEDIA_TYPE in answer.get("content", {}):
                answer["description"] = _refusal(status, types)
                names = _OF_PROBLEMS.get(status, [])
            else:
                answer["description"] = _description(status, answer, components)
                names = sorted(_header_names(operation, status) | answer.pop("headers", {}).keys())
            used.update(names)
            if names:
                answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    components["headers"] = {name: header for name, header in HEADERS.items() if name in used}
    _share_answers(result)
    _share_parameters(result)
    _share_examples(result)
    return result


def _name_types(schemas: dict[str, Any]) -> None:
    """Say of the problem document's `type` which there are."""
    described = schemas["ProblemDocument"]["properties"]["type"]
    slugs = ", ".join(f"`{slug}`" for slug in sorted(problem_types()))
    described["description"] += f" Each has a page of its own, `/problems/{{word}}`. So far there are {slugs}."


def _operations(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in result["paths"].values():
        yield from path.values()


def _description(status: str, answer: dict[str, Any], components: dict[str, Any]) -> str:
    """What an answer is: what its operation says, else what its schema says."""
    if answer.get("description") not in {None, "", _NOTHING}:
        return str(answer["description"])
    if not answer.get("content"):
        return "Done; there is nothing to show."
    if len(answer["content"]) > 1:
        return "The file, in the form that was asked for."
    schema = next(iter(answer["content"].values()))["schema"]
    is_list = schema.get("type") == "array"
    named = schema["items"] if is_list else schema
    while "$ref" in named:
        named = components["schemas"][named["$ref"].rpartition("/")[2]]
    text = named.get("description") or "What was asked for."
    first = text.partition(". ")[0].partition("\n")[0].rstrip(".")
    text = f"In the order sent; each is {begun_small(first)}" if is_list else first
    return f"{_BEGINNINGS.get(status, '')}{text}."


def begun_small(text: str) -> str:
    """A text as it stands inside a sentence."""
    return text[:1].lower() + text[1:]


def _refusal(status: str, types: dict[int, list[str]]) -> str:
    """What a problem means, with the types that it may have beside the usual one."""
    if status != "default":
        meaning = [_MEANINGS[int(status)]] if int(status) in _MEANINGS else []
        return " ".join([f"{BY_STATUS[int(status)][1]}.", *meaning, *types.get(int(status), ())])
    statuses = (f"- {each}: {BY_STATUS[each][2]} {' '.join(types.get(each, ()))}".rstrip() for each in sorted(ANYWHERE))
    beginning = "What any request may be refused with, and faults of the service (5xx):"
    return "\n".join([beginning, "", *statuses])


def _header_names(operation: dict[str, Any], status: str) -> set[str]:
    """The headers that an answer that is no problem may have."""
    taken = {parameter["name"] for parameter in operation.get("parameters", ())}
    names = set()
    if {"If-Match", "If-None-Match"} & taken and status != "202":
        names.add("ETag")
    if status == "202":
        names |= {"Location", "Preference-Applied", "Retry-After"}
    if "Idempotency-Key" in taken:
        names.add("Idempotency-Replayed")
    if status == "200" and {"limit", "offset"} <= taken:
        names.add("Link")
    # Jobs and answers of 304 are described alike wherever they are answered.
    if operation.get("deprecated") and status not in {"202", "304"}:
        names |= {"Deprecation", "Link", "Sunset"}
    return names


def _share_answers(result: dict[str, Any]) -> None:
    """Put the problems, and what is the same wherever it is answered, below `components`."""
    shared = result["components"].setdefault("responses", {})
    for operation in _operations(result):
        for status, answer in operation["responses"].items():
            if MEDIA_TYPE in answer.get("content", {}):
                name = "Problem" if status == "default" else f"Problem{status}"
            elif status in {"202", "304"}:
                name = "NotModified" if status == "304" else _name_of_job(answer)
            else:
                continue
            shared[name] = answer
            operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}


def _name_of_job(answer: dict[str, Any]) -> str:
    """What an answer with a job is called. One that an import files may be replayed, one that a GET files may not."""
    beginning = "Replayable" if "Idempotency-Replayed" in answer.get("headers", {}) else ""
    return f"{beginning}{'JobAccepted' if answer.get('content') else 'JobFiled'}"


def _share_parameters(result: dict[str, Any]) -> None:
    """Put every parameter that several operations have below `components`. Raises ValueError for two of one name."""
    places = [
        (operation["parameters"], index)
        for operation in _operations(result)
        for index in range(len(operation.get("parameters", ())))
    ]
    seen = Counter(_text(parameters[index]) for parameters, index in places)
    shared: dict[str, Any] = {}
    for parameters, index in places:
        text = _text(parameters[index])
        parameter = dict(parameters[index])
        name = parameter.pop(SHARED_AS, "") or _camel(parameter["name"])
        parameters[index] = parameter
        if seen[text] >= _MANY:
            if shared.setdefault(name, parameter) != parameter:
                raise ValueError(f"Two parameters would be called {name}; give one of them another {SHARED_AS}.")
            parameters[index] = {"$ref": f"#/components/parameters/{name}"}
    result["components"]["parameters"] = dict(sorted(shared.items()))


def _share_examples(result: dict[str, Any]) -> None:
    """Put every example that is shown several times below `components`, named after the operation that has it first."""
    places = list(_examples(result))
    seen = Counter(_text(examples[key]) for examples, key, _ in places)
    names: dict[str, str] = {}
    shared: dict[str, Any] = {}
    for examples, key, owner in places:
        text = _text(examples[key])
        if seen[text] >= _MANY:
            name = names.setdefault(text, f"{_camel(owner)}{_camel(key)}")
            shared[name] = examples[key]
            examples[key] = {"$ref": f"#/components/examples/{name}"}
    result["components"]["examples"] = dict(sorted(shared.items()))


def _examples(result: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Each named example of a body: the map that it stands in, its key, and whose it is."""
    for operation in _operations(result):
        for part in [operation.get("requestBody", {}), *operation["responses"].values()]:
            for content in part.get("content", {}).values():
                for key in content.get("examples", {}):
                    yield content["examples"], key, operation["operationId"]


def _text(part: Any) -> str:
    return json.dumps(part, sort_keys=True, default=str)


def _camel(name: str) -> str:
    words = name.replace("-", " ").replace("_", " ").split()
    return "".join(word[0].upper() + word[1:] for word in words)


def _types() -> dict[int, list[str]]:
    """By status, a sentence for each problem with a `type` of its own: what its class says of it."""
    found: dict[int, list[str]] = {}
    for problem in sorted(below(Problem), key=lambda each: each.slug or ""):
        if problem.slug:
            meaning = str(problem.__doc__).partition(": ")[2].partition("\n")[0]
            found.setdefault(problem.status_code, []).append(f"Type `{problem.slug}`: {meaning}")
    return found
