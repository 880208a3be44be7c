"""Whether our service and the peer answer alike: nothing is measured before they do."""

import http.client
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

SECONDS = 30
JOB = {
    "title": "  Ingenieurin fu\u0308r Straßenbau ",
    "company": "Müller & Söhne",
    "location": "",
    "start_date": "2021",
    "end_date": "2021-03-15",
    "description": "Planned roads.",
    "achievements": ["Two bridges", "  Ein Tunnel "],
    "technologies": None,
    "employment_type": None,
    "position": 7,
}
CURRENT_JOB = {"title": "Analyst", "company": "Engines", "start_date": "2022-05-31", "is_current": True, "end_date": ""}
# It began and ended, and nobody knows when.
UNDATED_JOB = {"title": "Clerk", "company": "Town", "start_date": None}
# With nothing left to a default, and nothing that the service would spell in another way.
WHOLE_JOB = {
    "title": "Analyst",
    "company": "Engines",
    "location": "Köln",
    "start_date": "2019-02",
    "end_date": "2021",
    "is_current": False,
    "description": "Wrote programs.",
    "achievements": ["The first of them"],
    "technologies": ["Cards"],
    "employment_type": "contract",
    "industry": "Computing",
    "url": "https://engines.example.org/",
    "company_description": "Makes engines.",
    "enhanced_description": "Wrote the first programs.",
    "is_visible": False,
    "extra": {"x-place": [1, 1.5, None, {"ü": "ß"}]},
}
JOBS: tuple[tuple[str, Any], ...] = (
    ("one experience", JOB),
    ("one experience that lasts", CURRENT_JOB),
    ("one experience with all members", WHOLE_JOB),
    (
        "members to their defaults and without a scheme",
        [
            JOB | {"url": "engines.example.org", "company_description": " A town's office. "},
            JOB | {"enhanced_description": " Planned roads that last. ", "version": 7},
            WHOLE_JOB | {"url": "", "company_description": None, "is_visible": None, "extra": None},
            WHOLE_JOB | {"enhanced_description": ""},
        ],
    ),
    ("an end that nobody knows", CURRENT_JOB | {"is_current": False}),
    ("dates that nobody knows", [UNDATED_JOB, JOB | {"start_date": None}, JOB | {"start_date": ""}]),
    ("an array of one", [JOB]),
    ("100 experiences", [JOB | {"title": f"Job {number}"} for number in range(99)] + [CURRENT_JOB]),
)
BAD_JOBS: tuple[tuple[str, Any], ...] = (
    ("an empty array", []),
    ("an empty object", {}),
    ("no start at all", {"title": "Clerk", "company": "Town"}),
    ("an experience that is a text", ["text"]),
    ("blank and long texts", [JOB, JOB | {"title": " ", "company": "x" * 101, "employment_type": "x" * 51}]),
    ("an end before the start", [JOB | {"end_date": "2020-12"}]),
    ("an end of what is current", CURRENT_JOB | {"end_date": "2023"}),
    ("dates that there are not", JOB | {"start_date": "2021-13", "end_date": "2021-02-30"}),
    ("values of other types", JOB | {"title": 5, "is_current": "true", "achievements": "x", "technologies": [1]}),
    ("an enhanced description that is too long", JOB | {"enhanced_description": "x" * 2001}),
    ("lists that are too long", JOB | {"achievements": ["x"] * 51, "technologies": ["x" * 101]}),
    ("an id that is no UUID", JOB | {"id": "7"}),
    (
        "an address, a text, a flag and an object that are none",
        [JOB, JOB | {"url": "ftp://x", "company_description": "x" * 501, "is_visible": 1, "extra": []}],
    ),
    ("an object that is too large", JOB | {"extra": {"x": "ß" * 5200}}),
)
CHANGES: tuple[tuple[str, Any], ...] = (
    ("nothing", {}),
    ("the summary", {"professional_summary": "  Engineer who builds roads that hold for a hundred years. "}),
    ("the summary, to nothing", {"professional_summary": None}),
    ("the enhanced summary", {"enhanced_professional_summary": " Builds.  "}),
    ("the enhanced summary, to nothing", {"enhanced_professional_summary": ""}),
    ("several fields", {"label": "Straße", "version": 1, "personal_info": {"phone": "", "github": "github.com/ada"}}),
    ("the label, to its default", {"label": None}),
    ("the name and the e-mail", {"personal_info": {"full_name": "Ada Größe", "email": "ada@example.org"}}),
    (
        "the headline, the image and the place",
        {
            "personal_info": {
                "headline": " Engineer of roads ",
                "image": "ada.example.org/portrait.jpg",
                "address": "Ring 1",
                "postal_code": "50667",
                "city": "Ko\u0308ln",
                "region": "",
                "country_code": " DE ",
            }
        },
    ),
    ("links", {"personal_info": {"links": [{"network": " Forum ", "url": "forum.example.org", "more": 1}]}}),
    ("links and the rest, to nothing", {"personal_info": {"links": None, "country_code": None}, "extra": None}),
    ("the rest", {"extra": {"sections": [{"name": "Größen", "at": [1, 1.5, None, True]}]}}),
    ("the rest, a number to true", {"extra": {"rating": True}}),
)
BAD_CHANGES: tuple[tuple[str, Any], ...] = (
    ("a summary that is too short", {"professional_summary": "short"}),
    ("a label that is too long", {"label": "x" * 101}),
    ("an enhanced summary that is too long", {"enhanced_professional_summary": "x" * 2001}),
    (
        "personal fields at fault",
        {"personal_info": {"full_name": None, "email": "no", "phone": "none", "website": "ftp://x"}},
    ),
    (
        "a headline, an image and a place at fault",
        {"personal_info": {"headline": "x" * 221, "image": "x y", "postal_code": "x" * 21, "country_code": "de"}},
    ),
    (
        "links at fault",
        {"personal_info": {"links": [{"network": "x"}, {"url": "x y"}, {"network": "x" * 51, "username": 1}]}},
    ),
    ("links that are no list", {"personal_info": {"links": {"network": "Forum"}}}),
    ("a rest that is no object", {"extra": "text"}),
    ("a rest that is too large", {"extra": {"x": "ß" * 132_000}}),
)
# What a PATCH of the profile's own fields may change.
OWN = ("label", "professional_summary", "enhanced_professional_summary", "personal_info", "extra")
# Of each kind an item with all members and one with those that it must have.
FULL: dict[str, Any] = {
    "personal_info": {
        "full_name": "Ada Größe",
        "email": "ada@example.org",
        "phone": "+49 221 7",
        "location": "Köln",
        "linkedin": "https://linkedin.com/in/ada",
        "github": "https://github.com/ada",
        "website": "https://ada.example.org",
        "headline": "Engineer",
        "image": "https://ada.example.org/portrait.jpg",
        "address": "Ring 1",
        "postal_code": "50667",
        "city": "Köln",
        "region": "NRW",
        "country_code": "DE",
        "links": [{"network": "Forum", "username": "ada", "url": "https://forum.example.org/ada"}, {"network": "Fax"}],
    },
    "professional_summary": "Engineer of roads and bridges.",
    "enhanced_professional_summary": "Plans roads.",
    "extra": {"rating": 1},
    "skills": {
        "technical": ["Python", "Go", "C"],
        "soft": ["Mentoring", "Writing"],
        "details": [
            {"kind": "soft", "name": "Mentoring", "level": "good"},
            {"kind": "technical", "name": "Go", "keywords": ["Concurrency"]},
            {"kind": "technical", "name": "Python", "extra": {"x-years": 4}},
        ],
        "languages": [{"name": "German", "proficiency": "native", "is_visible": False, "extra": {"x": 1}}],
        "certifications": [
            {
                "name": "Certified",
                "issuer": "Institute",
                "date_obtained": "2020",
                "expiry_date": "2023-01",
                "credential_id": "C-7",
                "url": "https://certificates.example.org/7",
                "is_visible": False,
                "extra": {"x": 1},
            },
            {"name": "Engineer", "issuer": "Guild", "date_obtained": None},
        ],
    },
    "experiences": [WHOLE_JOB, CURRENT_JOB, UNDATED_JOB],
    "education": [
        {
            "institution": "ETH Zürich",
            "degree": "MSc",
            "field_of_study": "Roads",
            "start_date": "2011",
            "end_date": "2013-09",
            "is_current": False,
            "gpa": 4,
            "score": "5.5 (CH)",
            "honors": ["Prize for the best thesis"],
            "description": "Bridges and what they carry.",
            "url": "https://school.example.org/",
            "courses": ["Bridges"],
            "is_visible": False,
            "extra": {"x": []},
        },
        {"institution": "Trinity College", "degree": "BA", "field_of_study": "Stones", "start_date": None},
    ],
    "projects": [
        {
            "name": "Map",
            "description": "Shows roads.",
            "technologies": ["Go"],
            "url": "https://map.example.org/",
            "start_date": "2020",
            "end_date": "2021",
            "highlights": ["Fast"],
            "roles": ["Author"],
            "entity": "Town of Köln",
            "type": "application",
            "enhanced_description": "Shows each road.",
            "repository_url": "https://git.example.org/map",
            "is_ongoing": True,
            "is_visible": False,
            "extra": {"x": {}},
        },
        {"name": "Notes", "description": "Keeps notes."},
    ],
    "volunteering": [
        {
            "organization": "Sea Rescue",
            "role": "Driver",
            "url": "https://rescue.example.org/",
            "start_date": "2014",
            "end_date": "2016-05",
            "summary": "Drove boats.",
            "highlights": ["Night watch"],
            "is_visible": False,
            "extra": {"x": 1},
        },
        {"organization": "Choir"},
    ],
    "awards": [
        {"title": "Golden Screw", "date": "2018-03-15", "awarder": "Guild", "summary": "For a bridge."},
        {"title": "Second place", "is_visible": False, "extra": {"x": 1}},
    ],
    "publications": [
        {
            "name": "On roads",
            "publisher": "Press",
            "release_date": "2017",
            "url": "https://papers.example.org/7",
            "summary": "Roads last.",
        },
        {"name": "On stones", "is_visible": False, "extra": {"x": 1}},
    ],
    "interests": [{"name": "Chess", "keywords": ["Endings"]}, {"name": "Tea", "is_visible": False, "extra": {"x": 1}}],
    "references": [
        {"name": "Grace", "reference": "She is precise."},
        {"name": "Alan", "is_visible": False, "extra": {"x": 1}},
    ],
    "custom_fields": {"salary": {"from": 50_000, "note": "Größe"}, "remote": None},
}
# What differs between two answers by nature: each write has a version, a time and ids of its own. The versions of items
# are among that: after a write by the peer, which keeps no log, each item is shown with the profile's version.
OF_THE_WRITE = ("version", "updated_at")


