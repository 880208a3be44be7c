"""What all lists and pages of the desk have in common."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from profiles.desk import acting, search
from profiles.desk.acting import act_address
from profiles.desk.actions import ACTIONS, Action, rows_for
from profiles.desk.adminlog import WatchedAdmin
from profiles.desk.lists import CappedPaginator
from profiles.desk.rows import audit, entries_about, person_link
from profiles_project.database.values import LARGEST_ID

# The look-ups allowed in a list's address, beside the filters that the list shows.
LOOKUPS = frozenset(
    (
        *("user__id__exact", "user_id__exact", "staff_id__exact", "status__exact", "kind__exact", "action__exact"),
        *("created_at__gte", "created_at__lt", "score__gte", "score__lte"),
    )
)

# The newest entries of the audit log about a row that its history shows.
MOST_ENTRIES = 100


class ReadOnly:
    """For rows that staff may read and not change."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class DeskAdmin(WatchedAdmin, admin.ModelAdmin[Any]):
    """A ModelAdmin of people's data: quick lists, the actions of the desk, and who opened whose page."""

    paginator = CappedPaginator
    list_per_page = 100
    show_full_result_count = False
    # The desk's filters count their rows themselves, up to a limit.
    show_facets = admin.ShowFacets.NEVER
    change_form_template = "desk/page.html"
    # The column with the id of the person whose row it is.
    owner = "user_id"

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Any other look-up would reveal by its count what no page shows, such as a masked phone or a job's input."""
        own = {getattr(each, "parameter_name", None) for each in self.list_filter}
        return lookup in LOOKUPS | own

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if ERROR_FLAG in request.GET:
            messages.warning(request, "The address asked for what this list doesn't have: this is all of it.")
        return super().changelist_view(request, *args, **kwargs)

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if all(map(self.may_be_key, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            return super().response_action(request, *args, **kwargs)
        messages.error(request, "What was chosen has no id of this list.")
        return HttpResponseRedirect(request.get_full_path())

    def may_be_key(self, text: str) -> bool:
        """Whether a text can be the id of a row."""
        try:
            key = self.opts.pk.to_python(text)
        except (ValueError, ValidationError):
            # Python reads no number of some thousand digits.
            return False
        return not isinstance(key, int) or 0 <= key <= LARGEST_ID

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        try:
            return super().get_changelist_instance(request)
        except OverflowError as exc:
            # A number that SQLite can't hold; PostgreSQL's is judged by Django.
            raise IncorrectLookupParameters from exc

    def get_urls(self) -> list[URLPattern]:
        act = self.admin_site.admin_view(self.act)
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"
        return [path("act/<str:name>/", act, name=name), *super().get_urls()]

    def act(self, request: HttpRequest, name: str) -> HttpResponse:
        """The page that asks for a reason and then acts."""
        return acting.act(self, request, name)

    def allowed(self, request: HttpRequest) -> list[Action]:
        """The actions that the user may take on rows of this kind."""
        return [each for each in ACTIONS if each.model is self.model and each.is_allowed(request.user)]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The actions for several rows at once, of those that are allowed."""
        return {
            each.name: (partial(_choose, action=each), each.name, each.label)
            for each in self.allowed(request)
            if each.is_for_many
        }

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            self.note_opened(request, obj)
            context["offered"] = offered(self.allowed(request), request.user, obj)
            context["facts"] = self.facts(obj)
            context["tables"] = self.tables(request, obj)
            context["has_history"] = self.has_history(request)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def has_history(self, request: HttpRequest) -> bool:
        """Whether the button «History» leads anywhere: without a history of their own, rows have the audit log's."""
        return bool(request.user.has_perm("users.view_auditentry"))

    def history_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """What colleagues did to a row, and who opened it."""
        if not self.has_history(request):
            raise PermissionDenied
        row = self.opened(request, object_id)
        entries = list(entries_about(row)[: MOST_ENTRIES + 1])
        context = {"row": row, "entries": entries[:MOST_ENTRIES], "is_more": len(entries) > MOST_ENTRIES}
        return self.page(request, "desk/history_of_row.html", f"History of {row}", context)

    def opened(self, request: HttpRequest, object_id: str) -> Any:
        """The row whose page is opened, which is written down. Raises PermissionDenied and Http404."""
        row = self.get_object(request, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            raise Http404
        self.note_opened(request, row)
        self.log_opened(request, row.pk)
        return row

    def page(self, request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> HttpResponse:
        """A page of the desk that is none of Django's."""
        common = {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, template, {**common, **context})

    def people(self, request: HttpRequest, term: str, rows: QuerySet[Any]) -> list[int]:
        """The ids of the people that match a term. The page says so where there may be more."""
        found, may_be_more = search.people(term, rows, self.owner)
        # An action on a list repeats the search.
        if may_be_more and request.method == "GET":
            messages.warning(request, f"{search.MOST_FOUND:,} people or more fit, and some may be missing: say more.")
        return found

    def facts(self, obj: Any) -> Iterable[tuple[str, str]]:
        """The facts at the top of a row's page, each by its label."""
        return ()

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        audit(request.user, "add", obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        audit(request.user, "change", obj)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for row in queryset:
            audit(request.user, "delete", row)
        return super().log_deletions(request, queryset)

    def tables(self, request: HttpRequest, obj: Any) -> Iterable[Any]:
        """The tables on a row's page beside its own fields."""
        return ()

    def note_opened(self, request: HttpRequest, obj: Model) -> None:
        """Write an entry of the audit log: who opened whose page."""
        audit(request.user, "view", obj)


class OfPerson(DeskAdmin):
    """For rows that belong to a person (`user`), who is searched to find them."""

    @admin.display(description="person", ordering="user_id")
    def person(self, row: Any) -> str:
        """A link to the person's page, with name and id."""
        return person_link(row.user)


def offered(actions: Sequence[Action], staff: Any, row: Model) -> list[tuple[Action, str]]:
    """The actions that are possible on a row now, with their addresses; not those that ask for more than a reason."""
    now = rows_for(actions, type(row)).filter(pk=row.pk).first() if actions else None
    possible = [each for each in actions if now and each.asks is None and not each.refusal_to(staff, now)]
    return [(each, act_address(each, [row.pk])) for each in possible]


def _choose(model_admin: Any, request: HttpRequest, chosen: QuerySet[Any], *, action: Action) -> HttpResponse | None:
    keys = list(chosen.order_by().values_list("pk", flat=True)[: acting.MOST_AT_ONCE + 1])
    if len(keys) > acting.MOST_AT_ONCE:
        messages.error(request, f"Please choose at most {acting.MOST_AT_ONCE} at once.")
        return None
    if not keys:
        messages.error(request, "Nothing of what was chosen is in the list any more.")
        return None
    return HttpResponseRedirect(act_address(action, keys))
