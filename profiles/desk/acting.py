"""The confirmation page of an action: it says what will happen, and asks for a reason."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from profiles.desk.actions import ACTIONS, Action, Refused, perform, rows_for
from profiles.desk.rows import page_of, person_link, person_of
from profiles_project.database.refusals import Missing
from profiles_project.observe.logs import security_event
from profiles_project.web.forms import JudgedForm

# The number of rows on a page of a list.
MOST_AT_ONCE = 100
SHORTEST_REASON = 5
REASON_HELP = "For the audit log, where it can't be changed: a ticket's number, who asked. No names, no addresses."


class ReasonForm(JudgedForm, forms.Form):
    """Asks for the reason of an action."""

    reason = forms.CharField(
        min_length=SHORTEST_REASON, max_length=500, help_text=REASON_HELP, widget=forms.Textarea(attrs={"rows": 3})
    )

    def answers(self) -> dict[str, Any]:
        """What `perform` is told: the reason, and what the action asks for."""
        return {name: value for name, value in self.cleaned_data.items() if name != "typed"}


class GraveForm(ReasonForm):
    """For actions that can't be undone: the id has to be typed, so that nobody hits the wrong row."""

    typed = forms.CharField(label="Id", max_length=40)

    def __init__(self, *args: Any, key: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key
        self.fields["typed"].help_text = f"Type {key} to confirm."

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if typed.strip() != self.key:
            raise ValidationError(f"This is not {self.key}.")
        return typed


def act_address(action: Action, keys: Any, **asked: Any) -> str:
    """The address of an action's confirmation page for the rows with these ids; its form starts with what is given."""
    options = action.model._meta
    address = reverse(f"admin:{options.app_label}_{options.model_name}_act", args=[action.name])
    return f"{address}?{urlencode([*(('id', str(key)) for key in keys), *asked.items()])}"


def act(model_admin: Any, request: HttpRequest, name: str) -> HttpResponse:
    """GET asks; POST acts on each of the rows and redirects to their page, so that going back repeats nothing.

    403 for an action that isn't allowed, 404 where there is no such action or id. Rows that are gone are named.
    """
    action = _action(model_admin, request, name)
    rows, gone = _rows(action, request.GET.getlist("id"))
    for key in gone:
        messages.error(request, f"{key} is gone.")
    if not rows:
        return HttpResponseRedirect(_list(action))
    form = _form(action, request, rows)
    # Judged before any row changes: acting on one row must not make possible what the page refused for another.
    refusals = [action.refusal_to(request.user, row) for row in rows]
    if request.method == "POST" and form.is_valid():
        for row, why_not in zip(rows, refusals, strict=True):
            if why_not:
                _refuse(action, request, why_not, row.pk)
            else:
                _do(action, request, row, form.answers())
        return HttpResponseRedirect(_afterwards(action, rows))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": action.label,
        "opts": action.model._meta,
        "action": action,
        "rows": [(row, person_link(person_of(row)), why_not) for row, why_not in zip(rows, refusals, strict=True)],
        "form": form,
        "is_possible": "" in refusals,
        "back": page_of(rows[0]) if len(rows) == 1 else _list(action),
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "desk/act.html", context)


def _action(model_admin: Any, request: HttpRequest, name: str) -> Action:
    for action in ACTIONS:
        if action.model is model_admin.model and action.name == name:
            if not action.is_allowed(request.user):
                _note_refusal(action, request, "This role may not do it.")
                raise PermissionDenied
            return action
    raise Http404


def _rows(action: Action, ids: list[str]) -> tuple[list[Any], list[Any]]:
    """The rows with these ids, and those ids that no row has."""
    most = MOST_AT_ONCE if action.is_for_many else 1
    if not 0 < len(set(ids)) <= most:
        raise Http404
    try:
        keys = {action.model._meta.pk.to_python(key) for key in ids}
    except ValidationError as exc:
        raise Http404 from exc
    try:
        found = list(rows_for((action,), action.model).filter(pk__in=keys).order_by("pk"))
    except OverflowError:
        # A number that SQLite can't hold; PostgreSQL's is judged by Django.
        found = []
    return found, sorted(keys - {row.pk for row in found})


def _form(action: Action, request: HttpRequest, rows: list[Any]) -> ReasonForm:
    data = request.POST if request.method == "POST" else None
    if action.is_grave:
        return GraveForm(data, key=str(rows[0].pk))
    asked = action.asks(rows[0]) if action.asks else {}
    form = ReasonForm(data, initial={name: request.GET[name] for name in asked if name in request.GET})
    form.fields = {**asked, **form.fields}
    return form


def _do(action: Action, request: HttpRequest, row: Any, answers: Mapping[str, Any]) -> None:
    try:
        perform(action, row.pk, request.user, **answers)  # type: ignore[arg-type]  # staff, as the site has seen to
    except Refused as refused:
        _refuse(action, request, str(refused), row.pk)
    except (action.model.DoesNotExist, Missing):  # type: ignore[attr-defined]  # every model has it
        messages.error(request, f"{row.pk} is gone.")
    else:
        messages.success(request, f"{row.pk}: {action.label.lower()} – done.")


def _refuse(action: Action, request: HttpRequest, why_not: str, key: Any) -> None:
    _note_refusal(action, request, why_not, key)
    messages.error(request, f"{key}: {why_not}")


def _note_refusal(action: Action, request: HttpRequest, why_not: str, key: Any = None) -> None:
    kind = action.model._meta.label_lower
    security_event(
        "admin_action_refused", staff=request.user.pk, action=action.name, kind=kind, object=key, why=why_not
    )


def _list(action: Action) -> str:
    return reverse(f"admin:{action.model._meta.app_label}_{action.model._meta.model_name}_changelist")


def _afterwards(action: Action, rows: list[Any]) -> str:
    is_there = len(rows) == 1 and not action.is_grave
    return page_of(rows[0]) if is_there else _list(action)