class Answer(NamedTuple):
    """What came back; `body` is the parsed JSON, None where there is none or where it is something else."""

    status: int
    etag: str | None
    body: Any


class Service:
    """One of the two, asked over a connection of its own for each request."""

    def __init__(self, url: str, token: str, profile: str) -> None:
        self.address = urlsplit(url).netloc
        self.token = token
        self.profile = f"/api/v1/profiles/{profile}"

    def send(self, method: str, path: str = "", body: Any = None, **headers: str | None) -> Answer:
        """The answer to a request below the profile, or to the whole path that begins with /api.

        `headers` are named with underscores; `Authorization=None` leaves the token out.
        """
        sent: dict[str, Any] = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection(self.address, timeout=SECONDS)
        try:
            given = {name: value for name, value in sent.items() if value is not None}
            connection.request(method, path if path.startswith("/api") else self.profile + path, data, given)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        is_json = "json" in response.headers.get("Content-Type", "")
        return Answer(response.status, response.headers["ETag"], json.loads(content) if is_json else None)


class Pair:
    """Both services, asked the same."""

    def __init__(self, ours: Service, peer: Service) -> None:
        self.ours = ours
        self.peer = peer

    def same(self, what: str, method: str, path: str = "", body: Any = None, **headers: str | None) -> Answer:
        """The answer that both give to a request that changes nothing. Raises SystemExit where they differ."""
        found = [service.send(method, path, body, **headers) for service in (self.ours, self.peer)]
        return equal(what, *found)

    def expect(self, status: int, what: str, method: str, path: str = "", body: Any = None, **headers: Any) -> None:
        """Like `same`, where that answer must have a status."""
        answer = self.same(what, method, path, body, **headers)
        if answer.status != status:
            raise SystemExit(f"Both services answer {answer.status} to {what}, where {status} was expected.")


