"""The history of a profile (contract 7): what it was at a version, how versions differ, and what was there, restored.

The log holds what each revision has overwritten, so all of it is found by walking back from the rows: one statement for
the rows, one for the log, however many versions there are.
"""

import json
import uuid
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import orjson
from django.db.models import TextField
from django.db.models.functions import Cast
from rest_framework.exceptions import ErrorDetail, ValidationError

from profiles.career import bulk, rendering
from profiles.career.jsonlists import JSONObjects
from profiles.career.past import SKILLS, TABLES, Change, State, Values, described, differences, is_detailed
from profiles.models import COMPONENTS, PARTS, Component, CustomField, Origin, Part, Profile, Revision, Skill
from profiles.models.log import OWN, SIZE
from profiles_project.database.prepared import Parameter, Prepared
from profiles_project.database.refusals import Forgotten, Missing, Taken
from profiles_project.words.sentences import mark, say

# A log of more bytes is read in pieces: as objects it takes many times its bytes.
LARGE_LOG_BYTES, PIECE_BYTES = 2 * 2**20, 2**20
# Of a revision that touched more, lists of revisions name so many; `diff` names all.
MOST_CHANGES = 100


def _with_rows() -> Any:
    tables = {f"rows_of_{name}": JSONObjects(rendering.below(m), *m.all_fields()) for name, m in TABLES.items()}
    return Profile.with_trash.filter(pk=Parameter("pk", Profile._meta.pk)).annotate(**tables)


_WITH_ROWS = Prepared(_with_rows)


class Walk:
    """The way from a profile's rows back through its log. It leads to older versions alone.

    Raises Missing where there is no such profile, in the trash or out of it.
    """

    def __init__(self, profile_id: uuid.UUID) -> None:
        profile = _WITH_ROWS.first(pk=profile_id)
        if profile is None:
            raise Missing.of(Profile)
        self.profile: Profile = profile
        own = {name: getattr(profile, name) for name in Profile.REVISED}
        rows = {m: {row["id"]: row for row in json.loads(getattr(profile, f"rows_of_{n}"))} for n, m in TABLES.items()}
        self.state = State(profile.version, profile.updated_at, own, rows, {})

    def entries(self) -> Any:
        """The log from the newest entry on, back to where a release without a log has written."""
        return logged(self.profile)

    def to(self, version: int) -> State:
        """The profile at a version. Raises Missing where it never was, Forgotten where it is no longer kept."""
        self._check(version)
        for entry in self.back(version):
            if entry.version > version:
                self.undo(entry)
            else:
                self.state.updated_at = entry.created_at
        if self.state.version != version or self.state.updated_at is None:
            raise Forgotten
        return self.state

    def back(self, version: int) -> Iterator[Revision]:
        """The entries from the version reached so far down to that of this one, the newest first."""
        return read_back(self.profile, version, self.state.version)

    def _check(self, version: int) -> None:
        if not 1 <= version <= self.profile.version:
            raise Missing(
                say(
                    "This profile has no version {n}; the current one is {now}.",
                    n=str(version),
                    now=str(self.profile.version),
                )
            )
        if version < self.profile.floor:
            raise Forgotten

    def undo(self, entry: Revision) -> None:
        """Go back behind an entry. Raises Forgotten where it is not the one that made the version reached so far."""
        if entry.version != self.state.version:
            raise Forgotten
        try:
            self.state.undo(entry.version, entry.changes)
        except KeyError as exc:
            raise Forgotten from exc

    def shadow(self) -> Profile:
        """The profile's own row as it was at the version reached."""
        state, profile = self.state, self.profile
        values: dict[str, Any] = {name: state.own[name] for name in Profile.REVISED}
        values |= {name: getattr(profile, name) for name in ("id", "user_id", "created_at")}
        values |= {"version": state.version, "log_version": state.version, "updated_at": state.updated_at}
        values["boundary"] = profile.floor
        return Profile(**values)


def logged(profile: Profile) -> Any:
    """The log of a profile from the newest entry on, back to where a release without a log has written."""
    mine = Revision.objects.filter(profile=profile.pk, born=profile.born)
    return mine.filter(version__lte=profile.version, version__gt=profile.floor).order_by("-version")


def read_back(profile: Profile, oldest: int, newest: int) -> Iterator[Revision]:
    """The entries from this newest version down to the oldest.

    One statement; several where a log is so large that all of it at once would take much memory.
    """
    entries = logged(profile).filter(version__gte=oldest, version__lte=newest)
    if profile.log_bytes <= LARGE_LOG_BYTES:
        yield from _loaded(entries)
        return
    for versions in _pieces(entries.values_list("version", SIZE)):
        yield from _loaded(entries.filter(version__lte=versions[0], version__gte=versions[-1]))


