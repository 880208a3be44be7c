"""Pushes: changes that a client made off line, each merged with what is stored by now (contract 8).

All that one push stores is one revision. A change that can't be stored stops none of the others.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from rest_framework.exceptions import ErrorDetail, ValidationError

from profiles.career import operations, rendering, serializers
from profiles.career.sync.draft import Draft, Ordered
from profiles.career.sync.kinds import Item, Members
from profiles.career.sync.states import Seen, written
from profiles.career.sync.threeway import merge, merge_order
from profiles.career.sync.wanted import Change, PushBody, changes_in
from profiles.models import Profile
from profiles_project.api import errors
from profiles_project.api.errors import About, document, to_problem
from profiles_project.database.refusals import LimitPassed, Refusal, Taken
from profiles_project.equality import is_same
from profiles_project.words.sentences import mark

APPLIED, MERGED, UNCHANGED, CONFLICT, REJECTED = STATUSES = ("applied", "merged", "unchanged", "conflict", "rejected")
# For the OpenAPI document.
STATUS_CHOICES = [(name, name) for name in STATUSES]
# What an answer tells of items that its push names several times.
MOST_BYTES = 8 * 2**20
# What `conflict` says of a member.
Conflict = Mapping[str, Mapping[str, Any]]


@dataclass
class Result:
    """What became of a change, and of which item or list; neither is there where the change names none."""

    change: Change
    status: str
    item: Item | None = None
    ordered: Ordered | None = None
    conflict: Conflict | None = None
    # Whether the conflict is one with a deletion.
    is_deleted: bool = False
    problem: Mapping[str, Any] | None = None


class Push:
    """Carries the changes of one push out, in the order given, on a profile under revision.

    Changes from the place `room` on may not make the profile larger: `full` says why.
    """

    def __init__(
        self, profile: Profile, changes: Sequence[Change], *, room: int | None = None, full: LimitPassed | None = None
    ) -> None:
        self.profile = profile
        self.changes = changes
        self.room = len(changes) if room is None else room
        self.full = full
        self.draft = Draft(profile, changes)

    def run(self) -> dict[str, Any]:
        """Carry out all changes; the body of the answer."""
        results = [self._result(change) for change in self.changes]
        self.draft.store()
        profile = self.profile
        version = profile.next_version if profile.has_changed else profile.version
        state = written([Seen.all_of(profile.pk, profile.born, version)])
        return {"results": self._answer(results), "state": state}

    def _result(self, change: Change) -> Result:
        if change.faults:
            return Result(change, REJECTED, problem=_problem(change, _invalid(change, change.faults)))
        if change.order is not None:
            return self._order(change, self.draft.lists[change.kind])
        item = self.draft.items[change.key]
        try:
            return self._delete(change, item) if change.is_deletion else self._set(change, item)
        except ValidationError as exc:
            return Result(change, REJECTED, item, problem=_problem(change, _invalid(change, exc.detail)))
        except Refusal as exc:
            return Result(change, REJECTED, item, problem=_problem(change, exc))

    # Members ------------------------------------------------------------------------------------------------------

    def _set(self, change: Change, item: Item) -> Result:
        if change.errors:
            raise ValidationError({"set": change.errors})
        if item.now is None:
            return self._set_on_gone(change, item)
        base = self.draft.seen(change, item, item.view_on(change.base))
        if change.place in self.draft.stored_before:
            item.saw(change.values, self.draft.stored_before[change.place])
            return Result(change, UNCHANGED, item)
        now = item.kind.filled(item.now, change.values)
        made = merge(base, change.values, now, take_mine=change.is_mine, key=item.kind.text_key)
        if made.conflicts:
            return Result(change, CONFLICT, item, conflict=made.conflicts)
        whole = item.kind.settled({**item.now, **made.values})
        if not made.values or is_same(whole, item.now):
            item.saw(change.values)
            return Result(change, UNCHANGED, item)
        if broken := item.kind.broken(whole):
            if self._is_own_fault(change, item, base):
                raise ValidationError({"set": broken})
            return Result(change, CONFLICT, item, conflict=_differences(base, change.values, item.now, made.values))
        self._take(change, item, whole)
        # What was refused is not what later changes stand on: they would pass for stored.
        item.saw(change.values)
        return Result(change, APPLIED if self.draft.is_current(change, item) else MERGED, item)

    def _is_own_fault(self, change: Change, item: Item, base: Members | None) -> bool:
        """Whether a change is against the rules without what others have changed, too."""
        if change.is_mine or self.draft.is_current(change, item) or base is None:
            return True
        return bool(item.kind.broken({**(item.now or {}), **base, **change.values}))

    def _set_on_gone(self, change: Change, item: Item) -> Result:
        if item.stored is not None:
            # This push has deleted it before.
            return self._revived(change, item, {**item.stored, **change.values}, APPLIED)
        base = self.draft.seen(change, item, item.view_on(change.base))
        if change.place in self.draft.stored_before:
            item.saw(change.values, self.draft.stored_before[change.place])
            return Result(change, UNCHANGED, item)
        if item.is_left:
            return self._created(change, item)
        last = self.draft.last(item)
        was_absent = self._was_absent(change, item)
        if last is None and was_absent and item.kind.missing(change.values):
            text = mark("There is no such entry, and there was none when the change was made.")
            raise ValidationError({"id": [ErrorDetail(text, "not_found")]})
        # A client that knew that it was not there makes it anew.
        is_new = change.base == 0 and item.key not in self.draft.deleted
        if was_absent or (last is None and (is_new or change.is_mine)):
            return self._created(change, item)
        return self._set_on_deleted(change, item, base, last)

    def _was_absent(self, change: Change, item: Item) -> bool:
        """Whether it is known that the item was not there at the base of a change."""
        is_known = change.base > 0 and self.draft.knows(change.base)
        return is_known and not self.draft.is_current(change, item) and self.draft.base(change, item) is None

    def _set_on_deleted(self, change: Change, item: Item, base: Members | None, last: Members | None) -> Result:
        """A change of what somebody has deleted: `last` is what it was then, None where nobody knows."""
        names = [n for n, value in change.values.items() if base is None or not is_same(value, base.get(n))]
        if not names:
            return Result(change, UNCHANGED, item)
        if last is None or not change.is_mine:
            fields = _differences(base, change.values, {}, names)
            return Result(change, CONFLICT, item, conflict=fields, is_deleted=True)
        made = merge(base, change.values, last, take_mine=True, key=item.kind.text_key)
        return self._revived(change, item, {**last, **made.values}, MERGED)

    def _created(self, change: Change, item: Item) -> Result:
        if item.id == str(self.profile.pk):
            name, text, code = serializers.OWN_ID
            raise ValidationError({name: [ErrorDetail(text, code)]})
        if missing := item.kind.missing(change.values):
            raise ValidationError({"set": {n: [ErrorDetail("", "required")] for n in missing}})
        return self._revived(change, item, {**item.kind.defaults(), **change.values}, APPLIED)

    def _revived(self, change: Change, item: Item, whole: Members, status: str) -> Result:
        """Let an item be there, which is not there now."""
        if item.is_taken:
            raise Taken.of(item.id)
        if broken := item.kind.broken(whole):
            raise ValidationError({"set": broken})
        self._take(change, item, whole)
        item.saw(whole)
        return Result(change, status, item)

    def _take(self, change: Change, item: Item, whole: Members) -> None:
        if self.full and change.place >= self.room and _size(whole) > _size(item.now):
            raise ValidationError([ErrorDetail(text, "limit") for text in self.full.sentences])
        item.now = whole

    def _delete(self, change: Change, item: Item) -> Result:
        if not item.kind.has_items:
            raise ValidationError({"delete": [ErrorDetail(mark("This can't be deleted, only changed."), "invalid")]})
        if item.now is None:
            item.left()
            return Result(change, UNCHANGED, item)
        is_current = item.stored is None or self.draft.is_current(change, item)
        if change.place in self.draft.stored_before or self._was_absent(change, item):
            # Somebody has brought it back since, or made it: the client did not see that.
            item.left()
            return Result(change, UNCHANGED, item)
        base = self.draft.seen(change, item, item.view_on(change.base))
        changed = [n for n, value in item.now.items() if base is None or not is_same(value, base.get(n))]
        if not is_current and changed and not change.is_mine:
            return Result(change, CONFLICT, item, conflict=_differences(base, {}, item.now, changed))
        item.now = None
        item.left()
        return Result(change, APPLIED if is_current else MERGED, item)

    # Order --------------------------------------------------------------------------------------------------------

    def _order(self, change: Change, ordered: Ordered) -> Result:
        wanted = self.draft.ids_in(change.order or ())
        base = self.draft.order_seen(change, ordered)
        now = self.draft.present(ordered)
        ordered.view = wanted
        made = merge_order(base, wanted, now)
        if made == now or change.place in self.draft.stored_before:
            return Result(change, UNCHANGED, ordered=ordered)
        ordered.now = made
        is_current = self.draft.is_order_current(change, ordered)
        return Result(change, APPLIED if is_current else MERGED, ordered=ordered)

    # Showing ------------------------------------------------------------------------------------------------------

    def _answer(self, results: Sequence[Result]) -> list[dict[str, Any]]:
        """What clients are told. Raises ValidationError where items that are named again and again take too much."""
        numbers = Counter(each.change.key for each in results)
        told, size = [], 0
        for result in results:
            told.append(shown := self._shown(result))
            if numbers[result.change.key] > 1:
                size += len(rendering.render(shown))
            if size > MOST_BYTES:
                text = mark("These changes involve too many large entries for one answer; send fewer at once.")
                raise ValidationError({"changes": [ErrorDetail(text, "answer_too_large")]})
        return told

    def _shown(self, result: Result) -> dict[str, Any]:
        change, item, ordered = result.change, result.item, result.ordered
        shown: dict[str, Any] = {
            "kind": change.kind,
            "id": item.id if item else change.id,
            "status": result.status,
            "version": None,
            "data": None,
            "conflict": result.conflict,
            "deleted": result.is_deleted,
            "problem": result.problem,
        }
        if ordered:
            return {**shown, "version": ordered.version, "data": {"order": ordered.now}}
        if item is None:
            return shown
        members = self.draft.last(item) if result.is_deleted else item.now
        data = None if members is None else item.kind.data(self.profile, item, members)
        return {**shown, "version": item.version or None, "data": data}


def _differences(base: Members | None, yours: Members, stored: Members, names: Any) -> Conflict:
    """What a person is asked about these members."""
    return {
        name: {"base": (base or {}).get(name), "yours": yours.get(name), "stored": stored.get(name)} for name in names
    }


def _size(members: Members | None) -> int:
    return 0 if members is None else len(rendering.render(members))


def _invalid(change: Change, detail: Any) -> ValidationError:
    """What is wrong with a change, by its place in the body."""
    faults: Any = {change.place: detail}
    return ValidationError({"changes": faults})


def _problem(change: Change, exc: Exception) -> dict[str, Any]:
    """The problem of one change, without what is said of the request; its sentences are worded with the answer."""
    # A person knows the item, and no change of this number.
    problem = to_problem(exc, About(change.kind, unnamed=2))
    shown = document(problem, "") if problem else {}
    return {name: value for name, value in shown.items() if name not in {"instance", "request_id"}}


def in_words(body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a push with its problems worded in the language that is active."""
    results = [
        {**each, "problem": errors.in_words(each["problem"])} if each["problem"] else each for each in body["results"]
    ]
    return {**body, "results": results}


