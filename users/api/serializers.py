"""What requests about accounts carry, and how their answers look."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import empty

from profiles_project.api.fields import Choice, Document, Email, Text
from profiles_project.texts import too_long
from profiles_project.words.sentences import mark
from users.models import Session, User
from users.validators import length_faults, password_faults

TOKEN_TYPES = ["Bearer"]
# In characters. No token of ours has so many.
LONGEST_TOKEN = 4_000
# Of a password that is only compared: whoever set it with a command of Django's may have passed by the rules.
LONGEST_PASSWORD = 10_000


class Password(serializers.CharField):
    """A password, taken exactly as it was sent."""

    default_error_messages = {"invalid": mark("This must be text.")}

    def __init__(self, *, max_length: int = LONGEST_PASSWORD, **options: Any) -> None:
        super().__init__(trim_whitespace=False, write_only=True, max_length=max_length, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if len(data) > LONGEST_PASSWORD:
            raise ValidationError(*too_long(LONGEST_PASSWORD))
        return data


class TokenText(Text):
    """A token, compared as it came. One that is longer than any of ours is cut, and so stays a wrong one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LONGEST_TOKEN, **options)

    def to_internal_value(self, data: Any) -> str:
        text: str = data.strip()
        return text[:LONGEST_TOKEN]


@extend_schema_field({"type": "string", "minLength": 8, "maxLength": 128, "writeOnly": True})
class NewPassword(Password):
    """A password to be: every rule that it breaks is a fault of its own.

    `owner` tells from the form whose it is to be; where the form can't know that, the view checks the rules.
    """

    def __init__(self, owner: Callable[[Any], User] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.owner = owner

    def run_validation(self, data: Any = empty) -> str:
        if isinstance(data, str) and (faults := length_faults(data)):
            raise ValidationError(faults)
        password: str = super().run_validation(data)
        if self.owner and (faults := password_faults(password, self.owner(self.parent))):
            raise ValidationError(faults)
        return password


def _applicant(form: Any) -> User:
    """The user that a registration would make, so far as it can be read.

    Cut to the length of an address, since the rules' time grows with it and nothing longer is stored anyway.
    """
    given = {name: form.initial_data.get(name) for name in ("email", "full_name")}
    return User(**{name: value[:254] if isinstance(value, str) else "" for name, value in given.items()})


def _requester(form: Any) -> User:
    """The user that the view put into the form's context."""
    user: User = form.context["user"]
    return user


class Registration(Document):
    """A new account."""

    email = Email()
    password = NewPassword(_applicant)
    full_name = Text(max_length=100)


class Credentials(Document):
    """What a person logs in with."""

    # Any text will do: what is no address is nobody's, and told so like any other wrong one.
    email = Text(max_length=1000)
    password = Password()


class Refresh(Document):
    """The refresh token to trade in."""

    refresh_token = TokenText()


class Logout(Document):
    """A refresh token whose session is to end too."""

    may_be_absent = True

    refresh_token = TokenText(required=False, allow_null=True)


class Me(serializers.ModelSerializer[User]):
    """The account, as its owner sees it."""

    class Meta:
        model = User
        fields = ("id", "email", "full_name", "language", "is_active", "is_verified", "created_at", "updated_at")
        read_only_fields = fields


class MeUpdate(Document):
    """What a person may change about the account at once."""

    full_name = Text(max_length=100, required=False)
    language = Choice(settings.LANGUAGES, required=False)


class PasswordChange(Document):
    """The password there is, and the one to come."""

    current_password = Password()
    new_password = NewPassword(_requester)

    def broken_rules(self, values: Mapping[str, Any], errors: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        if "new_password" in values and values["new_password"] == values.get("current_password"):
            return [("new_password", mark("The new password must differ from the current one."), "unchanged")]
        return []


class ForgottenPassword(Document):
    """Where the link is to go."""

    email = Email()


class PasswordReset(Document):
    """The token of a link, which tells whose the password to come is."""

    token = TokenText()
    new_password = NewPassword()


class EmailChange(Document):
    """The address to come."""

    new_email = Email()
    password = Password()


class LinkToken(Document):
    """The token of a link."""

    token = TokenText()


class TokensUser(serializers.ModelSerializer[User]):
    """The account in the answer that brings tokens."""

    class Meta:
        model = User
        fields = ("id", "email", "full_name", "created_at")
        read_only_fields = fields


class Tokens(serializers.Serializer[Any]):
    """A pair of tokens. `expires_in` is the access token's life in seconds."""

    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.ChoiceField(choices=TOKEN_TYPES)
    expires_in = serializers.IntegerField()
    user = TokensUser()


class SessionInfo(serializers.ModelSerializer[Session]):
    """A device that is logged in. `is_current` tells the one that asks."""

    is_current = serializers.SerializerMethodField()

    class Meta:
        model = Session
        fields = ("id", "created_at", "last_used_at", "user_agent", "is_current")
        read_only_fields = fields

    def get_is_current(self, session: Session) -> bool:
        return bool(session.pk == self.context["request"].auth.pk)


class Availability(serializers.Serializer[Any]):
    """Whether an account could be made with the address."""

    email = serializers.EmailField()
    available = serializers.BooleanField()
