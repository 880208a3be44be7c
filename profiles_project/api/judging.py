"""How fields judge values quickly, and how serializers come by their fields quickly.

Nearly all values are plainly right, and a bulk request holds thousands of them. So a field may give a *short judge*,
made once of the field's own settings and validators: it takes what was sent and returns the valid value, or UNSURE.
Then the field's `run_validation` judges as if there were no short judge; it alone knows what is wrong, and says so.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

Judge = Callable[[Any], Any]
# What a short judge says of a value that is not plainly right.
UNSURE: Final = object()
# By which methods a field judges.
_JUDGING = {"run_validation", "validate_empty_values", "to_internal_value", "run_validators", "get_validators"}


def short_judge(field: Any) -> Judge | None:
    """The short judge of a field, None where it has none.

    A class that judges in its own way inherits none: the short judge of its base would leave out what it adds.
    """
    if field.read_only or field.source == "*":
        return None
    for kind in type(field).__mro__:
        if "short_judge" in vars(kind):
            short: Judge | None = field.short_judge()
            return short
        if not _JUDGING.isdisjoint(vars(kind)):
            return None
    return None


class FieldJudge(NamedTuple):
    """A field that takes a value, and what judging needs of it. Without a short judge, `short` is the whole one."""

    name: str
    source: str
    field: Any
    short: Judge
    is_required: bool

    @classmethod
    def of(cls, field: Any, short: Judge | None) -> "FieldJudge":
        """The judge of a field with this short judge."""
        return cls(str(field.field_name), str(field.source), field, short or field.run_validation, field.required)

    def judge(self, value: Any) -> Any:
        """The valid value. Raises ValidationError."""
        valid = self.short(value)
        return self.field.run_validation(value) if valid is UNSURE else valid


def judge_of(field: Any) -> FieldJudge:
    """The judge of a field that stands alone."""
    return FieldJudge.of(field, short_judge(field))


class Template(NamedTuple):
    """A field that is bound to no serializer, and its short judge."""

    field: Any
    short: Judge | None


@functools.cache
def templates(serializer_class: Any) -> Mapping[str, Template]:
    """The fields of a serializer class. DRF would make them anew for each instance, which costs more than judging."""
    return {name: Template(field, short_judge(field)) for name, field in serializer_class().get_fields().items()}


def twin(field: Any) -> Any:
    """A field with the settings of an unbound one, to be bound to an instance, as its child is to the field."""
    # As `copy.copy` does, in a fifth of the time.
    made = object.__new__(type(field))
    vars(made).update(vars(field))
    if child := getattr(field, "child", None):
        made.child = twin(child)
        made.child.parent = made
    return made
