"""The routes below /auth: accounts, tokens, sessions, passwords, addresses (contract 2)."""

import logging
import uuid
from contextlib import suppress
from typing import cast

from django.contrib.auth import authenticate
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, IntegrityError, OperationalError, transaction
from rest_framework.exceptions import AuthenticationFailed, ValidationError
from rest_framework.fields import empty
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.settings import api_settings

from profiles_project.api.errors import ParameterInvalid, faults
from profiles_project.api.fields import Email
from profiles_project.api.pagination import paginate
from profiles_project.api.views import APIView
from profiles_project.database.refusals import Missing
from profiles_project.observe.logs import security_event
from profiles_project.texts import fold
from profiles_project.words.languages import request_language
from profiles_project.words.sentences import mark
from users.accounts import confirm_address, replace_password, reset_password
from users.api import openapi, serializers
from users.api.authentication import REFUSAL
from users.api.permissions import NotOfStaff
from users.events import note
from users.models import Mail, Session, User, whole_second
from users.problems import EmailTaken, InvalidCredentials, InvalidRefreshToken, WrongPassword
from users.tasks import file_mail
from users.tokens import AccessToken, RefreshToken

Kind = Mail.Kind


class PublicView(APIView):
    """The base of routes without authentication. A token that is sent all the same is ignored."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


def tokens(session: Session, *, status: int = 200) -> Response:
    """The answer with a new access token and the session's current refresh token."""
    answer = {
        "access_token": AccessToken.issue(session, uuid.uuid4(), whole_second()),
        "refresh_token": RefreshToken.issue(session, session.token_id, session.rotated_at),
        "token_type": "Bearer",
        "expires_in": int(api_settings.ACCESS_TOKEN_LIFETIME.total_seconds()),
        "user": session.user,
    }
    return Response(serializers.Tokens(answer).data, status=status)


def message(sentence: str) -> Response:
    """An answer that consists of a sentence."""
    return Response({"message": sentence})


def user_agent(request: Request) -> str:
    """The request's User-Agent."""
    return str(request.META.get("HTTP_USER_AGENT", ""))