def equal(what: str, ours: Answer, peer: Answer) -> Answer:
    """Ours. Raises SystemExit where the peer's says something else; of refusals only what clients act upon counts."""
    found = difference(comparable(ours), comparable(peer))
    if found:
        raise SystemExit(f"The peer answers {what} in another way than our service does; they differ at {found}")
    return ours


def comparable(answer: Answer) -> dict[str, Any]:
    """What must be the same: of a refusal the status, the version in it and the fields that are at fault."""
    if answer.status < http.client.BAD_REQUEST:
        return answer._asdict()
    problem = answer.body or {}
    pointers = sorted({fault["pointer"] for fault in problem.get("errors", [])})
    return {"status": answer.status, "version": problem.get("version"), "pointers": pointers}


def difference(ours: Any, peer: Any, where: str = "") -> str:
    """The first place in which two JSON values differ, with both values; empty where there is none."""
    if isinstance(ours, Mapping) and isinstance(peer, Mapping) and ours.keys() == peer.keys():
        return first(difference(ours[key], peer[key], f"{where}/{key}") for key in ours)
    if isinstance(ours, list) and isinstance(peer, list) and len(ours) == len(peer):
        pairs = enumerate(zip(ours, peer, strict=True))
        return first(difference(*pair, f"{where}/{index}") for index, pair in pairs)
    # To Python 1, 1.0 and True are equal; in JSON they are not.
    return "" if (type(ours), ours) == (type(peer), peer) else f"{where or 'the whole'}: {ours!r}, {peer!r}."


