"""Imports: careers from elsewhere go into profiles by the ordinary write path, with a report on each part.

What that path would refuse of a single value is mended before it and told of; a whole document is refused only where
it is none, has no name, or is too long.
"""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import chain, islice
from typing import IO, Any, NamedTuple

from django.db import transaction
from rest_framework.exceptions import ErrorDetail, ValidationError

from profiles.career import bulk, rendering, serializers
from profiles.models import COMPONENTS, Actor, Cause, Origin, Profile, Skill, usage
from profiles.models.career import Expected
from profiles.portability import fitting, kinds, linkedin, persons
from profiles.portability.formats import recognising
from profiles.portability.formats.refusing import Refused
from profiles.portability.json_resume import OUTCOMES, SCHEMA_URL, DocumentFault, Entry, Mending, NoResume, Reading
from profiles.portability.json_resume.mapping import SKILLS
from profiles.portability.json_resume.objects import Path
from profiles.portability.merging import MERGE, Merge, Merged
from profiles_project.api.errors import Problem, faults, pointer
from profiles_project.database.values import new_id
from profiles_project.texts import shown
from profiles_project.words.sentences import Sentence, mark, say, say_many
from profiles_project.words.wording import worded
from users.models import User

# The kind of the jobs that import.
KIND = "profiles_import"
# Mending one value can break another rule, and what is nested too deep loses one level after the other. So it takes
# rounds; after so many the import gives up.
ROUNDS = 12
MAX_TOLD = 3_000
# A round mends up to so many faults of each list, more than an answer would name.
MENDED = {"most_faults": MAX_TOLD}
LABELS: Mapping[str, str] = {
    Origin.Source.LINKEDIN: "LinkedIn",
    Origin.Source.REACTIVE_RESUME: "Reactive Resume",
    Origin.Source.FRESH: "FRESH",
    Origin.Source.RENDERCV: "RenderCV",
    Origin.Source.EUROPASS: "Europass",
}


class NotImportable(Problem):
    """422: there is nothing that could be imported; `code` says why, in the problem's type too."""

    status_code = 422
    title = mark("Can't be imported")
    slugs = (
        "another-person",
        "broken",
        "empty",
        "encrypted",
        "max-length",
        "no-career",
        "no-name",
        "not-a-resume",
        "not-a-zip",
        "not-importable",
        "path-escape",
        "required",
        "schema-version",
        "too-large",
        "too-many-files",
        "too-many-rows",
        "unknown-columns",
        "unsupported-file",
        "unsupported-version",
    )

    def __init__(self, code: str, sentence: str, path: Sequence[str | int] = ()) -> None:
        self.code = code
        slug = code.replace("_", "-")
        # A fault of a single member has a code of its own, but no type.
        self.slug = slug if slug in self.slugs else "not-importable"
        super().__init__(sentence, errors=[{"pointer": pointer(tuple(path)), "code": code, "detail": sentence}])


