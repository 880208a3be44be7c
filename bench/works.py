"""The works that services are compared by, and the bodies of their requests."""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bench.careers import words

# What stands in a body for a text that no request before had, and for the version that the items have by now.
TEXT, BASE = "@TEXT@", "@BASE@"
# Profiles with items of their own for works that change or read many of them (`careers/groups.py`).
TWENTY, THOUSAND = "twenty", "thousand"
SOME = 20
# Lists of the generated profiles have fewer, so that these are the added ones.
ADDED_FROM = 8

PROFILE = "/api/v1/profiles/ID"
EXPERIENCES = f"{PROFILE}/experiences"
RESUME = f"{PROFILE}/export?include=hidden,references"


class Work(NamedTuple):
    """A kind of request that services are compared by.

    `path` has ID for the profile's id and STATE for the state that a client has seen. `profiles` is how many of them
    are visited: a few where the answers shall come from a cache, None for all that there are; with `group` those of
    the group. With `once` the caches are emptied before each run and no profile is visited twice in it. `items` is the
    number of experiences in the body; `body` is what all requests send, `own` makes what those of a profile send of the
    JSON that is read at `source`. In both, TEXT and BASE are filled in. `beside` is the work that this one is compared
    with, in the same rounds.
    """

    name: str
    title: str
    path: str
    method: str = "GET"
    status: int = 200
    profiles: int | None = 200
    once: bool = False
    items: int = 0
    body: str = ""
    own: Callable[[Any], str] | None = None
    source: str = PROFILE
    group: str = ""
    beside: str = ""

    @property
    def writes(self) -> bool:
        """Whether it changes the database."""
        return self.method != "GET"

    def common_body(self) -> str:
        """What every request of it sends; empty where it sends nothing, or each profile's has its own."""
        if not self.items:
            return self.body
        made = experiences(self.items)
        return json.dumps(made if self.items > 1 else made[0], ensure_ascii=False)


def experiences(how_many: int) -> list[dict[str, Any]]:
    """Experiences as a client sends them, the same at every call."""
    chance = random.Random(how_many)  # noqa: S311  # invented careers, no secrets
    prose = words.sentences(how_many).bare
    return [
        {
            "title": chance.choice(words.TITLES),
            "company": chance.choice(words.COMPANIES),
            "location": chance.choice(words.CITIES),
            "start_date": f"{2000 + index % 20}-03",
            "end_date": f"{2001 + index % 20}-11",
            "is_current": False,
            "description": " ".join(chance.choices(prose, k=3)),
            "achievements": chance.choices(prose, k=2),
            "technologies": chance.sample(words.TECHNICAL, 6),
            "employment_type": chance.choice(words.EMPLOYMENT),
            "industry": chance.choice(words.INDUSTRIES),
        }
        for index in range(how_many)
    ]


def changed_document(document: Mapping[str, Any]) -> str:
    """The document as it was read, with another summary."""
    return json.dumps({**document, "professional_summary": f"Engineer; state {TEXT}."}, ensure_ascii=False)


def changed_resume(resume: Mapping[str, Any]) -> str:
    """The résumé with a job that the first import brings, and each later one tells of anew."""
    job = {"name": "Analytical Engines", "position": "Engineer", "startDate": "2001-03", "summary": f"State {TEXT}."}
    jobs = [each for each in resume["work"] if each.get("name") != job["name"]]
    return json.dumps({**resume, "work": [*jobs, job]}, ensure_ascii=False)


def changed_items(document: Mapping[str, Any]) -> str:
    """A bulk PATCH of the experiences that were added: another title each."""
    return json.dumps([{"id": row["id"], "title": f"Title {TEXT}"} for row in _added(document)])


def pushed_items(document: Mapping[str, Any]) -> str:
    """The same as changes of a client that synchronises, which has seen what is stored."""
    changes = [
        {"kind": "experiences", "id": row["id"], "base": BASE, "set": {"title": f"Title {TEXT}"}}
        for row in _added(document)
    ]
    return json.dumps({"changes": changes}).replace(f'"{BASE}"', BASE)


def _added(document: Mapping[str, Any]) -> list[Any]:
    rows: list[Any] = document["experiences"]
    return rows[ADDED_FROM : ADDED_FROM + SOME]


SUMMARY = json.dumps({"professional_summary": f"Engineer who mends what others built; state {TEXT}."})
WORKS = {
    work.name: work
    for work in (
        Work("hit", "GET profile, hit", PROFILE),
        Work("hit8000", "GET profile, hit, 8,000 profiles", PROFILE, profiles=8000),
        Work("miss", "GET profile, miss", PROFILE, profiles=None, once=True),
        Work("unchanged", "GET with If-None-Match, 304", PROFILE, status=304),
        Work("unchanged8000", "GET with If-None-Match, 304, 8,000 profiles", PROFILE, status=304, profiles=8000),
        Work("analytics", "GET analytics", f"{PROFILE}/analytics"),
        Work("history", "GET history, the first page", f"{PROFILE}/history"),
        Work("patch", "PATCH profile", PROFILE, method="PATCH", profiles=5000, body=SUMMARY),
        Work("post", "POST of 1 experience", EXPERIENCES, "POST", 201, profiles=5000, items=1),
        Work("post100", "POST of 100 experiences", EXPERIENCES, "POST", 201, profiles=5000, items=100),
        Work("put", "PUT of the whole document", PROFILE, method="PUT", profiles=500, own=changed_document),
        Work("patch20", f"PATCH of {SOME} experiences", EXPERIENCES, method="PATCH", own=changed_items, group=TWENTY),
        Work(
            "push20",
            f"Push of {SOME} changes",
            f"{PROFILE}/changes",
            method="POST",
            own=pushed_items,
            group=TWENTY,
            beside="patch20",
        ),
        Work("hit1000", "GET profile with 1,000 items more, hit", PROFILE, group=THOUSAND),
        Work(
            "pull20",
            f"Pull of {SOME} changed of 1,000 items",
            f"{PROFILE}/changes?since=STATE",
            group=THOUSAND,
            beside="hit1000",
        ),
        # The last one, since what it brings can't be taken out without being remembered.
        Work(
            "import",
            "Import of a résumé into its profile",
            "/api/v1/profiles/import?into=ID",
            method="POST",
            profiles=500,
            own=changed_resume,
            source=RESUME,
        ),
    )
}