def _loaded(entries: Any) -> Iterator[Revision]:
    """The entries with what they have overwritten, parsed by the quicker library: a log may be large, and dense."""
    for entry in entries.defer("changes").annotate(stored=Cast("changes", TextField())):
        entry.changes = orjson.loads(entry.stored)
        yield entry


def _pieces(sizes: Iterable[tuple[int, int]]) -> Iterator[list[int]]:
    """Versions in a row that have few bytes together, or one that has many."""
    piece: list[int] = []
    room = PIECE_BYTES
    for version, size in sizes:
        if piece and size > room:
            yield piece
            piece, room = [], PIECE_BYTES
        piece.append(version)
        room -= size
    if piece:
        yield piece


def document(walk: Walk) -> dict[str, Any]:
    """The document at the version that a walk has reached, equal to what GET answered then."""
    profile, state = walk.shadow(), walk.state
    lists = {m: [rendering.item(profile, m, row) for row in state.listed(m)] for m in COMPONENTS}
    names = {kind: [row["name"] for row in state.listed(Skill, kind=kind)] for kind in Skill.Kind.values}
    details = [
        {name: row[name] for name in ("kind", "name", *Skill.DETAILS)}
        for kind in sorted(Skill.Kind.values, reverse=True)
        for row in state.listed(Skill, kind=kind)
        if is_detailed(row)
    ]
    return {
        **rendering.own(profile),
        "skills": {**names, "details": details, **{m.plural: lists[m] for m in COMPONENTS if m.in_skills}},
        **{m.plural: lists[m] for m in COMPONENTS if not m.in_skills},
        CustomField.plural: {row["key"]: row["value"] for row in state.listed(CustomField)},
    }


def rendered(profile_id: uuid.UUID, version: int) -> rendering.Rendered:
    """The document of a profile at a version. Raises Missing and Forgotten as `Walk.to` does."""
    walk = Walk(profile_id)
    walk.to(version)
    return rendering.Rendered(walk.shadow(), rendering.render(document(walk)))


# Listing --------------------------------------------------------------------------------------------------------------


def summaries(walk: Walk, page: Sequence[Revision]) -> list[dict[str, Any]]:
    """Entries of the log that follow each other, newest first, as the list of revisions shows them.

    Of the page itself the versions count alone: what they have overwritten is read on the way.
    """
    if not page:
        return []
    found = []
    try:
        if page[0].version < walk.state.version:
            walk.to(page[0].version)
        for entry in walk.back(page[-1].version):
            changes = islice(described(walk.state, walk.profile.pk, entry.changes), MOST_CHANGES + 1)
            found.append(_summary(entry, list(changes)))
            walk.undo(entry)
    except (Forgotten, KeyError):
        # Somebody has written past the gate, so that the log and the rows do not fit each other further back.
        return found
    return found


def _summary(entry: Revision, changes: Sequence[Change]) -> dict[str, Any]:
    return {
        "version": entry.version,
        "created_at": entry.created_at,
        "actor": {"kind": entry.actor, "device": entry.device or None},
        "action": entry.action,
        "reverts": entry.reverts,
        "changes": [change._asdict() | {"fields": list(change.fields)} for change in changes[:MOST_CHANGES]],
        "more": len(changes) > MOST_CHANGES,
    }


def diff(profile_id: uuid.UUID, older: int, newer: int) -> list[Change]:
    """How a version differs from an older one, of which 0 is before the profile was there.

    Raises Missing and Forgotten as `Walk.to` does.
    """
    return differences(*compared(profile_id, older, newer), profile_id)


def compared(profile_id: uuid.UUID, older: int, newer: int) -> tuple[State | None, State]:
    """The states of a profile at two versions, None at 0. Raises Missing and Forgotten as `Walk.to` does."""
    walk = Walk(profile_id)
    after = _copy(walk.to(newer))
    return (walk.to(older) if older else None), after


def _copy(state: State) -> State:
    rows = {model: {pk: dict(row) for pk, row in table.items()} for model, table in state.rows.items()}
    return State(state.version, state.updated_at, dict(state.own), rows, dict(state.origins))


# Restoring ------------------------------------------------------------------------------------------------------------


def restore(profile: Profile, version: int, items: Sequence[Mapping[str, str]] | None = None) -> None:
    """Bring back what was there at a version, all of it or these items alone, inside an open revision.

    What was stored once is not judged by rules that came later; limits are, when the revision closes. Whether the
    profile is the active one stays. Raises Missing and Forgotten as `Walk.to` does, Taken for an id that is in use by
    now, and ValidationError for an item that was not there.
    """
    state = Walk(profile.pk).to(version)
    try:
        if items is None:
            _restore_all(profile, state)
        else:
            _restore_items(profile, state, items)
    except Taken as exc:
        text = mark("This can't be brought back: one of its entries is in another profile by now.")
        raise Taken(text) from exc


