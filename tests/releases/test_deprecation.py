"""What is to go is told in answers and in the OpenAPI document, tried on a route and members that are invented here."""

import copy
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import PolymorphicProxySerializer
from openapi_spec_validator import validate
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from profiles_project.api.errors import Problem
from profiles_project.api.fields import Document, Items, Text
from profiles_project.api.openapi import deprecation
from profiles_project.api.openapi.deprecation import Deprecation, deprecated, deprecates
from profiles_project.api.openapi.operations import operation
from profiles_project.api.views import APIView
from releases.breaks import breaks

pytestmark = [pytest.mark.pure, pytest.mark.urls(__name__)]

# One that the whole document has a text for.
TAGS = ["auth"]
ROUTE = Deprecation(since=date(2027, 1, 4), sunset=date(2028, 2, 1), link="/guide/versions#things")
WORDS = Deprecation(since=date(2027, 3, 1), sunset=date(2028, 3, 1), link="/guide/versions#words")
PLACE = Deprecation(since=date(2027, 2, 1), sunset=date(2028, 6, 1), link="/guide/versions#place")


@deprecates(place=PLACE)
class PartDocument(Document):
    """A part of a thing."""

    name = Text(max_length=9, required=False)
    place = Text(max_length=9, required=False)


@deprecates(words=WORDS)
class ThingDocument(Document):
    """A thing."""

    name = Text(max_length=9)
    words = Text(max_length=9, required=False)
    parts = Items(child=PartDocument(), max_length=9, required=False)


class PlainDocument(Document):
    """A thing of which nothing is deprecated."""

    words = Text(max_length=9, required=False)


class Open(APIView):
    """What anybody may ask."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class ThingsView(Open):
    """A route with one method that is deprecated, and one that takes deprecated members."""

    @deprecated(ROUTE)
    @operation(
        operation_id="things_read",
        summary="Read",
        tags=TAGS,
        responses={200: ThingDocument},
        auth=False,
        tagged="read",
    )
    def get(self, request: Request) -> Response:
        if "missing" in request.query_params:
            raise Problem(status=404)
        answer = Response({"name": "a", "words": "b", "parts": []})
        if "page" in request.query_params:
            answer["Link"] = '</things?page=2>; rel="next"'
        return answer

    @operation(
        operation_id="things_make",
        summary="Make",
        tags=TAGS,
        request=ThingDocument,
        responses={200: ThingDocument},
        auth=False,
    )
    def post(self, request: Request) -> Response:
        return Response(self.read(ThingDocument).validated_data)

    @deprecated(ROUTE)
    @operation(
        operation_id="things_change",
        summary="Change",
        tags=TAGS,
        request=ThingDocument,
        responses={200: ThingDocument},
        auth=False,
    )
    def patch(self, request: Request) -> Response:
        return Response(self.read(ThingDocument).validated_data)


class PlainView(Open):
    """A route where nothing is deprecated."""

    @operation(
        operation_id="plain_make",
        summary="Make",
        tags=TAGS,
        request=PlainDocument,
        responses={200: PlainDocument},
        auth=False,
    )
    def post(self, request: Request) -> Response:
        return Response(self.read(PlainDocument).validated_data)


urlpatterns = [path("api/v1/things", ThingsView.as_view()), path("api/v1/plain", PlainView.as_view())]
THINGS, PLAIN = "/api/v1/things", "/api/v1/plain"


def told(answer: HttpResponse | Any) -> tuple[str | None, str | None, str | None]:
    """What an answer's headers say."""
    return answer.get("Deprecation"), answer.get("Sunset"), answer.get("Link")


def seconds(year: int, month: int, day: int) -> str:
    return f"@{int(datetime(year, month, day, tzinfo=UTC).timestamp())}"


def test_each_answer_of_a_deprecated_operation_tells_it() -> None:
    expected = (seconds(2027, 1, 4), "Tue, 01 Feb 2028 00:00:00 GMT", '</guide/versions#things>; rel="deprecation"')
    assert told(Client().get(THINGS)) == told(Client().head(THINGS)) == expected
    refused = Client().get(THINGS, {"missing": 1})
    assert (refused.status_code, told(refused)) == (404, expected)
    assert parsedate_to_datetime(expected[1]).date() == ROUTE.sunset


def test_the_link_stands_beside_those_of_pages() -> None:
    link = Client().get(THINGS, {"page": 1})["Link"]
    assert link == '</things?page=2>; rel="next", </guide/versions#things>; rel="deprecation"'


def test_other_methods_of_the_route_tell_nothing() -> None:
    assert told(Client().post(THINGS, {"name": "a"}, "application/json")) == (None, None, None)
    assert told(Client().options(THINGS)) == (None, None, None)
    assert told(Client().put(THINGS)) == (None, None, None)


@pytest.mark.parametrize("sent", [{"words": "b"}, {"words": None}, {"name": "a", "words": "far too long for it"}])
def test_a_request_with_a_deprecated_member_is_told_it_also_where_it_is_refused(sent: dict[str, Any]) -> None:
    answer = Client().post(THINGS, sent, "application/json")
    link = '</guide/versions#words>; rel="deprecation"'
    assert told(answer) == (seconds(2027, 3, 1), "Wed, 01 Mar 2028 00:00:00 GMT", link)