def first(found: Iterable[str]) -> str:
    """The first text that is not empty."""
    return next(filter(None, found), "")


def check(
    ours: str, peer: str, token: str, profile_id: str, other_token: str, *, refused_tokens: Sequence[str] = ()
) -> None:
    """Asks both services, which share one database, the same on every route that is measured.

    Twice: of the profile as it is stored, and of one in which every list and every member has something.

    `token` is that of the profile's user, `other_token` that of somebody else; `refused_tokens` are further ones that
    must be answered with 401. The profile is left as it was, at a later version; so its tag is another one afterwards.
    Raises SystemExit with a sentence where the answers differ.
    """
    pair = Pair(Service(ours, token, profile_id), Service(peer, token, profile_id))
    check_reads(pair)
    content, _, signature = token.rpartition(".")
    check_refusals(pair, other_token, (f"{content}.{signature[::-1]}", "text", *refused_tokens))
    check_writes(pair)
    with filled(pair):
        check_reads(pair)
        check_writes(pair)
    check_reads(pair)


def check_simple(ours: str, simple: str, token: str, profile_id: str) -> None:
    """Asks our service and one without tags, normal forms and analytics for a document and for a new experience.

    The profile is left as `check` leaves it. Raises SystemExit with a sentence where the answers differ.
    """
    pair = Pair(Service(ours, token, profile_id), Service(simple, token, profile_id))
    refuse_unequal("GET of the profile", *(service.send("GET").body for service in (pair.ours, pair.peer)))
    with filled(pair):
        refuse_unequal("GET of a full profile", *(service.send("GET").body for service in (pair.ours, pair.peer)))
        for what, body in (
            ("one experience", WHOLE_JOB),
            ("three experiences", [WHOLE_JOB, CURRENT_JOB | {"end_date": None}, UNDATED_JOB]),
        ):
            made = [service.send("POST", "/experiences", body) for service in (pair.ours, pair.peer)]
            refuse_unequal(f"POST of {what}", *(without(answer, ("id", "version")) for answer in made))
        refuse_unequal("GET after POST", *(service.send("GET").body for service in (pair.ours, pair.peer)))


