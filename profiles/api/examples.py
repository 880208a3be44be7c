"""What the OpenAPI document shows: one invented person, told once and cut to the size of each route."""

from typing import Any

from profiles.career.samples import SAMPLES, change
from profiles.models import COMPONENTS, Component

ID = "01990000-0000-7000-8000-00000000000"
# The profile's, and that of each item, which changed last with it.
VERSION = 7

# What every item has.
SHOWN: dict[str, Any] = {"is_visible": True, "extra": {}}


def _item(number: int, kind: type[Component]) -> dict[str, Any]:
    return {"id": f"{ID[:-1]}{number}", "version": VERSION, **SAMPLES[kind], **SHOWN}


# The sample of each kind as an answer shows it. Ids below 10 are those of the profile and the job.
ITEMS = {kind.plural: _item(number, kind) for number, kind in enumerate(COMPONENTS, start=10)}
# What a client sends to change a part of an item.
CHANGES = {kind.plural: change(kind) for kind in COMPONENTS}

PERSONAL_INFO: dict[str, Any] = {
    "full_name": "Ada Lovelace",
    "email": "ada@example.com",
    "phone": "+44 20 7946 0000",
    "location": "London",
    "linkedin": "https://linkedin.com/in/ada",
    "github": None,
    "website": None,
    "headline": "Analyst",
    "image": None,
    "address": "12 St James's Square",
    "postal_code": "SW1Y 4JH",
    "city": "London",
    "region": None,
    "country_code": "GB",
    "links": [{"network": "Mastodon", "username": "ada", "url": "https://social.example.com/@ada"}],
}
SUMMARY = "Mathematician who writes programs for machines that do not exist yet."
SKILLS: dict[str, Any] = {
    "technical": ["Mathematics", "Python"],
    "soft": ["Foresight"],
    "details": [
        {"kind": "technical", "name": "Mathematics", "level": "Master", "keywords": ["Calculus"], "extra": {}},
    ],
    "languages": [ITEMS["languages"]],
    "certifications": [ITEMS["certifications"]],
}
CUSTOM_FIELDS: dict[str, Any] = {"notice_period_weeks": 6, "willing_to_travel": {"europe": True, "overseas": False}}
TIMES = {"created_at": "2026-01-05T09:30:00Z", "updated_at": "2026-02-01T18:00:00Z"}
PROFILE: dict[str, Any] = {
    "id": ID + "0",
    "user_id": 17,
    "label": "Master",
    "is_active": True,
    "version": VERSION,
    **TIMES,
    "personal_info": PERSONAL_INFO,
    "professional_summary": SUMMARY,
    "enhanced_professional_summary": None,
    "skills": SKILLS,
    **{kind.plural: [ITEMS[kind.plural]] for kind in COMPONENTS if not kind.in_skills},
    "extra": {},
    "custom_fields": CUSTOM_FIELDS,
}
READ_ONLY = ("id", "user_id", "is_active", "version", "created_at", "updated_at")


def new(example: Any) -> Any:
    """The example as a client sends it that has not chosen any id yet."""
    return _without(example, *READ_ONLY)


def known(example: Any) -> Any:
    """The example as a client sends it that has read it: with the ids, without versions."""
    return _without(example, "version")


def _without(example: Any, *names: str) -> Any:
    if isinstance(example, list):
        return [_without(each, *names) for each in example]
    if isinstance(example, dict):
        return {name: _without(value, *names) for name, value in example.items() if name not in names}
    return example


def at_first(example: Any) -> Any:
    """The example as the answer to what has made it shows it: all of it is of the first version."""
    if isinstance(example, list):
        return [at_first(each) for each in example]
    if isinstance(example, dict):
        return {name: 1 if name == "version" else at_first(value) for name, value in example.items()}
    return example


NEW_PROFILE = new(PROFILE)
PROFILE_SUMMARY = {
    **{name: PROFILE[name] for name in ("id", "label", "is_active", "version", "created_at", "updated_at")},
    "personal_info": PERSONAL_INFO,
    "professional_summary": SUMMARY,
    "counts": {
        **{kind.plural: 1 for kind in COMPONENTS if not kind.is_private},
        "technical": 2,
        "soft": 1,
        "custom_fields": 2,
    },
}
ANALYTICS: dict[str, Any] = {
    "profile_id": ID + "0",
    "completeness": {
        "overall": 60,
        "personal_info": 100,
        "professional_summary": 100,
        "experiences": 20,
        "education": 50,
        "skills": 100,
        "projects": 25,
        "custom_fields": 40,
    },
    "statistics": {
        "total_experiences": 1,
        "total_education": 1,
        "total_skills": 3,
        "total_projects": 1,
        "total_certifications": 1,
        "total_languages": 1,
        "years_of_experience": 2.8,
    },
    "recommendations": ["Add a second education to show what you have learned and where."],
    "next_steps": [{"section": "education", "action": "Add a second education", "gain": 7}],
}