@dataclass(frozen=True)
class Career:
    """What a source holds, read and mended. `places` maps pointers to places in an archive or a document.

    `names` are what the person is called there, none where the source does not say; `may_be_another` says that the
    profile that it goes to may be another person's. `has_basics` is false where it says nothing at all of the person.
    """

    source: str
    reading: Reading
    places: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[linkedin.Note] = ()
    names: Sequence[str] = ()
    may_be_another: bool = False
    has_name: bool = True
    has_basics: bool = True

    @property
    def size(self) -> int:
        """How many items it has."""
        return sum(map(len, self.reading.items.values()))

    def report(self, merged: Sequence[Entry]) -> dict[str, Any]:
        """What became of each part: where it was, the outcome, a sentence; and how many parts had each outcome."""
        named = {entry.path for entry in merged}
        read = [entry for entry in self.reading.report() if entry.outcome != "mapped" or entry.path not in named]
        if not self.has_basics:
            read = [entry for entry in read if entry.path[0] != "basics"]
        entries = [*merged, *read]
        counts = Counter([entry.outcome for entry in entries] + [outcome for _, outcome, _ in self.notes])
        told = chain(map(self._told, entries), (_part(None, *note) for note in self.notes))
        parts = list(islice(told, MAX_TOLD))
        if (others := counts.total() - MAX_TOLD) > 0:
            # The counts include them; nobody reads so many one by one.
            sentence = say_many(
                "There is one more entry like these, which is counted and not shown.",
                "There are {n} more entries like these, which are counted and not shown.",
                others,
            )
            parts.append(_part(None, None, "changed", sentence))
        return {**{name: counts[name] for name in OUTCOMES}, "parts": parts}

    def _told(self, entry: Entry) -> dict[str, Any]:
        if self.source == Origin.Source.JSON_RESUME:
            return _part(pointer(entry.path), None, entry.outcome, entry.detail)
        return _part(None, self._place(entry.path), entry.outcome, entry.detail)

    def _place(self, path: Sequence[str | int]) -> str:
        """Where in the source the value at a path came from: «Positions.csv, row 3, start date»."""
        known = (end for end in range(len(path), 0, -1) if pointer(tuple(path[:end])) in self.places)
        end = next(known, 0)
        whole = _ARCHIVE if self.source == Origin.Source.LINKEDIN else _DOCUMENT
        place = _said(self.places[pointer(tuple(path[:end]))]) if end else whole
        below = kinds.label_of(path) if end < len(path) else None
        return say("{one}, {other}", one=place, other=below) if below else place


_ARCHIVE, _DOCUMENT = mark("The archive"), mark("The document")


def _said(place: str) -> Sentence:
    """A place in an archive as a sentence says it. The name of a file may be anything, and is said as it is."""
    return place if isinstance(place, Sentence) else say("{file}", file=place)


def _part(where: str | None, place: str | None, outcome: str, detail: str) -> dict[str, Any]:
    return {"pointer": where, "place": None if place is None else _said(place), "outcome": outcome, "detail": detail}


