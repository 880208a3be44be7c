"""Brings in what earlier imports kept aside and can be read by now, such as items whose date nobody could read.

Each profile is changed through the gate, in one revision by `import` like any other. What still can't be read stays
where it is.
"""

import json
import logging
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rest_framework.exceptions import APIException

from profiles.career import bulk, rendering, serializers
from profiles.models import Actor, Cause, Origin, Profile
from profiles.portability import imports, kinds
from profiles.portability.json_resume import SCHEMA_URL, Reading
from profiles.portability.json_resume.mapping import Section
from profiles.portability.json_resume.values import fingerprint
from profiles.portability.merging import MERGE, Merge
from profiles_project.database.refusals import Refusal

logger = logging.getLogger(__name__)

Document = Mapping[str, Any]
# How the database writes that an import has kept items aside, and not merely lists of none.
_HAS_ASIDE = '"aside":{"'
# Origins that a turn looks at, in the order of their ids.
PAGE = 500


class Rereading:
    """Looks once at all profiles into which something was imported, some of them a turn, from the process's start on.

    A newer release reads more than the one before, and begins with a new process.
    """

    def __init__(self) -> None:
        self._last: uuid.UUID | None = None
        self._is_over = False

    def turn(self) -> int:
        """Look at the next profiles. Returns how many were changed."""
        if self._is_over:
            return 0
        rows = Origin.objects.filter(brought__contains=_HAS_ASIDE, profile__deleted_at=None).order_by("pk")
        page = list((rows.filter(pk__gt=self._last) if self._last else rows).values_list("pk", "profile_id")[:PAGE])
        self._is_over = len(page) < PAGE
        self._last = page[-1][0] if page else None
        return sum(bring_in(profile_id) for profile_id in dict.fromkeys(pk for _, pk in page))


def bring_in(profile_id: uuid.UUID) -> bool:
    """Bring in what a profile's imports kept aside, as far as it can be read. Whether that was anything."""
    try:
        return _bring_in_all(profile_id)
    except (APIException, Refusal) as exc:
        # A limit: the profile is full. The next import says so to a person. What else can't be brought in stays, and
        # the profiles behind it have their turn.
        logger.warning("what was kept aside of profile %s stays there: %s", profile_id, type(exc).__name__)
        return False


def _bring_in_all(profile_id: uuid.UUID) -> bool:
    rendered = rendering.stored(profile_id)
    origins = list(Origin.objects.filter(profile=profile_id))
    if not any(_readable(json.loads(rendered.body), origin) for origin in origins):
        return False
    with Profile.objects.revise(profile_id, Cause(Actor.IMPORT, imports.KIND)) as profile:
        for origin in origins:
            _bring_in(profile, origin)
    return True


def _bring_in(profile: Profile, origin: Origin) -> None:
    stored = json.loads(rendering.stored(profile.pk).body)
    reading = _readable(stored, origin)
    if reading is None:
        return
    stood = {section.name: [place for place, _ in _kept(stored, section, origin)] for section in kinds.SECTIONS}
    # Name and address were made up for the reading alone.
    brought = {**reading.document(), "personal_info": {}, "extra": _still_kept(reading, stood)}
    merged = Merge(kinds.SECTIONS, stored, brought, origin.brought, MERGE, imports.new_item_id).result()
    for section in kinds.SECTIONS:
        if read := reading.items[section.name]:
            places = [stood[section.name][int(part.path[1])] for part in read]
            _put_in_place(section, stored, merged.document, places)
    context = {"profile": profile, "partial": True}
    serializer = serializers.ProfileSerializer(data=merged.document, partial=True, context=context)
    serializer.is_valid(raise_exception=True)
    bulk.set_own_fields(profile, serializer.validated_data)
    bulk.store(profile, serializer.validated_data)
    profile.changes.remembered(origin.source, origin.brought)
    Origin.remember(profile, origin.source, merged.origin)


def _readable(stored: Document, origin: Origin) -> Reading | None:
    """The reading of what this source's imports kept aside; None where nothing of it can be read."""
    lists = {
        section.name: items
        for section in kinds.SECTIONS
        if not section.is_ours and (items := [each for _, each in _kept(stored, section, origin)])
    }
    if not lists:
        return None
    info = stored["personal_info"]
    resume = {"$schema": SCHEMA_URL, "basics": {"name": info["full_name"], "email": info["email"]}, **lists}
    reading = imports.read(resume, info["email"])
    return reading if any(reading.items[name] for name in lists) else None


def _kept(stored: Document, section: Section, origin: Origin) -> Iterator[tuple[int, Any]]:
    """The items of a section that this source's imports kept aside, each with the place where it stood, in order."""
    known = origin.brought.get("aside", {}).get(section.name, ())
    kept = stored["extra"].get(section.name)
    if isinstance(kept, Mapping):
        # Imports write places, but a client can put any key there.
        places = sorted((int(place), place) for place in kept if re.fullmatch(r"[0-9]{1,5}", place))
        yield from ((number, kept[place]) for number, place in places if fingerprint(kept[place]) in known)


def _still_kept(reading: Reading, stood: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """What still can't be read, by section and the place where it stood."""
    return {
        name: {_where(stood[name], index): raw for index, raw in kept.items()}
        for name, kept in reading.aside.items()
        if stood.get(name)
    }


def _where(stood: Sequence[int], index: str) -> str:
    """The place where something stood, of which the reading knows its number among what was read again.

    Of a position in a company that is «0.positions.1».
    """
    number, dot, rest = index.partition(".")
    return f"{stood[int(number)]}{dot}{rest}"


def _put_in_place(section: Section, stored: Document, document: dict[str, Any], places: Sequence[int]) -> None:
    """Move what has come to where it stood in its source, where all of it has: a merge puts it last."""
    items = section.holder(document)[section.plural]
    there = {item["id"] for item in section.holder(stored)[section.plural]}
    new = [item for item in items if item["id"] not in there]
    if len(new) != len(places):
        return
    for item in new:
        items.remove(item)
    for place, item in zip(places, new, strict=True):
        items.insert(place, item)
