"""The OpenAPI document as it is served: compressed, with a tag, at the cost of one making."""

import gzip

import pytest
from django.test import Client

PATH = "/api/schema"


@pytest.mark.parametrize("accept", ["application/json", "application/yaml"])
def test_it_is_compressed_for_who_reads_that(client: Client, accept: str) -> None:
    plain = client.get(PATH, headers={"Accept": accept})
    answer = client.get(PATH, headers={"Accept": accept, "Accept-Encoding": "br, GZIP;q=0.5"})
    assert (plain.status_code, answer.status_code, answer["Content-Encoding"]) == (200, 200, "gzip")
    assert "Content-Encoding" not in plain
    assert gzip.decompress(answer.content) == plain.content
    assert len(answer.content) < 45_000 < len(plain.content)
    assert {"Accept", "Accept-Encoding"} <= set(answer["Vary"].split(", ")) & set(plain["Vary"].split(", "))


@pytest.mark.parametrize("refusal", ["", "gzip;q=0", "identity", "br", "xgzip", "gzip;q*=x''1"])
def test_it_is_plain_for_who_does_not(client: Client, refusal: str) -> None:
    answer = client.get(PATH, headers={"Accept-Encoding": refusal})
    assert (answer.status_code, "Content-Encoding" in answer) == (200, False)
    assert answer.json()["openapi"] == "3.1.1"


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_who_has_it_is_told_so(client: Client, encoding: str) -> None:
    wanted = {"Accept-Encoding": encoding}
    first = client.get(PATH, headers=wanted)
    assert client.head(PATH, headers=wanted)["ETag"] == first["ETag"]
    again = client.get(PATH, headers={**wanted, "If-None-Match": f'"other", W/{first["ETag"]}'})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert "Accept-Encoding" in again["Vary"]
    assert client.get(PATH, headers={**wanted, "If-None-Match": '"other"'}).status_code == 200


def test_each_form_has_a_tag_of_its_own(client: Client) -> None:
    forms = [{"Accept": accept} for accept in ("application/json", "application/yaml")]
    compressed = [{**form, "Accept-Encoding": "gzip"} for form in forms]
    assert len({client.get(PATH, headers=headers)["ETag"] for headers in [*forms, *compressed]}) == 4