def check_floor(ours: str, floor: str, token: str, profile_id: str) -> None:
    """Asks our service and the floor for a document, and whether it has changed. Raises SystemExit as `check` does."""
    pair = Pair(Service(ours, token, profile_id), Service(floor, token, profile_id))
    documents = [service.send("GET") for service in (pair.ours, pair.peer)]
    for answer in documents:
        require_ok("the document", answer)
    refuse_unequal("the document", documents[0].body, documents[1].body)
    answer = pair.peer.send("GET", If_None_Match=documents[1].etag)
    refuse_unequal("the status of what is known", 304, answer.status)


@contextmanager
def filled(pair: Pair) -> Iterator[None]:
    """Every list and every member of the profile has something in it until the block ends."""
    before = pair.ours.send("GET").body
    require_ok("PATCH of everything", pair.ours.send("PATCH", body=FULL))
    yield
    require_ok("PUT of the former profile", pair.ours.send("PUT", body=before))
    compare_documents("PATCH of everything, undone", before, pair.ours.send("GET").body)


def require_ok(what: str, answer: Answer) -> None:
    """Raises SystemExit where our service refuses what only prepares a comparison."""
    if answer.status != http.client.OK:
        raise SystemExit(f"Our service answers {answer.status} to {what}: {answer.body}")


def check_writes(pair: Pair) -> None:
    """PATCH of the profile and POST of experiences."""
    check_changes(pair)
    check_new_items(pair)


def check_reads(pair: Pair) -> None:
    """The document and the analytics, whole and where the client has them already."""
    for what, path in (("GET of the profile", ""), ("GET of the analytics", "/analytics")):
        etag = pair.same(what, "GET", path).etag
        for tags in (etag, f'W/{etag}, "x"', f'"x", {etag}', "*"):
            pair.expect(304, f"{what} with If-None-Match {tags}", "GET", path, If_None_Match=tags)
        pair.expect(200, f"{what} with another tag", "GET", path, If_None_Match='"x"')


def check_refusals(pair: Pair, other_token: str, refused_tokens: Sequence[str]) -> None:
    """Who may not ask, and what there is not; the same on every route, before a body is looked at."""
    for method, path in (("GET", ""), ("GET", "/analytics"), ("PATCH", ""), ("POST", "/experiences")):
        route = f"{method} {path or 'of the profile'}"
        body = b"{" if method in {"PATCH", "POST"} else None
        pair.expect(401, f"{route} without a token", method, path, body, Authorization=None)
        pair.expect(403, f"{route} by somebody else", method, path, body, Authorization=f"Bearer {other_token}")
        for unknown in (str(uuid.uuid4()), "7"):
            pair.expect(404, f"{route} of no profile", method, f"/api/v1/profiles/{unknown}{path}", body)
        for refused in refused_tokens:
            what = f"{route} with the token {refused[:12]}…"
            pair.expect(401, what, method, path, body, Authorization=f"Bearer {refused}")


def check_changes(pair: Pair) -> None:
    """PATCH of own fields: what is stored, what is refused, and when the version is raised."""
    before = pair.same("GET of the profile", "GET").body
    own = {name: before[name] for name in OWN}
    for what, change in CHANGES:
        answers = []
        for service in (pair.ours, pair.peer):
            start = pair.same("GET before a PATCH", "GET").body["version"]
            answer = service.send("PATCH", body=change)
            changed = pair.same("GET after a PATCH", "GET")
            service.send("PATCH", body=own)
            restored = pair.same("GET after a PATCH", "GET").body
            compare_documents(f"PATCH of {what}, undone", before, restored)
            facts = {"shows what is stored": answer.body == changed.body, "has its tag": answer.etag == changed.etag}
            versions = [changed.body["version"] - start, restored["version"] - start]
            answers.append(without(answer, OF_THE_WRITE) | facts | {"raised the version by": versions})
        refuse_unequal(f"PATCH of {what}", *answers)
    for what, change in BAD_CHANGES:
        pair.expect(422, f"PATCH of {what}", "PATCH", body=change)
    pair.expect(400, "PATCH with broken JSON", "PATCH", body=b'{"label": ')
    stale, current = pair.same("GET", "GET").etag, None
    pair.ours.send("PATCH", body={"label": "x"})
    pair.expect(412, "PATCH with a stale If-Match", "PATCH", body={"label": "y"}, If_Match=stale)
    for service in (pair.peer, pair.ours):
        current = pair.same("GET", "GET").etag
        answer = service.send("PATCH", body={"label": service.address}, If_Match=f'"x", W/{current}')
        if answer.status != http.client.OK:
            raise SystemExit(f"{service.address} answers {answer.status} to a PATCH whose If-Match is right.")
    pair.ours.send("PATCH", body=own)


