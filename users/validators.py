"""The rules for passwords that Django doesn't bring (contract 2); the settings name all of them, once."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from rest_framework.exceptions import ErrorDetail

from profiles_project.texts import too_long
from profiles_project.words.sentences import mark, say, say_many
from profiles_project.words.wording import worded
from users.models import User


class MaximumLengthValidator:
    """At most `max_length` characters."""

    def __init__(self, max_length: int = 128) -> None:
        self.max_length = max_length

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) > self.max_length:
            raise ValidationError(self.get_help_text(), "password_too_long", {"max_length": self.max_length})

    def get_help_text(self) -> str:
        return worded(say("Use at most {n} characters.", n=self.max_length))


class CharacterClassesValidator:
    """An upper-case letter, a lower-case letter and a digit, of any script."""

    CLASSES: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
        ("password_no_upper", mark("Use at least one upper-case letter."), str.isupper),
        ("password_no_lower", mark("Use at least one lower-case letter."), str.islower),
        ("password_no_digit", mark("Use at least one digit."), str.isdecimal),
    )

    def validate(self, password: str, user: User | None = None) -> None:
        missing = [
            ValidationError(sentence, code=code)
            for code, sentence, belongs in self.CLASSES
            if not any(map(belongs, password))
        ]
        if missing:
            raise ValidationError(missing)

    def get_help_text(self) -> str:
        return "Your password must contain an upper-case letter, a lower-case letter and a digit."


def length_faults(password: str) -> list[ErrorDetail]:
    """That a new password is too long, as sentence and code, or an empty list: to be asked before all other rules.

    Some of them compare it part by part with what is known of the user, which takes long for a long one.
    """
    validators = password_validation.get_default_password_validators()
    lengths = [each for each in validators if isinstance(each, MaximumLengthValidator)]
    return _faults(password, None, lengths)


def password_faults(password: str, user: User) -> list[ErrorDetail]:
    """Every rule that the user's new password breaks, as sentence and code; an empty list for a good one."""
    return length_faults(password) or _faults(password, user, None)


def _faults(password: str, user: User | None, validators: Sequence[Any] | None) -> list[ErrorDetail]:
    try:
        password_validation.validate_password(password, user, validators)
    except ValidationError as exc:
        return [ErrorDetail(_sentence(error), str(error.code)) for error in exc.error_list]
    return []


def _sentence(error: ValidationError) -> str:
    """What a rule of Django's or of ours says, in a sentence of ours."""
    match error.code:
        case "password_too_short" if error.params:
            return say_many("Use at least one character.", "Use at least {n} characters.", error.params["min_length"])
        case "password_too_long" if error.params:
            return too_long(error.params["max_length"])[0]
        case "password_too_common":
            return mark("This password is used by many people; choose another one.")
        case "password_too_similar":
            return mark("This is too similar to your e-mail address or your name; choose another one.")
    return str(error.messages[0])