class PushChanges(operations.Operation):
    """Stores the changes of a client that was off line, each for itself."""

    kind = "profiles_push"
    list_name = "changes"

    def judge(self, data: Any) -> Sequence[Change]:
        serializer = PushBody(data=data)
        serializer.is_valid(raise_exception=True)
        return changes_in(serializer.validated_data["changes"])

    def apply(self, profile: Profile, judged: Sequence[Change]) -> dict[str, Any]:
        return Push(profile, judged).run()

    def carry_out(self, revise: operations.Revise, judged: Sequence[Change]) -> tuple[Any, Profile]:
        try:
            with transaction.atomic():
                return super().carry_out(revise, judged)
        except LimitPassed as exc:
            return self._as_much_as_fits(revise, judged, exc)

    def _as_much_as_fits(
        self, revise: operations.Revise, judged: Sequence[Change], full: LimitPassed
    ) -> tuple[Any, Profile]:
        """Store the first changes that have room together, and of the others those that take none."""
        fits, too_many = 0, len(judged)
        while too_many - fits > 1:
            some = (fits + too_many) // 2
            fits, too_many = (some, too_many) if self._fits(revise, judged, some, full) else (fits, some)
        return self._stored(revise, judged, fits, full)

    def _fits(self, revise: operations.Revise, judged: Sequence[Change], room: int, full: LimitPassed) -> bool:
        try:
            with transaction.atomic():
                self._stored(revise, judged, room, full)
                transaction.set_rollback(True)
        except LimitPassed:
            return False
        return True

    def _stored(
        self, revise: operations.Revise, judged: Sequence[Change], room: int, full: LimitPassed
    ) -> tuple[Any, Profile]:
        with revise() as profile:
            body = Push(profile, judged, room=room, full=full).run()
        return body, profile


# All bulk writes and pushes by kind.
ALL_OPERATIONS: dict[str, operations.Operation] = {**operations.OPERATIONS, PushChanges.kind: PushChanges()}
