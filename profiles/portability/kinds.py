"""What import, export and printing know of each kind of component, made of its model and of JSON Resume's table.

The translations themselves are pure; they take what stands here as an argument.
"""

from collections.abc import Sequence
from typing import Any

from django.db import models

from profiles.modelfields import HttpUrlField, PartialDateField, StringListField, VerbatimJSONField
from profiles.models import COMPONENTS, Component
from profiles.portability.json_resume import mapping
from profiles.portability.json_resume.mapping import IS_VISIBLE, Key, Section, ours
from profiles.portability.printed.layouts import Layout
from profiles_project.words.places import label
from profiles_project.words.sentences import Sentence, say

# How values of a field are read where JSON Resume's table does not say it; the first class that fits counts.
READ_AS: tuple[tuple[type[models.Field[Any, Any]], str], ...] = (
    (PartialDateField, "date"),
    (HttpUrlField, "url"),
    (StringListField, "texts"),
    (models.BooleanField, "flag"),
    (models.FloatField, "number"),
    (VerbatimJSONField, "as_it_is"),
    (models.CharField, "text"),
    (models.TextField, "text"),
)


def _own_key(field: Any) -> Key:
    """A key for a field that JSON Resume has no word for: its name, written as keys are there."""
    first, *others = field.name.split("_")
    name = first + "".join(word.capitalize() for word in others)
    read_as = next((kind for field_class, kind in READ_AS if isinstance(field, field_class)), "as_it_is")
    return ours(name, field.name, read_as, absent=field.default if read_as == "flag" else None)


def _own_fields(model: type[Component]) -> list[Any]:
    names = [name for name in model.content_fields() if name not in model.shared_fields]
    return [model._meta.get_field(name) for name in names]


def _is_text(field: Any) -> bool:
    """Whether people write in it what they like."""
    is_of_a_form = isinstance(field, (PartialDateField, HttpUrlField, VerbatimJSONField)) or field.choices
    return isinstance(field, (models.CharField, models.TextField)) and not is_of_a_form


def section(model: type[Component]) -> Section:
    """The list of a résumé that has the items of a kind."""
    fields = _own_fields(model)
    name, *keys = mapping.LISTS.get(model.plural) or (
        f"{mapping.OURS_IN_META}.{model.plural}",
        *map(_own_key, fields),
    )
    # Whatever is said of how well a language is spoken can be read.
    always = {key.field for key in keys if key.kind == "fluency"}
    required = tuple(field.name for field in fields if field.name in model.required_fields() and _is_text(field))
    needed = tuple(n for n in model.required_fields() if n not in {*required, *always, *model.named_if_unknown})
    start, end = model.period or ("", "")
    return Section(
        name,
        model.plural,
        (*keys, IS_VISIBLE),
        label=label(model.plural),
        labels={name: label(name, model.plural) for name in model.content_fields()},
        required=required,
        needed=needed,
        vital=(*required, *needed),
        may_be_unknown=model.named_if_unknown,
        period=tuple(field.name for field in fields if field.name in {start, end, "is_current"}),
        identity=model.identities(),
        in_skills=model.in_skills,
        is_private=model.is_private,
        is_ours=model.plural not in mapping.LISTS,
    )


def layout(model: type[Component]) -> Layout:
    """How the items of a kind are shown that JSON Resume lacks; every field of theirs but whether they are shown."""
    fields = {_own_key(field).name: field for field in _own_fields(model)}
    keys = {field.name: name for name, field in fields.items()}

    def of(field_class: type[models.Field[Any, Any]]) -> list[str]:
        return [name for name, field in fields.items() if isinstance(field, field_class)]

    dates = [keys[name] for name in model.period or ()] or of(PartialDateField)[:1]
    texts = [name for name, field in fields.items() if _is_text(field)]
    title, *others = [name for name in texts if not isinstance(fields[name], models.TextField)] or texts[:1] or [""]
    paragraphs = [name for name in texts if name not in {title, *others}]
    points = of(StringListField)[:1]
    shown = {title, *others, *dates, *paragraphs, *points, "url", "isCurrent"}
    facts = {str(field.verbose_name).capitalize(): name for name, field in fields.items() if name not in shown}
    return Layout(
        model.plural,
        str(model._meta.verbose_name_plural).capitalize(),
        titles=((title,), *((name,) for name in others[:1])),
        remarks=tuple(others[1:]),
        dates=tuple(dates),
        texts=tuple(paragraphs),
        points=tuple(points),
        facts=facts,
        date_facts=tuple(of(PartialDateField)),
        is_ours=True,
    )


# In the order of the document.
SECTIONS = tuple(map(section, COMPONENTS))


def label_of(path: Sequence[str | int]) -> Sentence | None:
    """What people call the key of a résumé that a path ends with; None where the path ends with no key of an object.

    A key that no field of ours has is said as it is.
    """
    section = next((s for s in (*SECTIONS, mapping.SKILLS) if tuple(path[: len(s.path)]) == s.path), None)
    names = path[len(section.path) if section else 1 :]
    name = next((str(step) for step in reversed(names) if isinstance(step, str)), None)
    if name is None:
        return None
    of_basics = mapping.PROFILES if "profiles" in names else _OF_BASICS
    field = next((key.field for key in (section.keys if section else of_basics) if key.name == name), None)
    if field is None:
        return say("«{name}»", name=name)
    return section.labels[field] if section else label(field)


_OF_BASICS = (*mapping.BASICS, *mapping.NETWORK_KEYS, Key("location", "location"), *mapping.LOCATION)
# Of the kinds that JSON Resume lacks; readable.LAYOUTS has the others.
LAYOUTS = tuple(layout(model) for model in COMPONENTS if model.plural not in mapping.LISTS)
