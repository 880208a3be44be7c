"""The admin site: Django's, entered by password and second factor, with the dashboard on its front page."""

from functools import wraps
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from profiles.desk.board import dashboard
from profiles.desk.login import CodeStep, NewPasswordStep, PasswordAgainStep, PasswordStep, SetUpStep
from profiles.desk.rows import named, object_link, own_deeds
from profiles.desk.wording import words
from profiles_project.database.refusals import Forgotten, Missing
from users import second_factor

# Django's redirect to a row's page on the public site, and the search of autocomplete fields: neither is used here.
UNUSED = {"view_on_site", "autocomplete"}
# How many of their last actions the front page shows to staff.
MOST_RECENT = 10
# The order on the front page and in the menu; models that are not named come last.
ORDER = ("User", "Session", "Mail", "SecurityEvent", "AuditEntry", "Profile", "Job", "Group")


class DeskSite(admin.AdminSite):
    """The support desk."""

    site_header = site_title = "Profiles"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the user may see pages of the admin: staff, with their second factor where one is required."""
        return super().has_permission(request) and second_factor.factor(request).is_enough

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002  # Django's signature
        """Every page of the desk: 404 where what it is about was deleted while it was made."""

        @wraps(view)
        def found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return cast("HttpResponse", view(request, *args, **kwargs))
            except (Missing, Forgotten) as exc:
                raise Http404 from exc

        return super().admin_view(found, cacheable)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        # Before Django's patterns, of which the last one matches every address.
        return [
            path("second-factor/", self.second_factor, name="second_factor"),
            path("second-factor/password/", self.second_factor_password, name="second_factor_password"),
            path("second-factor/set-up/", self.set_up_second_factor, name="second_factor_set_up"),
            *(each for each in super().get_urls() if getattr(each, "name", None) not in UNUSED),
        ]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        lacks_second_factor = context["has_permission"] and second_factor.factor(request).device is None
        return {**context, "lacks_second_factor": lacks_second_factor}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=_rank)
        return sorted(apps, key=lambda app: _rank(app["models"][0]))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The front page; users who may not see accounts get Django's, without figures."""
        may_see = request.user.has_perm("users.view_user")
        shown = {"dashboard": dashboard.panels(self, request)} if may_see else {}
        deeds = [_recent(deed, may_see) for deed in own_deeds(request.user, MOST_RECENT)]
        return super().index(request, {**shown, "deeds": deeds, **(extra_context or {})})

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        if super().has_permission(request) and not self.has_permission(request):
            # Django's page would say that the account has no permission; the session just lacks its second factor.
            logout(request)
            messages.info(request, "Please log in again: this account needs a second factor now.")
        context = {"title": "Log in", "subtitle": None, "app_path": request.get_full_path()}
        return self._step(PasswordStep, request, **context, **(extra_context or {}))

    @method_decorator(never_cache)
    def second_factor(self, request: HttpRequest) -> HttpResponse:
        """The page that asks for the code."""
        return self._step(CodeStep, request)

    @method_decorator(never_cache)
    def second_factor_password(self, request: HttpRequest) -> HttpResponse:
        """The page that asks for the password again."""
        return self._step(PasswordAgainStep, request)

    @method_decorator(never_cache)
    def set_up_second_factor(self, request: HttpRequest) -> HttpResponse:
        """The page that shows a new secret and asks for its first code."""
        return self._step(SetUpStep, request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return self._step(NewPasswordStep, request, **(extra_context or {}))

    def _step(self, step: type[View], request: HttpRequest, **context: Any) -> HttpResponse:
        request.current_app = self.name  # for the `url` tags of Django's templates
        view = step.as_view(extra_context={**self.each_context(request), **context})
        return cast("HttpResponse", view(request))


def _recent(entry: Any, may_see: Any) -> tuple[str, str, str, Any]:
    """What was done, to what, to whom and when."""
    person = named(entry.user_id, entry.person) if may_see else str(entry.user_id or "")
    return words(entry.action), object_link(entry), person, entry.created_at


def _rank(model: dict[str, Any]) -> int:
    return ORDER.index(model["object_name"]) if model["object_name"] in ORDER else len(ORDER)
