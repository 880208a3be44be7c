"""The log-in of staff: the password, the code of the second factor, and setting one up."""

import logging
import re
from typing import Any, ClassVar, cast
from urllib.parse import urlencode

import segno
from django import forms
from django.contrib import messages
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.hashers import check_password
from django.contrib.auth.views import LoginView, PasswordChangeView, RedirectURLMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.generic import FormView

from profiles_project.api.ratelimit import TooManyRequests, network_of, spend
from profiles_project.texts import fold
from profiles_project.web.forms import JudgedForm
from profiles_project.words.wording import worded
from users import second_factor
from users.accounts import replace_password
from users.events import note
from users.models import User


class PasswordForm(JudgedForm, AdminAuthenticationForm):
    """Django's form, which counts the try before it checks the password."""

    # Without Django's remark that case matters: in an e-mail address it does not.
    error_messages = AdminAuthenticationForm.error_messages | {
        "invalid_login": "Please enter the correct %(username)s and password of a member of the staff."
    }

    def clean(self) -> dict[str, Any]:
        # Counted under the normalised address, so that another spelling starts no new count.
        if self.request and (address := self.cleaned_data.get("username")):
            _count(self.request, "login_email", fold(address))
        return super().clean()


class CodeForm(JudgedForm, forms.Form):
    """The six digits that an app shows; people put a space between them."""

    code = forms.CharField(
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "spellcheck": "false"}
        ),
    )

    def clean_code(self) -> str:
        code = "".join(self.cleaned_data["code"].split())
        # Digits of other scripts are digits to Python.
        if not re.fullmatch(r"[0-9]{6}", code):
            raise forms.ValidationError("A code has six digits.")
        return code


class PasswordAgainForm(JudgedForm, forms.Form):
    """Asks for the password again: a session at an unattended desk does not know it."""

    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        label="Your password",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not _is_right(self.user, password):
            raise forms.ValidationError("This is not your password.")
        return password


class NewPasswordForm(JudgedForm, AdminPasswordChangeForm):
    """Django's form, which notes a wrong password."""

    def clean_old_password(self) -> str:
        old: str = self.cleaned_data["old_password"]
        if not _is_right(self.user, old):
            raise forms.ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old


class LoginPage(RedirectURLMixin):
    """The base of these pages. Past a rate limit they say so, and `next` leads to this host only."""

    request: HttpRequest
    # The variables of every page of the admin.
    extra_context: Any = None
    next_page = "admin:index"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]  # of a view
        except TooManyRequests as refusal:
            return self.refused(refusal)
        return response

    def refused(self, refusal: TooManyRequests) -> HttpResponse:
        """The page of a 429, with the API's sentence."""
        context = {**self.extra_context, "title": "Too many requests", "detail": worded(str(refusal.detail))}
        return TemplateResponse(
            self.request,
            "admin/too_many_requests.html",
            context,
            status=refusal.status_code,
            headers=refusal.headers,
        )

    def not_to_set_up(self) -> HttpResponse | None:
        """The redirect for users who are not logged in or have a second factor already; None for others."""
        if not self.extra_context["has_permission"]:
            return self.go("admin:login")
        return self.go("admin:index") if second_factor.factor(self.request).device else None

    def go(self, name: str) -> HttpResponseRedirect:
        """The redirect to another step, keeping `next` where it leads to this host."""
        there = self.get_redirect_url()
        return HttpResponseRedirect(reverse(name) + (f"?{urlencode({'next': there})}" if there else ""))


class PasswordStep(LoginPage, LoginView):
    """The first page. It does not log in users who have or need a second factor."""

    form_class = PasswordForm
    template_name = "admin/login.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        _count(request, "login", f"address {network_of(request)}")
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        if not second_factor.is_asked_of(user):
            return super().form_valid(form)
        second_factor.wait_for_code(self.request, user)
        return self.go("admin:second_factor")


