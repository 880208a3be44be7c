"""The OpenAPI document: all that developers of clients have, so it must say everything and be right."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import yaml
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from jsonschema_rs import Draft202012Validator
from openapi_spec_validator import validate

from profiles.api import examples
from profiles.api.openapi.shared import ANY_FORM
from profiles.models import COMPONENTS
from tests.support.client import ApiClient
from tests.support.contract import API, FORMATS, PROBLEM, contract
from users.models import User

pytestmark = pytest.mark.pure

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENT: dict[str, Any] = contract().document
# The same with its references to what is shared, as clients get it.
RAW: dict[str, Any] = yaml.load((ROOT / "openapi.yaml").read_text(), Loader=yaml.CSafeLoader)  # a safe one
OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    (path, method, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]
NAMES: list[str] = [operation["operationId"] for _, _, operation in OPERATIONS]


def contents(part: dict[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Each example of a request body or an answer, with the schema that it must fit."""
    for content in part.get("content", {}).values():
        schema = {**content["schema"], "components": DOCUMENT["components"]}
        for example in content.get("examples", {}).values():
            yield example["value"], schema


def test_it_is_made_without_a_warning() -> None:
    GENERATOR_STATS.reset()
    SchemaGenerator().get_schema(request=None, public=True)
    assert not GENERATOR_STATS


def test_the_committed_file_is_what_the_code_says() -> None:
    document = SchemaGenerator().get_schema(request=None, public=True)
    assert (ROOT / "openapi.yaml").read_bytes() == OpenApiYamlRenderer().render(document, renderer_context={})


@pytest.mark.slow
def test_it_is_a_valid_document_with_the_token_as_its_scheme() -> None:
    document = yaml.safe_load((ROOT / "openapi.yaml").read_text())
    validate(document)
    assert document["components"]["securitySchemes"] == {
        "jwtAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }


def test_every_operation_has_a_name_of_its_own_fit_for_a_method() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert [name for name in NAMES if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name)] == []


def test_it_says_what_each_operation_is_for() -> None:
    assert [each["operationId"] for _, _, each in OPERATIONS if not each.get("summary") or not each.get("tags")] == []


def test_every_operation_has_a_description_of_its_own() -> None:
    texts = Counter(each.get("description", "") for _, _, each in OPERATIONS)
    assert [text for text, number in texts.items() if number > 1 or not text] == []
    assert {"If-Match", "Idempotency-Key", "handling=strict"} <= set(re.findall(r"[\w=-]+", RAW["info"]["description"]))


def misfits(operation: dict[str, Any]) -> Iterator[str]:
    """What is wrong with an operation's examples."""
    answers = [answer for answer in operation["responses"].values() if answer.get("content")]
    for part in [operation["requestBody"], *answers] if "requestBody" in operation else answers:
        if part["content"].keys() <= {"application/zip", "application/octet-stream", ANY_FORM}:
            continue
        shown = list(contents(part))
        if not shown:
            yield f"{operation['operationId']} lacks an example"
        for example, schema in shown:
            plain = json.loads(json.dumps(example, default=str))
            for fault in Draft202012Validator(schema, formats=FORMATS, validate_formats=True).iter_errors(plain):
                yield f"{operation['operationId']}: {fault.message}"


def test_it_shows_what_is_sent_and_what_comes_back_and_all_of_it_fits() -> None:
    assert [fault for _, _, operation in OPERATIONS for fault in misfits(operation)] == []


def expected_problems(path: str, method: str, operation: dict[str, Any]) -> set[str]:
    """The statuses that an operation must document, for what follows from its kind."""
    below_profile = "{profile_id}" in path
    expected = {"422", "429", "default"}
    expected |= {"401"} if operation.get("security") == [{"jwtAuth": []}] else set()
    expected |= {"403", "404"} if below_profile else set()
    expected |= {"412"} if below_profile and method != "get" else set()
    return expected


def test_it_names_every_problem_that_may_come_as_a_problem_document() -> None:
    for path, method, operation in OPERATIONS:
        answers = operation["responses"]
        problems = {status for status, answer in answers.items() if PROBLEM in answer.get("content", {})}
        assert problems == {status for status in answers if status >= "400"}, operation["operationId"]
        assert expected_problems(path, method, operation) <= problems, operation["operationId"]
        is_profile_read = method == "get" and path.startswith((f"{API}/profiles", f"{API}/sync"))
        assert ("304" in answers) == is_profile_read, operation["operationId"]


