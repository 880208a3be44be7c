"""The pages behind the links in mails, for people without the app: a page each, with a button or a form.

Opening a page changes nothing, since mail scanners open links too; only its form does.
"""

from typing import Any

from csp.decorators import csp_replace
from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import FormView
from rest_framework.exceptions import ValidationError

from profiles_project.api.errors import Problem, faults
from profiles_project.api.ratelimit import TooManyRequests, network_of, spend
from profiles_project.web.forms import JudgedForm
from profiles_project.words.languages import in_language_of, spoken
from profiles_project.words.sentences import mark
from profiles_project.words.wording import worded
from users.accounts import confirm_address, reset_password


class LinkForm(JudgedForm, forms.Form):
    """The link's token, which travels in the page."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=1000)

    def use(self) -> None:
        """Carry out the link's purpose. Raises Problem or ValidationError."""
        confirm_address(self.cleaned_data["token"])


class PasswordForm(LinkForm):
    """A new password, for the account of a reset link."""

    new_password = forms.CharField(
        label=lazy(worded, str)(mark("New password")),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
    )

    def use(self) -> None:
        reset_password(self.cleaned_data["token"], self.cleaned_data["new_password"])


# The token in the form allows the change. No cookie is involved, so no other site can forge the request.
@method_decorator([csrf_exempt, never_cache, csp_replace({"script-src": None})], name="dispatch")
class LinkPage(FormView[LinkForm]):
    """The page of a link: its purpose and form, and afterwards the result."""

    template_name = "users/link.html"
    form_class: type[LinkForm] = LinkForm
    title: str
    button: str
    done: str

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        words = {"title": worded(self.title), "button": worded(self.button), "language": get_language()}
        return super().get_context_data(**words, **more)

    def get_initial(self) -> dict[str, Any]:
        return {"token": self.request.GET.get("token", "")}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        usage = spend(request, "default", f"address {network_of(request)}")
        try:
            if usage:
                usage.check()
        except TooManyRequests as refusal:
            page = self._result(str(refusal.detail), status=refusal.status_code)
            page["Retry-After"] = refusal.headers["Retry-After"]
            return page
        return super().post(request, *args, **kwargs)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with in_language_of(request) as language:
            response = super().dispatch(request, *args, **kwargs)
            if isinstance(response, TemplateResponse):
                response.render()
        spoken(response, language)
        # The address holds the token.
        response["Referrer-Policy"] = "no-referrer"
        return response

    def form_valid(self, form: LinkForm) -> HttpResponse:
        try:
            form.use()
        except ValidationError as exc:
            for _, code, text in faults(exc.detail):
                form.add_error("new_password", forms.ValidationError(worded(text), code=code))
            return self.form_invalid(form)
        except Problem as problem:
            return self._result(str(problem.detail), status=problem.status_code)
        return self._result(self.done)

    def form_invalid(self, form: LinkForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def _result(self, sentence: str, status: int = 200) -> HttpResponse:
        return self.render_to_response(self.get_context_data(result=worded(sentence)), status=status)


class VerifyEmailPage(LinkPage):
    """GET and POST /verify-email."""

    title = mark("Confirm your e-mail address")
    button = mark("Confirm")
    done = mark("Thank you: your e-mail address is confirmed.")


class ResetPasswordPage(LinkPage):
    """GET and POST /reset-password."""

    form_class = PasswordForm
    title = mark("Set a new password")
    button = mark("Set the password")
    done = mark("Your password has been changed. You can now log in with it.")