def test_of_several_the_earliest_days_are_told_and_each_link_once() -> None:
    sent = {"name": "a", "words": "b", "parts": [{"place": "c"}, {"name": "d"}, {"place": "e"}]}
    answer = Client().post(THINGS, sent, "application/json")
    links = '</guide/versions#words>; rel="deprecation", </guide/versions#place>; rel="deprecation"'
    assert told(answer) == (seconds(2027, 2, 1), "Wed, 01 Mar 2028 00:00:00 GMT", links)
    changed = Client().patch(THINGS, sent, "application/json")
    assert told(changed)[:2] == (seconds(2027, 1, 4), "Tue, 01 Feb 2028 00:00:00 GMT")
    assert changed["Link"] == f'</guide/versions#things>; rel="deprecation", {links}'


def test_a_member_of_the_same_name_elsewhere_tells_nothing() -> None:
    assert told(Client().post(PLAIN, {"words": "b"}, "application/json")) == (None, None, None)


def test_a_request_without_a_body_or_with_a_broken_one_is_answered_as_ever() -> None:
    empty = Client().post(THINGS, b"", "application/json")
    assert (empty.status_code, told(empty)) == (400, (None, None, None))
    broken = Client().post(THINGS, "{", "application/json")
    assert (broken.status_code, told(broken)) == (400, (None, None, None))


@pytest.mark.parametrize(
    ("since", "earliest"), [(date(2027, 1, 4), date(2028, 1, 4)), (date(2028, 2, 29), date(2029, 3, 1))]
)
def test_less_than_twelve_months_are_refused(since: date, earliest: date) -> None:
    assert Deprecation(since, earliest, "/").sunset == earliest
    with pytest.raises(ValueError, match=f"must live until {earliest}"):
        Deprecation(since, date.fromordinal(earliest.toordinal() - 1), "/")


def document() -> dict[str, Any]:
    """The OpenAPI document of the routes above."""
    made: dict[str, Any] = SchemaGenerator(patterns=urlpatterns).get_schema(request=None, public=True)
    return made


def test_the_document_says_what_is_deprecated_and_until_when() -> None:
    made = document()
    validate(made)
    things = made["paths"][THINGS]
    assert (things["get"]["deprecated"], things["get"]["x-sunset"]) == (True, "2028-02-01")
    assert "deprecated" not in things["post"]
    for name in ("ThingDocumentRequest", "ThingDocument"):
        properties = made["components"]["schemas"][name]["properties"]
        assert (properties["words"]["deprecated"], properties["words"]["x-sunset"]) == (True, "2028-03-01")
        assert "deprecated" not in properties["name"]
    assert made["components"]["schemas"]["PartDocument"]["properties"]["place"]["x-sunset"] == "2028-06-01"


def test_the_document_names_the_headers_where_they_come_and_nowhere_else() -> None:
    made = document()
    named = {
        (where, method): set(each["responses"]["200"].get("headers", {})) & {"Deprecation", "Sunset", "Link"}
        for where, methods in made["paths"].items()
        for method, each in methods.items()
    }
    assert named == {
        (THINGS, "get"): {"Deprecation", "Sunset", "Link"},
        (THINGS, "patch"): {"Deprecation", "Sunset", "Link"},
        (THINGS, "post"): set(),
        (PLAIN, "post"): set(),
    }
    assert {"Deprecation", "Sunset"} <= made["components"]["headers"].keys()
    # What is described alike for all operations says nothing of one.
    assert made["components"]["responses"]["NotModified"]["headers"].keys() == {"ETag"}


def test_the_document_describes_no_header_that_no_answer_has() -> None:
    patterns = [each for each in urlpatterns if "plain" in str(each.pattern)]
    made = SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)
    assert not {"Deprecation", "Sunset", "ETag"} & made["components"]["headers"].keys()
    assert "RateLimit" in made["components"]["headers"]


def test_a_member_that_is_not_there_is_refused() -> None:
    @deprecates(wrods=WORDS)
    class Misspelt(Document):
        words = Text(max_length=9)

    with pytest.raises(ValueError, match="Misspelt deprecates wrods"):
        deprecation.mark(Misspelt(), {"words": {}})


def test_what_was_announced_may_go_on_its_day_and_not_before() -> None:
    old = document()
    new = copy.deepcopy(old)
    del new["paths"][THINGS]["get"], new["components"]["schemas"]["ThingDocumentRequest"]["properties"]["words"]
    gone = ["GET /api/v1/things is gone.", "ThingDocumentRequest.words is gone in requests."]
    assert breaks(old, new, date(2028, 1, 31)) == gone
    assert breaks(old, new, date(2028, 2, 1)) == gone[1:]
    assert breaks(old, new, date(2028, 3, 1)) == []


def test_bodies_of_several_forms_are_looked_into() -> None:
    forms: Any = [ThingDocument(many=True), PlainDocument]
    several = PolymorphicProxySerializer("Several", forms, resource_type_field_name=None)
    assert deprecation.may_use(several)
    assert deprecation.of_members(several, [{"parts": [{"place": ""}]}]) == [PLACE]
    assert not deprecation.may_use(PlainDocument)
    assert not deprecation.may_use(None)
    assert not deprecation.may_use({"application/json": {"type": "object"}})


def test_nothing_of_the_service_is_looked_at_while_nothing_of_it_is_deprecated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deprecation, "_declared", set())
    monkeypatch.setattr(deprecation, "_deprecates", lambda _: pytest.fail("it was looked at"))
    assert not deprecation.may_use(ThingDocument)
