"""The rules for passwords that Django doesn't bring (contract 2); the settings name all of them, once."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from rest_framework.exceptions import ErrorDetail

from users.models import User


class MaximumLengthValidator:
    """At most `max_length` characters."""

    def __init__(self, max_length: int = 128) -> None:
        self.max_length = max_length

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) > self.max_length:
            raise ValidationError(
                f"This password must contain at most {self.max_length} characters.", code="password_too_long"
            )

    def get_help_text(self) -> str:
        return f"Your password must contain at most {self.max_length} characters."


class CharacterClassesValidator:
    """An upper-case letter, a lower-case letter and a digit, of any script."""

    CLASSES: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
        ("password_no_upper", "an upper-case letter", str.isupper),
        ("password_no_lower", "a lower-case letter", str.islower),
        ("password_no_digit", "a digit", str.isdecimal),
    )

    def validate(self, password: str, user: User | None = None) -> None:
        missing = [
            ValidationError(f"This password must contain {name}.", code=code)
            for code, name, belongs in self.CLASSES
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
    if error.code == "password_too_short" and error.params:
        # Django says it in two.
        return f"This password must contain at least {error.params['min_length']} characters."
    return str(error.messages[0])