def check_new_items(pair: Pair) -> None:
    """POST of experiences: what is stored and answered, and what is refused."""
    before = pair.same("GET of the profile", "GET").body
    for what, body in JOBS:
        answers = []
        for service in (pair.ours, pair.peer):
            start = pair.same(f"GET before POST of {what}", "GET").body["version"]
            made = service.send("POST", "/experiences", body)
            after = pair.same(f"GET after POST of {what}", "GET")
            rows = after.body["experiences"][len(before["experiences"]) :]
            ids = [row.pop("id") for row in rows]
            versions = {row.pop("version") for row in rows}
            pair.ours.send("DELETE", "/experiences", {"experience_ids": ids})
            answer = without(made, ("id", "version"))
            answer["shows the items' versions"] = versions == {after.body["version"]} == made_versions(made.body)
            answer["raised the version by"] = after.body["version"] - start
            answer["tag is the new one"] = made.etag == after.etag
            answer["ids are those stored"] = ids == made_ids(made.body)
            answer["stored"] = rows
            answers.append(answer)
        refuse_unequal(f"POST of {what}", *answers)
    compare_documents("POST, undone", before, pair.same("GET of the profile", "GET").body)
    for what, body in BAD_JOBS:
        pair.expect(422, f"POST of {what}", "POST", "/experiences", body)
    for what, body in (("broken JSON", b"[{]"), ("a NUL character", b'{"title": "\\u0000"}')):
        pair.expect(400, f"POST with {what}", "POST", "/experiences", body)
    own_id = [JOB, JOB | {"id": before["id"]}]
    pair.expect(422, "POST of an id that is the profile's", "POST", "/experiences", own_id)
    taken = JOB | {"id": before["experiences"][0]["id"]} if before["experiences"] else None
    if taken:
        pair.expect(409, "POST of an id that is taken", "POST", "/experiences", [taken])
    pair.expect(412, "POST with a stale If-Match", "POST", "/experiences", JOB, If_Match='"x"')


def made_ids(body: Any) -> list[str]:
    """The ids in the answer to a POST."""
    return [item["id"] for item in (body if isinstance(body, list) else [body])]


def made_versions(body: Any) -> set[int]:
    """The versions of the items in the answer to a POST."""
    return {item["version"] for item in (body if isinstance(body, list) else [body])}


def without(answer: Answer, names: Sequence[str]) -> dict[str, Any]:
    """Status and body of an answer, without the members of these names at any depth."""
    return {"status": answer.status, "body": stripped(answer.body, names)}


def stripped(value: Any, names: Sequence[str]) -> Any:
    """A JSON value without the members of these names at any depth."""
    if isinstance(value, Mapping):
        return {name: stripped(each, names) for name, each in value.items() if name not in names}
    return [stripped(each, names) for each in value] if isinstance(value, list) else value


def compare_documents(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Raises SystemExit where a document did not come back to what it was."""
    refuse_unequal(what, stripped(before, OF_THE_WRITE), stripped(after, OF_THE_WRITE))


def refuse_unequal(what: str, ours: Any, peer: Any) -> None:
    """Raises SystemExit where two values differ."""
    if found := difference(ours, peer):
        raise SystemExit(f"After {what} our service and the peer differ at {found}")