RESUME: dict[str, Any] = {
    "$schema": "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json",
    "basics": {"name": "Ada Lovelace", "label": "Analyst", "email": "ada@example.com", "url": "example.com/ada"},
    "work": [
        {
            "name": "Analytical Engines Ltd",
            "position": "Analyst",
            "startDate": "2021-03",
            "highlights": ["Published an algorithm for the Bernoulli numbers"],
        }
    ],
    "languages": [{"language": "French", "fluency": "Native speaker"}],
}
REPORT: dict[str, Any] = {
    "mapped": 3,
    "changed": 2,
    "kept_aside": 0,
    "refused": 0,
    "parts": [
        {"pointer": "/basics", "place": None, "outcome": "mapped", "detail": "Stored as the personal information."},
        {"pointer": "/basics/url", "place": None, "outcome": "changed", "detail": "It had no scheme and got https://."},
        {"pointer": "/work/0", "place": None, "outcome": "mapped", "detail": "Stored as an experience."},
        {"pointer": "/languages/0", "place": None, "outcome": "mapped", "detail": "Stored as a language."},
        {"pointer": "/languages/0/fluency", "place": None, "outcome": "changed", "detail": "Stored as native."},
    ],
}


def page(key: str, row: Any, limit: int = 50) -> dict[str, Any]:
    """A page with one row."""
    pagination = {"total": 1, "limit": limit, "offset": 0, "has_next": False, "has_previous": False}
    return {key: [row], "pagination": pagination}


def job(status: str = "queued") -> dict[str, Any]:
    """A bulk request of 500 items as a job: before it is done, or after."""
    is_done = status == "succeeded"
    return {
        "id": ID + "9",
        "kind": "experiences_bulk_create",
        "status": status,
        "progress": {"done": 500 if is_done else 0, "total": 500},
        "problem": None,
        "created_at": "2026-02-01T18:00:00Z",
        "started_at": "2026-02-01T18:00:00Z" if is_done else None,
        "finished_at": "2026-02-01T18:00:01Z" if is_done else None,
        "result": {"status": 201, "etag": f'"{ID}0.8.1.6490b1c1e5a80"', "ids": [ID + "1"]} if is_done else None,
    }


_CHANGED = {"kind": "experiences", "id": ITEMS["experiences"]["id"], "op": "changed", "title": "Engineer"}
REVISION: dict[str, Any] = {
    "version": 7,
    "created_at": TIMES["updated_at"],
    "actor": {"kind": "you", "device": "Dart/3.5 (dart:io)"},
    "action": "experiences_partial_update",
    "reverts": None,
    "changes": [{**_CHANGED, "fields": ["location"]}],
    "more": False,
}
STORED_REVISION: dict[str, Any] = {
    "version": 7,
    "created_at": "2026-02-01T18:00:00Z",
    "actor": "you",
    "action": "profiles_update",
    "device": "Pixel 9",
    "reverts": None,
    "changes": {"profile": {"location": "Turin"}},
}
DIFFERENCE: dict[str, Any] = {
    "from": 6,
    "to": 7,
    "changes": [{**_CHANGED, "fields": {"location": {"before": "Turin", "after": "London"}}}],
}
TRASHED: dict[str, Any] = {
    **{name: PROFILE_SUMMARY[name] for name in ("id", "label", "version", "personal_info", "counts")},
    "deleted_at": "2026-02-01T18:00:00Z",
    "purged_at": "2026-03-03T18:00:00Z",
}
_EXPERIENCE = ITEMS["experiences"]
_STATE = "AZkAAAAAcACAAAAAAAAAAQAGSQscWogAAAAABwAAAAc"
PULLED: dict[str, Any] = {
    "changed": [{"kind": "experiences", "id": _EXPERIENCE["id"], "version": 7, "data": _EXPERIENCE}],
    "deleted": [{"kind": "custom_fields", "id": "teacher", "version": 6}],
    "order": {"experiences": [_EXPERIENCE["id"]]},
    "version": 7,
    "full": False,
    "state": _STATE,
    "has_more": False,
}
ALL_CHANGES: dict[str, Any] = {
    "profiles": [{"id": PROFILE["id"], **PULLED}],
    "removed": [],
    "state": _STATE,
    "has_more": False,
}
PUSH: dict[str, Any] = {
    "changes": [{"kind": "experiences", "id": _EXPERIENCE["id"], "base": 5, "set": {"title": "Lead engineer"}}]
}
PUSHED: dict[str, Any] = {
    "results": [
        {
            "kind": "experiences",
            "id": _EXPERIENCE["id"],
            "status": "merged",
            "version": 7,
            "data": {**_EXPERIENCE, "version": 7, "title": "Lead engineer"},
            "conflict": None,
            "deleted": False,
            "problem": None,
        }
    ],
    "state": _STATE,
}