def test_a_bulk_delete_may_be_told_by_its_body_or_by_its_query() -> None:
    operation = DOCUMENT["paths"][f"{API}/profiles/{{profile_id}}/experiences"]["delete"]
    assert "requestBody" in operation
    assert not operation["requestBody"].get("required")
    assert "ids" in {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"}


def request_schema(name: str) -> Draft202012Validator:
    """What judges a request body by one of the document's components."""
    schema = {**DOCUMENT["components"]["schemas"][name], "components": DOCUMENT["components"]}
    return Draft202012Validator(schema, formats=FORMATS, validate_formats=True)


def nodes(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in a part of the document, with its place; what stands in examples is none of the document's."""
    if isinstance(node, dict):
        yield place, node
        for name, child in node.items():
            if name not in {"examples", "example"}:
                yield from nodes(child, f"{place}/{name}")
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from nodes(child, f"{place}/{index}")


def test_every_alternative_has_a_type_so_that_generators_can_name_it() -> None:
    choices = [(place, each[word]) for place, each in nodes(DOCUMENT) for word in ("anyOf", "oneOf") if word in each]
    assert [place for place, choice in choices if any(not {"type", "$ref"} & one.keys() for one in choice)] == []
    assert [place for place, each in nodes(DOCUMENT["components"]["schemas"]) if "anyOf" in each] == []


def test_every_bulk_request_is_an_array_of_one_to_a_thousand_items_and_so_is_its_answer() -> None:
    bulk = [
        each for _, _, each in OPERATIONS if re.search("_bulk_(create|update|partial_update)$", each["operationId"])
    ]
    assert len(bulk) == 3 * len(COMPONENTS)
    for operation in bulk:
        sent = operation["requestBody"]["content"]["application/json"]["schema"]
        (status,) = {"200", "201"} & operation["responses"].keys()
        answered = operation["responses"][status]["content"]["application/json"]["schema"]
        assert (sent["type"], sent["minItems"], sent["maxItems"]) == ("array", 1, 1000), operation["operationId"]
        assert (answered["type"], list(answered["items"])) == ("array", ["$ref"]), operation["operationId"]


@pytest.mark.django_db
def test_a_body_is_required_where_an_empty_one_is_refused_and_nowhere_else(user: User) -> None:
    assert ApiClient().as_user(user).post(f"{API}/profiles", examples.PROFILE).status_code == 201
    ids = {"profile_id": examples.PROFILE["id"], "version": "1"}
    for path, method, operation in OPERATIONS:
        plural = path.removesuffix("/{item_id}").rpartition("/")[2]
        # What a DELETE names may stand in its query instead.
        if "requestBody" in operation and method != "delete":
            item_id = examples.ITEMS[plural]["id"] if "{item_id}" in path else ""
            answer = ApiClient().as_user(user).send(method.upper(), path.format(**ids, item_id=item_id))
            is_required = operation["requestBody"].get("required", False)
            assert (answer.status_code == 400) == is_required, (operation["operationId"], answer.status_code)


def test_a_parameter_of_the_query_has_the_type_of_what_it_means() -> None:
    parameters = [each for _, _, operation in OPERATIONS for each in operation.get("parameters", ())]
    schemas = {each["name"]: each["schema"] for each in parameters if each["in"] == "query"}
    assert {name for name, schema in schemas.items() if {"true", "false"} & set(schema.get("enum", ()))} == set()
    assert {name for name, schema in schemas.items() if schema["type"] == "boolean"} == {"dry_run"}
    assert {name for name, schema in schemas.items() if schema["type"] == "array"} == {
        "ids",
        "include",
        "keys",
        "skills",
    }


@pytest.mark.django_db
def test_parameters_of_the_path_come_first_in_its_order_since_generators_keep_it() -> None:
    for path, _, operation in OPERATIONS:
        places = [parameter["in"] for parameter in operation.get("parameters", ())]
        names = [parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "path"]
        assert names == re.findall(r"{(\w+)}", path)
        assert places == sorted(places, key=["path", "query", "header"].index)


def test_what_the_document_calls_a_default_is_taken_when_it_is_sent(user: User) -> None:
    client = ApiClient().as_user(user)
    assert client.post(f"{API}/profiles", examples.PROFILE).status_code == 201
    sent = 0
    for path, method, operation in OPERATIONS:
        schemas = {each["name"]: each["schema"] for each in operation.get("parameters", ()) if each["in"] == "query"}
        query = {name: schema["default"] for name, schema in schemas.items() if "default" in schema}
        if query and method == "get":
            sent += 1
            answer = client.get(path.format(profile_id=examples.PROFILE["id"]), query=query)
            assert answer.status_code == 200, operation["operationId"]
        elif query:
            assert query.keys() == {"limit", "offset"}, operation["operationId"]
    assert sent > len(COMPONENTS)


def test_every_enum_has_a_name_that_says_what_it_is() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert [name for name in schemas if re.search("Enum|[0-9a-f]{3}$", name)] == []
    inline = [place for place, each in nodes(schemas) if "enum" in each and place.count("/") > 1]
    assert inline == []
    assert {"ActorKind", "ItemKind", "JobStatus", "LanguageProficiency", "SkillKind"} <= schemas.keys()


def test_what_many_operations_have_stands_once_and_they_refer_to_it() -> None:
    operations = [each for routes in RAW["paths"].values() for each in routes.values()]
    answers = [(status, answer) for each in operations for status, answer in each["responses"].items()]
    assert [
        status for status, answer in answers if (status in {"202", "304"} or status >= "400") != ("$ref" in answer)
    ] == []
    heads = [head for _, answer in answers for head in answer.get("headers", {}).values()]
    heads += [head for answer in RAW["components"]["responses"].values() for head in answer.get("headers", {}).values()]
    assert [head for head in heads if list(head) != ["$ref"]] == []
    known = {head["$ref"].rpartition("/")[2] for head in heads}
    assert known == RAW["components"]["headers"].keys()
    alone = Counter(json.dumps(each) for row in operations for each in row.get("parameters", ()) if "$ref" not in each)
    assert [text for text, times in alone.items() if times > 1] == []
    assert "x-shared-as" not in json.dumps(RAW)


def test_an_answer_tells_the_headers_that_it_may_have() -> None:
    for path, method, operation in OPERATIONS:
        for status, answer in operation["responses"].items():
            heads, name = answer.get("headers", {}).keys(), operation["operationId"]
            makers = {"profiles_create", "profiles_duplicate", "profiles_import", "profiles_import_file"}
            is_new_profile = status == "201" and name in makers
            assert ("Location" in heads) == (status == "202" or is_new_profile), name
            may_come_back = status in {"202", "409", "429", "default"} or (name, status) == ("jobs_retrieve", "200")
            assert ("Retry-After" in heads) == may_come_back, name
            if path.startswith(f"{API}/profiles") and status == "200":
                assert "ETag" in heads, (name, method)


def test_every_answer_says_what_it_is_and_the_document_speaks_of_nothing_that_a_reader_does_not_have() -> None:
    answers = [(each["operationId"], answer) for _, _, each in OPERATIONS for answer in each["responses"].values()]
    assert [name for name, answer in answers if len(answer["description"]) < len("A job.")] == []
    vague = {"What was asked for.", "No response body", "One page of a list."}
    assert [name for name, answer in answers if answer["description"] in vague] == []
    texts = [each["description"] for _, each in nodes(RAW) if isinstance(each.get("description"), str)]
    assert [text for text in texts if re.search(r"\bAnswers? /|[Cc]ontract \d|\bviewset|serializer", text)] == []


def test_its_groups_have_texts_and_begin_with_how_to_log_in() -> None:
    tags = [tag["name"] for tag in RAW["tags"]]
    used = dict.fromkeys(tag for routes in RAW["paths"].values() for each in routes.values() for tag in each["tags"])
    assert tags == list(used)
    assert tags[:3] == ["auth", "profiles", COMPONENTS[0].plural]
    assert NAMES[:2] == ["auth_register", "auth_login"]
    assert all(tag["description"] for tag in RAW["tags"])
    assert RAW["servers"]


def test_what_needs_no_token_says_so() -> None:
    public = {each["operationId"] for _, _, each in OPERATIONS if each["security"] == []}
    assert public == {
        "auth_check_email",
        "auth_forgot_password",
        "auth_login",
        "auth_refresh",
        "auth_register",
        "auth_reset_password",
        "auth_verify_email",
    }


def test_a_json_resume_is_a_free_object_of_one_name_wherever_it_goes_in_or_out() -> None:
    schema = DOCUMENT["components"]["schemas"]["JsonResume"]
    assert (schema["type"], schema["additionalProperties"]) == ("object", {})
    assert not {"properties", "required"} & schema.keys()
    refs = [place for place, each in nodes(RAW["paths"]) if each.get("$ref") == "#/components/schemas/JsonResume"]
    assert sorted(place.partition("/content/")[0].removeprefix(f"/{API}") for place in refs) == [
        "/profiles/import/post/requestBody",
        "/profiles/{profile_id}/export/json-resume/get/responses/200",
    ]


def test_a_map_of_any_json_says_nothing_of_its_values() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for name, member in (("ChangedItem", "data"), ("ChangeResult", "data"), ("ChangeBodyRequest", "set")):
        assert schemas[name]["properties"][member]["additionalProperties"] == {}, name


def test_only_what_must_have_a_scheme_is_called_a_uri() -> None:
    uris = [place for place, each in nodes(DOCUMENT) if each.get("format") == "uri"]
    assert uris
    assert [
        place
        for place in uris
        if not place.endswith("Problem/properties/type") and not place.endswith("ProblemDocument/properties/type")
    ] == []


@pytest.mark.parametrize(
    ("name", "change", "is_valid"),
    [
        ("ExperiencePatchRequest", {"location": ""}, True),
        ("ExperiencePatchRequest", {"end_date": ""}, True),
        ("ExperiencePatchRequest", {"end_date": "2021-12-31"}, True),
        ("ExperiencePatchRequest", {"end_date": "2021-13"}, False),
        ("ExperiencePatchRequest", {"start_date": ""}, True),
        ("ExperiencePatchRequest", {"title": ""}, False),
        ("ProfilePatchRequest", {"professional_summary": ""}, True),
        ("ProfilePatchRequest", {"professional_summary": "x" * 9}, False),
        ("ProfilePatchRequest", {"professional_summary": "x\n" * 5}, True),
        ("PersonalInfoChangeRequest", {"phone": ""}, True),
        ("PersonalInfoChangeRequest", {"phone": "+44 20"}, True),
        ("PersonalInfoChangeRequest", {"phone": "٠٢٠"}, True),
        ("PersonalInfoChangeRequest", {"phone": "9" * 33}, False),
        ("PersonalInfoChangeRequest", {"website": "example.com/ada"}, True),
        ("ProfilePatchRequest", {"professional_summary": None}, True),
        ("ProfilePatchRequest", {"experiences": [{}] * 1000}, True),
        ("ProfilePatchRequest", {"experiences": [{}] * 1001}, False),
        ("ProfilePatchRequest", {"custom_fields": {str(number): 0 for number in range(101)}}, False),
    ],
)
def test_it_says_what_clears_a_field_and_how_long_a_list_may_be(name: str, change: Any, *, is_valid: bool) -> None:
    assert request_schema(name).is_valid(change) is is_valid


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/docs", "/api/redoc"])
def test_the_readers_of_the_document_come_whole_from_the_service_itself(client: Client, path: str) -> None:
    page = client.get(path)
    html = page.content.decode()
    assert page.status_code == 200
    assert "default-src 'none'" in page["Content-Security-Policy"]
    links = re.findall(r"""(?:src|href)=["']([^"']+)""", html)
    assert links
    assert [link for link in links if "//" in link] == []
    # The policy allows no script that stands in the page itself.
    assert re.findall(r"<script(?![^>]*src=)", html) == []
    for link in links:
        text = fetched(client, link)
        # What a style or a script goes on to fetch: images, fonts, source maps.
        further = re.findall(r"""url\(["']?(?!data:)([^"')]+)""", text) if ".css" in link else []
        further += re.findall(r"sourceMappingURL=([\w.-]+\.map) ?(?:\*/)?\s*$", text)
        for name in further:
            fetched(client, urljoin(link, name))


def fetched(client: Client, link: str) -> str:
    """The text of an asset, which must be there."""
    with closing(client.get(link)) as asset:
        assert asset.status_code == 200, link
        return b"".join(asset).decode(errors="replace")


@pytest.mark.slow
def test_the_document_is_served_as_yaml_and_as_json(client: Client) -> None:
    as_yaml = client.get("/api/schema")
    as_json = client.get("/api/schema", headers={"Accept": "application/json"})
    assert yaml.safe_load(as_yaml.content) == as_json.json()
    assert as_json.json()["openapi"].startswith("3.1")


@pytest.mark.slow
def test_the_document_is_small(client: Client) -> None:
    sizes = [len(client.get("/api/schema", headers={"Accept-Encoding": each}).content) for each in ("identity", "gzip")]
    assert sizes[0] <= 400_000
    assert sizes[1] <= 35_000