def _restore_all(profile: Profile, state: State) -> None:
    _restore_own(profile, state)
    for model in PARTS:
        bulk.reinstate(profile, model, _as_rows(state.listed(model)), existing=list(profile.stored(model).values()))
    # Else it would be no revision, and what was remembered could not be had again.
    if profile.has_changed:
        for source, brought in state.origins.items():
            _restore_origin(profile, source, brought)


def _restore_own(profile: Profile, state: State) -> None:
    for name in Profile.CONTENT:
        setattr(profile, name, state.own[name])


def _restore_skills(profile: Profile, state: State, kind: str) -> None:
    stored = profile.stored(Skill)
    existing = [row for row in stored.values() if row.kind == kind]
    # A skill that is of the other kind by now stays there.
    elsewhere = {pk for pk, row in stored.items() if row.kind != kind}
    rows = _as_rows(state.listed(Skill, kind=kind), elsewhere)
    bulk.reinstate(profile, Skill, rows, existing=existing)


def _restore_origin(profile: Profile, source: str, brought: Any) -> None:
    origin = Origin.objects.filter(profile=profile, source=source).first()
    profile.changes.remembered(source, origin.brought if origin else None)
    if brought is None:
        Origin.objects.filter(profile=profile, source=source).delete()
    else:
        Origin.remember(profile, source, brought)


def _as_rows(rows: Iterable[Values], taken: Container[uuid.UUID] = ()) -> list[Values]:
    """Rows for the bulk engine; one whose id is taken gets a new one."""
    ids = ((row, uuid.UUID(row["id"])) for row in rows)
    return [{**row, "id": None if pk in taken else pk} for row, pk in ids]


def _restore_items(profile: Profile, state: State, items: Sequence[Mapping[str, str]]) -> None:
    wanted: dict[type[Component | CustomField], list[Values]] = {}
    errors: Any = {}
    places = {(item["kind"], _normal(item)): place for place, item in reversed([*enumerate(items)])}
    for (kind, pk), place in places.items():
        if kind == OWN and pk == str(profile.pk):
            _restore_own(profile, state)
        elif kind in SKILLS and pk == SKILLS[kind]:
            _restore_skills(profile, state, pk)
        elif (found := _found(state, kind, pk)) is not None:
            model, row = found
            wanted.setdefault(model, []).append(row)
        else:
            text = say("There was no such entry at version {n}.", n=str(state.version))
            errors[place] = {"id": [ErrorDetail(text, "not_found")]}
    if errors:
        raise ValidationError({"items": errors})
    for model, rows in wanted.items():
        _put_back(profile, model, rows, [uuid.UUID(row["id"]) for row in state.listed(model)])


def _found(state: State, kind: str, pk: str) -> tuple[Any, Values] | None:
    if kind == CustomField.plural:
        return next(((CustomField, row) for row in state.rows[CustomField].values() if row["key"] == pk), None)
    for model in COMPONENTS:
        if model.plural == kind and (row := state.rows[model].get(pk)):
            return model, row
    return None


def _normal(item: Mapping[str, str]) -> str:
    """The id as it is stored. An item may be named twice."""
    return item["id"] if item["kind"] == CustomField.plural else item["id"].lower()


def _put_back(profile: Profile, model: type[Part], rows: Sequence[Values], order: Sequence[uuid.UUID]) -> None:
    """Rows that are there still get their content back, the others come back behind those that stood before them.

    `order` has the ids of the whole list as it was.
    """
    key = "key" if model is CustomField else "id"
    stored = profile.stored(model)
    known = {str(getattr(row, key)): row for row in stored.values()}
    there = [(known[row[key]], row) for row in rows if row[key] in known]
    bulk.update(profile, model, [(old, {name: row[name] for name in model.content_fields()}) for old, row in there])
    gone = [row for row in rows if row[key] not in known]
    back = {uuid.UUID(row["id"]): new for row, new in zip(gone, _as_rows(gone, stored), strict=True)}
    ids = list(stored)
    for pk in (pk for pk in order if pk in back):
        before = next((each for each in reversed(order[: order.index(pk)]) if each in ids), None)
        ids.insert(ids.index(before) + 1 if before else 0, pk)
    places = {pk: place for place, pk in enumerate(ids)} if back else {}
    bulk.update(profile, model, [(stored[pk], {"position": place}) for pk, place in places.items() if pk in stored])
    made = [{**row, "position": places[pk]} for pk, row in back.items()]
    bulk.reinstate(profile, model, made, existing=[])