def counts_alone(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report of which only the counts are kept, and one part that says so."""
    sentence = mark("This import was already done when it was first sent; of its report only the counts were kept.")
    return in_words({**report, "parts": [_part(None, None, "changed", sentence)]})


def in_words(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report with its sentences in the language that is active."""
    # Most parts say the same.
    said = cache(worded)
    parts = [
        {**part, "place": part["place"] and said(part["place"]), "detail": said(part["detail"])}
        for part in report["parts"]
    ]
    return {**report, "parts": parts}


def result_in_words(result: Mapping[str, Any]) -> dict[str, Any]:
    """What the job of an import tells, with its report in the language that is active."""
    return {**result, "report": in_words(result["report"])} if "report" in result else dict(result)


def answer(document: bytes, report: Mapping[str, Any]) -> bytes:
    """The body that shows what an import has made, and its report, which is in words by now."""
    return b'{"profile":' + document + b',"report":' + rendering.render(report) + b"}"


# Reading ----------------------------------------------------------------------------------------------------------


def from_json(resume: Any, user: User, doubled: Sequence[Path] = ()) -> Career:
    """The career of a JSON Resume document, in which these keys stood twice.

    Raises NotImportable, and ValidationError with pointers into the document.
    """
    reading = read(resume, user.email)
    reading.entries += [Entry(path, "refused", _DOUBLED) for path in doubled]
    return Career(Origin.Source.JSON_RESUME, reading)


_DOUBLED = mark("This stood here more than once; the last one was used.")


def from_document(document: Any, user: User, doubled: Sequence[Path] = ()) -> Career:
    """The career of a document in any of the formats that are read, in which these keys stood twice.

    Raises NotImportable, and of JSON Resume what `from_json` raises.
    """
    return _of_recognised(_recognised(partial(recognising.of_document, document, doubled)), user)


def from_file(
    body: bytes,
    user: User,
    step: Callable[[], None] = lambda: None,
    *,
    into: Profile | None = None,
    may_be_another: bool = False,
) -> Career:
    """The career in a file of any of these formats, or in LinkedIn's archive, as its content says.

    The last two arguments are for an archive. Raises what `from_document` and `from_archive` raise, and ParseError for
    broken JSON.
    """
    found = _recognised(partial(recognising.recognise, body))
    if found.source == Origin.Source.LINKEDIN:
        return from_archive(io.BytesIO(body), user, step, into=into, may_be_another=may_be_another)
    return _of_recognised(found, user)


def _recognised(recognise: Callable[[], recognising.Recognised]) -> recognising.Recognised:
    try:
        return recognise()
    except Refused as exc:
        raise NotImportable(exc.code, str(exc)) from exc


def _of_recognised(found: recognising.Recognised, user: User) -> Career:
    if found.translation is None:
        return from_json(found.document, user, found.doubled)
    document, places, notes = found.translation.document, found.translation.places, found.translation.notes
    doubled = [linkedin.Note(pointer(path), "refused", _DOUBLED) for path in found.doubled]
    return Career(found.source, _read_translated(document, user), places, [*doubled, *notes])


def _read_translated(document: Any, user: User) -> Reading:
    """A translation read; what is wrong with it has no place in what was sent."""
    try:
        return read(document, user.email)
    except NotImportable as exc:
        raise NotImportable(exc.code, str(exc.detail)) from exc
    except ValidationError as exc:
        _, code, text = next(faults(exc.detail))
        raise NotImportable(code, text) from exc


def from_archive(
    file: IO[bytes],
    user: User,
    step: Callable[[], None] = lambda: None,
    *,
    into: Profile | None = None,
    may_be_another: bool = False,
) -> Career:
    """The career of LinkedIn's archive; `step` is called for each row. Raises NotImportable.

    An archive without a name is read with the name of the profile that it goes `into`.
    """
    try:
        archive = linkedin.read(file, step)
    except linkedin.NotAnArchive as exc:
        raise NotImportable(exc.code, str(exc)) from exc
    basics = archive.document.get("basics", {})
    if not archive.names:
        if into is None:
            raise NotImportable("no_name", _NO_NAME)
        basics = {**basics, "name": into.full_name}
    try:
        reading = read({"$schema": SCHEMA_URL, **archive.document, "basics": basics}, user.email)
    except ValidationError as exc:
        _, code, text = next(faults(exc.detail))
        raise NotImportable(code, text) from exc
    return Career(
        Origin.Source.LINKEDIN,
        reading,
        {**({"/basics": "Profile.csv"} if archive.names else {}), **archive.places},
        archive.notes,
        names=archive.names,
        may_be_another=may_be_another,
        has_name=bool(archive.names),
        has_basics="basics" in archive.document,
    )


_NO_NAME = mark(
    "The archive has no Profile.csv with a name; please ask LinkedIn for your profile too, or choose one of your"
    " profiles to import this into."
)


def read(resume: Any, account_email: str) -> Reading:
    """A résumé read, with what the API would refuse of it mended. Raises NotImportable, and ValidationError."""
    try:
        reading = Reading(resume, kinds.SECTIONS, account_email=account_email)
    except NoResume as exc:
        raise NotImportable(exc.code, str(exc), exc.path) from exc
    mending = Mending(reading)
    for _ in range(ROUNDS):
        serializer = serializers.ProfileSerializer(data=reading.document(), context=MENDED)
        if serializer.is_valid():
            return reading
        if left := mending.mend(list(_faults(serializer))):
            raise _invalid([(reading.source(fault.path), fault) for fault in left])
    # Every round has found new faults.
    raise _invalid([(reading.source(fault.path), fault) for fault in _faults(serializer)])


def _faults(serializer: serializers.ProfileSerializer) -> Iterator[DocumentFault]:
    for path, code, text in faults(serializer.errors):
        has_limit = code == "max_length" or (code == "max_size" and path[-1:] == ("extra",))
        yield DocumentFault(path, code, text, _limit(serializer, path) if has_limit else None)


def _limit(found: Any, path: Sequence[str | int]) -> int | None:
    """The most characters, items or bytes that the field at a path takes."""
    for step in path:
        found = found.child if isinstance(step, int) else found.fields[step]
    limit: int | None = getattr(found, "max_length", getattr(found, "max_bytes", None))
    return limit


def _invalid(found: Sequence[tuple[Sequence[str | int], DocumentFault]]) -> ValidationError:
    detail: dict[str, Any] = {}
    for path, fault in found:
        holder: Any = detail
        for step in path[:-1]:
            holder = holder.setdefault(step, {})
        holder[path[-1]] = [ErrorDetail(fault.detail, fault.code)]
    return ValidationError(detail)


# Storing ----------------------------------------------------------------------------------------------------------


class Brought(NamedTuple):
    """The profile after an import, the report, and whether the profile is new."""

    profile: Profile
    report: dict[str, Any]
    is_new: bool


def bring(
    user: User,
    career: Career,
    profile: Profile | None,
    mode: str,
    expected: Expected | None = None,
    *,
    device: str = "",
) -> Brought:
    """Import a career into a profile of the user, or as a new one. Raises what any change or creation raises.

    LinkedIn's archive without a profile goes to that which an archive of the same person was imported into last: a
    second profile of it is what nobody wants.
    """
    cause = Cause(Actor.IMPORT, KIND, device)
    with transaction.atomic():
        if profile is None and career.source == Origin.Source.LINKEDIN:
            # Two taps at once wait for each other here, and the second finds what the first has made.
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
            profile = _last_of(user, career)
        if profile is None:
            made = _create(user, career, cause)
            # What an import remembers counts towards the user's storage.
            usage.check(user.pk, 0)
            return Brought(made, career.report(()), is_new=True)
        changed, entries = _change(profile, career, mode, cause, expected)
        usage.check(user.pk, 0)
        return Brought(changed, career.report(entries), is_new=False)


def _last_of(user: User, career: Career) -> Profile | None:
    """The profile that a career of the same source and person was imported into last, None without any.

    Where all such profiles are of other persons, it is the last of them, which refuses the career; none if the career
    is meant to be of another person.
    """
    profiles = Profile.objects.filter(user=user, origins__source=career.source)
    found = list(profiles.order_by("-origins__updated_at", "-pk"))
    same = next((profile for profile in found if _is_of(profile, career)), None)
    return same or next((profile for profile in found if not career.may_be_another), None)


def _is_of(profile: Profile, career: Career) -> bool:
    """Whether nothing speaks against that the career is that of the profile's person."""
    return not career.names or any(persons.may_be_same(name, profile.full_name) for name in career.names)


def _check_person(career: Career, profile: Profile) -> None:
    """Raises NotImportable where the career is another person's than the profile, and is not told to be."""
    if not career.may_be_another and not _is_of(profile, career):
        values = {"one": shown(career.names[0]), "other": shown(profile.full_name)}
        raise NotImportable("another_person", say(_ANOTHER_PERSON, **values))


_ANOTHER_PERSON = mark(
    "The archive is of {one}, not of {other}, whose profile this is; please choose another profile, or confirm that the"
    " archive belongs in this one."
)


def _create(user: User, career: Career, cause: Cause) -> Profile:
    document = career.reading.document()
    merged = Merge(kinds.SECTIONS, _EMPTY, document, {}, MERGE, new_item_id).result()
    label = document.get("label") or LABELS.get(career.source)
    serializer = serializers.ProfileSerializer(data={**merged.document, "label": label})
    serializer.is_valid(raise_exception=True)
    profile = Profile(user=user)
    bulk.set_own_fields(profile, serializer.validated_data)
    with Profile.objects.add(profile, cause):
        bulk.store(profile, serializer.validated_data)
        Origin.remember(profile, career.source, merged.origin)
    return profile


def _change(
    profile: Profile, career: Career, mode: str, cause: Cause, expected: Expected | None
) -> tuple[Profile, list[Entry]]:
    with Profile.objects.revise(profile.pk, cause, expected) as revised:
        _check_person(career, revised)
        stored = json.loads(rendering.stored(profile.pk).body)
        origin = Origin.objects.filter(profile=profile, source=career.source).first()
        known = origin.brought if origin else {}
        document = career.reading.document()
        if not career.reading.has_own_email:
            # A new profile gets the account's address where the source has none; a profile that exists keeps its own.
            del document["personal_info"]["email"]
        if not career.has_name:
            del document["personal_info"]["full_name"]
        merged = Merge(kinds.SECTIONS, stored, document, known, mode, new_item_id).result()
        values = _fitting(revised, career.reading, stored, merged)
        bulk.set_own_fields(revised, values)
        bulk.store(revised, values)
        revised.changes.remembered(career.source, known if origin else None)
        Origin.remember(revised, career.source, merged.origin)
    return revised, [Entry(career.reading.source(e.path), e.outcome, e.detail) for e in merged.entries]


def _fitting(profile: Profile, reading: Reading, stored: Mapping[str, Any], merged: Merged) -> dict[str, Any]:
    """What to store, judged. What does not fit into `extra` or custom fields beside what is stored is left out."""
    for _ in range(ROUNDS):
        context = {"profile": profile, "partial": True, **MENDED}
        serializer = serializers.ProfileSerializer(data=merged.document, partial=True, context=context)
        if serializer.is_valid():
            values: dict[str, Any] = serializer.validated_data
            return values
        found = list(_faults(serializer))
        if any(fault.path[-1:] not in {("extra",), ("custom_fields",)} for fault in found):
            break
        for fault in found:
            _make_fit(reading, stored, merged, fault)
    raise _invalid([(reading.source(fault.path), fault) for fault in _faults(serializer)])


def _make_fit(reading: Reading, stored: Mapping[str, Any], merged: Merged, fault: DocumentFault) -> None:
    """Leave out the largest of what is new in `extra`, the last custom fields, or all that an item has in `extra`."""
    sentence = say("{sentence} What you have is kept.", sentence=Sentence(fault.detail))
    match fault.path:
        case ("extra",) if fault.limit:
            holders = {"basics", "meta", *(section.name for section in (*kinds.SECTIONS, SKILLS))}
            gone = fitting.fit_extra(stored["extra"], merged.document["extra"], fault.limit, holders)
            if gone:
                reading.retell([reading.kept_at(*each) for each in gone], sentence)
                return
        case ("custom_fields",) if fault.limit:
            names = fitting.fit_fields(stored["custom_fields"], merged.document["custom_fields"], fault.limit)
            if names:
                merged.entries += [Entry(("custom_fields", name), "refused", sentence) for name in names]
                return
    holder: Any = merged.document
    for step in fault.path[:-1]:
        holder = holder[step]
    holder.pop(fault.path[-1], None)
    merged.entries.append(Entry(fault.path[:-2] or fault.path, "refused", sentence))


def new_item_id() -> str:
    """An id for an item that a merge finds to be new, as a text."""
    return str(new_id())


# A stored document with nothing in it.
_EMPTY: dict[str, Any] = {
    "personal_info": dict.fromkeys(Profile.PERSONAL_INFO),
    **dict.fromkeys(Profile.SUMMARIES),
    "extra": {},
    "custom_fields": {},
    "skills": {**{name: [] for name in (*Skill.Kind.values, "details")}, **{m.plural: [] for m in COMPONENTS}},
    **{model.plural: [] for model in COMPONENTS},
}