class CodeStep(LoginPage, FormView[CodeForm]):
    """The second page, for a session that has shown the password."""

    form_class = CodeForm
    template_name = "admin/second_factor.html"
    title: ClassVar[str] = "Second factor"
    # Who is to give the code.
    account: User

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.elsewhere() or super().dispatch(request, *args, **kwargs)

    def elsewhere(self) -> HttpResponse | None:
        """The redirect to where the user belongs instead; None where this is their page."""
        if (user := second_factor.waiting(self.request)) is None:
            return self.go("admin:login")
        self.account = user
        self.device = second_factor.device_of(user)
        return None if self.device else self.go("admin:second_factor_set_up")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        second_factor.count(request, self.account)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: CodeForm) -> HttpResponse:
        if not second_factor.accepts(self.device, form.cleaned_data["code"]):
            form.add_error("code", "This code is wrong, too old, or was used before.")
            return self.form_invalid(form)
        second_factor.let_in(self.request, self.account, self.device)
        return HttpResponseRedirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(title=self.title, next=self.get_redirect_url(), **kwargs)


class SetUpStep(CodeStep):
    """Sets up a second factor, for a session that has just given the password; others give it again first."""

    template_name = "admin/second_factor_set_up.html"
    title = "Set up the second factor"

    def elsewhere(self) -> HttpResponse | None:
        if (user := second_factor.waiting(self.request)) is None:
            return self.not_to_set_up() or self.go("admin:second_factor_password")
        self.account = user
        return self.go("admin:second_factor") if second_factor.device_of(user) else None

    def form_valid(self, form: CodeForm) -> HttpResponse:
        device = second_factor.confirm(self.request, self.account, form.cleaned_data["code"])
        if device is None:
            form.add_error("code", "This code is wrong or too old. Does the phone's clock go right?")
            return self.form_invalid(form)
        second_factor.let_in(self.request, self.account, device)
        messages.success(self.request, "The second factor is set up. Each login asks for a code from now on.")
        return HttpResponseRedirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        secret, address = second_factor.enrolment(self.request, self.account)
        groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
        return super().get_context_data(qr_code=_qr_code(address), secret=" ".join(groups), **kwargs)


class PasswordAgainStep(LoginPage, FormView[PasswordAgainForm]):
    """Asks for the password again before it shows the secret of a new second factor."""

    form_class = PasswordAgainForm
    template_name = "admin/second_factor_password.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.not_to_set_up() or super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Counted with log-ins, so that this page allows no further guesses.
        _count(request, "login_email", fold(_account(request).email))
        return super().post(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": _account(self.request)}

    def form_valid(self, form: PasswordAgainForm) -> HttpResponse:
        second_factor.wait_for_code(self.request, form.user)
        return self.go("admin:second_factor_set_up")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(title=SetUpStep.title, next=self.get_redirect_url(), **kwargs)


class NewPasswordStep(LoginPage, PasswordChangeView):
    """Staff change their own password: counted, told by mail and noted as in the API."""

    form_class = NewPasswordForm
    next_page = "admin:password_change_done"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        _count(request, "password", f"user {request.user.pk}")
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.user
        if not replace_password(user, form.cleaned_data["new_password1"]):
            form.add_error("old_password", "The account has changed in the meantime; please try again.")
            return self.form_invalid(form)
        user.refresh_from_db()
        # This session stays; all others end with the old password.
        update_session_auth_hash(self.request, user)
        note("password_changed", user)
        return HttpResponseRedirect(self.get_success_url())


def _account(request: HttpRequest) -> User:
    """The user who is logged in to the admin."""
    return cast("User", request.user)


def _is_right(user: User, password: str) -> bool:
    """Whether the password is right; a wrong one is logged."""
    # Not `user.check_password`, which may store a new hash and thereby end this very session.
    if check_password(password, user.password):
        return True
    note("login_failed", user, level=logging.WARNING)
    return False


def _count(request: HttpRequest, scope: str, whose: str) -> None:
    if usage := spend(request, scope, whose):
        usage.check()


def _qr_code(address: str) -> SafeString:
    """The address as an SVG element, black on white in dark mode too, since not every camera reads the reverse."""
    code = segno.make_qr(address, error="m")
    title = "QR code of the secret below"
    return mark_safe(code.svg_inline(omitsize=True, svgclass="qr-code", lineclass=None, light="#fff", title=title))  # noqa: S308  # paths made here