class PrivateView(APIView):
    """The base of routes that need a token."""

    @property
    def account(self) -> User:
        """The user who sent the request."""
        return cast("User", self.request.user)

    @property
    def session(self) -> Session:
        """The session of the access token."""
        return cast("Session", self.request.auth)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer 401 where a request failed because its account was erased meanwhile, as all later ones will be."""
        may_be_gone = isinstance(exc, (ObjectDoesNotExist, DatabaseError)) and not isinstance(exc, OperationalError)
        if may_be_gone and not User.objects.filter(pk=self.account.pk).exists():
            exc = AuthenticationFailed(REFUSAL)
        return super().handle_exception(exc)


class RegisterView(PublicView):
    """POST /auth/register."""

    throttle_scope = "register"

    @openapi.register
    def post(self, request: Request) -> Response:
        form = self.read(serializers.Registration).validated_data
        user = User(email=form["email"], full_name=form["full_name"], language=request_language(request))
        user.set_password(form["password"])
        with transaction.atomic():
            try:
                user.save()
            except IntegrityError as exc:
                raise EmailTaken from exc
            session = Session.objects.start(user, user_agent(request))
            file_mail(Kind.VERIFY, user, user.email)
        note("account_registered", user, session=session.pk)
        return tokens(session, status=201)


class LoginView(PublicView):
    """POST /auth/login."""

    throttle_scope = "login"

    @openapi.login
    def post(self, request: Request) -> Response:
        form = self.read(serializers.Credentials).validated_data
        # Counted before the password is checked and for all clients together: many machines may guess at one account.
        self.count("login_email", fold(form["email"]))
        # Hashes exactly once, also for an unknown address and an inactive account.
        user = authenticate(request, email=form["email"], password=form["password"])
        if not isinstance(user, User):
            raise InvalidCredentials
        with transaction.atomic():
            # A password that is changed at this moment ends all sessions: this one must not slip in after that.
            unchanged = User.objects.select_for_update().filter(pk=user.pk, password=user.password, is_active=True)
            is_unchanged = unchanged.first() is not None
            session = Session.objects.start(user, user_agent(request)) if is_unchanged else None
        if session is None:
            note("login_failed", user, level=logging.WARNING)
            raise InvalidCredentials
        note("login", user, session=session.pk)
        return tokens(session)


class RefreshView(PublicView):
    """POST /auth/refresh."""

    @openapi.refresh
    def post(self, request: Request) -> Response:
        form = self.read(serializers.Refresh).validated_data
        try:
            token = RefreshToken.parse(form["refresh_token"])
        except TokenError as exc:
            if not isinstance(exc, ExpiredTokenError):
                security_event("token_refused", level=logging.WARNING, reason="not ours")
            raise InvalidRefreshToken from exc
        self.count("refresh", str(token.session_id))
        if (session := self._session_of(token)) is None:
            raise InvalidRefreshToken
        if session.rotate(token.token_id):
            return tokens(session)
        # Another request rotated it first, or the token is old: the current row tells which.
        if (session := self._session_of(token)) is None:
            raise InvalidRefreshToken
        if session.has_just_rotated(token.token_id):
            return tokens(session)
        Session.objects.filter(pk=session.pk).end()
        note("refresh_reused", session.user_id, session=session.pk, level=logging.WARNING)
        raise InvalidRefreshToken

    @staticmethod
    def _session_of(token: RefreshToken) -> Session | None:
        session = Session.objects.select_related("user").filter(pk=token.session_id).first()
        if token.belongs_to(session):
            return session
        security_event("token_refused", level=logging.WARNING, reason="session ended", session=token.session_id)
        return None


class LogoutView(PrivateView):
    """POST /auth/logout."""

    @openapi.logout
    def post(self, request: Request) -> Response:
        form = serializers.Logout(data=self.body(optional=True))
        ending = [self.session.pk]
        # A refresh token that is invalid or another user's ends nothing.
        if form.is_valid() and (text := form.validated_data.get("refresh_token")):
            with suppress(TokenError):
                ending.append(RefreshToken.parse(text).session_id)
        self.account.sessions.filter(pk__in=ending).end()
        note("logout", self.account, session=self.session.pk)
        return message("Logged out successfully")


class MeView(PrivateView):
    """GET and PATCH /auth/me."""

    @openapi.me_retrieve
    def get(self, request: Request) -> Response:
        return Response(serializers.Me(self.account).data)

    @openapi.me_partial_update
    def patch(self, request: Request) -> Response:
        form = self.read(serializers.MeUpdate).validated_data
        user = self.account
        changed = [name for name, value in form.items() if getattr(user, name) != value]
        if changed:
            for name in changed:
                setattr(user, name, form[name])
            user.save(update_fields=[*changed, "search_key", "updated_at"])
        return Response(serializers.Me(user).data)


class ChangePasswordView(PrivateView):
    """POST /auth/change-password."""

    throttle_scope = "password"
    permission_classes = (IsAuthenticated, NotOfStaff)

    @openapi.change_password
    def post(self, request: Request) -> Response:
        user = self.account
        serializer = serializers.PasswordChange(data=self.body(), context={"user": user})
        serializer.is_valid(raise_exception=True)
        form = serializer.validated_data
        correct = user.check_password(form["current_password"])
        if not correct or not replace_password(user, form["new_password"], keep=self.session):
            raise WrongPassword(mark("Current password is incorrect."))
        note("password_changed", user, session=self.session.pk)
        return message("Password changed successfully")


class ForgotPasswordView(PublicView):
    """POST /auth/forgot-password."""

    @openapi.forgot_password
    def post(self, request: Request) -> Response:
        form = self.read(serializers.ForgottenPassword).validated_data
        self.count("forgot_password", fold(form["email"]))
        user = User.objects.filter(email_key=fold(form["email"]), is_active=True).first()
        file_mail(Kind.RESET, user, user.email if user else "")
        note("password_reset_asked", user)
        return message("If the email exists, a reset link has been sent")


class ResetPasswordView(PublicView):
    """POST /auth/reset-password."""

    @openapi.reset_password
    def post(self, request: Request) -> Response:
        form = self.read(serializers.PasswordReset).validated_data
        reset_password(form["token"], form["new_password"])
        return message("Password reset successfully")


class ChangeEmailView(PrivateView):
    """POST /auth/change-email."""

    throttle_scope = "password"
    permission_classes = (IsAuthenticated, NotOfStaff)

    @openapi.change_email
    def post(self, request: Request) -> Response:
        form = self.read(serializers.EmailChange).validated_data
        user = self.account
        if not user.check_password(form["password"]):
            raise WrongPassword
        with transaction.atomic():
            # The worker finds out whether the address is taken, so that this answer can't reveal it.
            file_mail(Kind.CHANGE_EMAIL, user, form["new_email"])
            file_mail(Kind.EMAIL_CHANGE_NOTICE, user, user.email)
        note("email_change_asked", user, session=self.session.pk)
        return message("If the new address is free, a link to confirm it has been sent")


class VerifyEmailView(PublicView):
    """POST /auth/verify-email: both for the address of an account and for one that is to replace it."""

    @openapi.verify_email
    def post(self, request: Request) -> Response:
        form = self.read(serializers.LinkToken).validated_data
        confirm_address(form["token"])
        return message("E-mail address verified")


class ResendVerificationView(PrivateView):
    """POST /auth/resend-verification."""

    @openapi.resend_verification
    def post(self, request: Request) -> Response:
        if self.account.is_verified:
            return message("The e-mail address is verified already")
        # It may be the address of somebody who never asked for it.
        self.count("forgot_password", f"user {self.account.pk}")
        file_mail(Kind.VERIFY, self.account, self.account.email)
        return message("A link to verify the e-mail address has been sent")


class SessionViewSet(ViewSetMixin, PrivateView):
    """The sessions of the user's devices."""

    lookup_url_kwarg = "session_id"

    @openapi.sessions_list
    def list(self, request: Request) -> Response:
        context = {"request": request}
        return paginate(
            request,
            self.account.sessions.live(),
            "sessions",
            lambda session: serializers.SessionInfo(session, context=context).data,
        )

    @openapi.sessions_delete
    def destroy(self, request: Request, session_id: str) -> Response:
        try:
            pk = uuid.UUID(session_id)
        except ValueError as exc:
            raise Missing.of(Session) from exc
        if not self.account.sessions.live().filter(pk=pk).end():
            raise Missing.of(Session)
        note("session_ended", self.account, session=pk)
        return Response(status=204)


class CheckEmailView(PublicView):
    """GET /auth/check-email."""

    throttle_scope = "check_email"

    @openapi.check_email
    def get(self, request: Request) -> Response:
        try:
            email = Email().run_validation(request.query_params.get("email", empty))
        except ValidationError as exc:
            _, code, sentence = next(faults(exc.detail))
            raise ParameterInvalid("email", sentence, code) from exc
        taken = User.objects.filter(email_key=fold(email)).exists()
        return Response({"email": email, "available": not taken})
