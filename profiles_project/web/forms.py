"""Forms of pages, whose texts pass the gate that those of the API pass (`texts`)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator

from profiles_project.texts import fault
from profiles_project.words.wording import worded

# Of a text whose field says nothing of its length, such as a password.
LONGEST = 1_000


def judge_text(text: str) -> None:
    """A validator of form fields: refuses marks in too long a row. `MaxLengthValidator` judges the length."""
    if found := fault(text, len(text)):
        sentence, code = found
        raise ValidationError(worded(sentence), code)


class JudgedForm(forms.BaseForm):
    """To be named before Django's class: every text of the form has a limit, and is judged before `clean` sees it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # What JSON holds is judged by the model's field.
            if isinstance(field, forms.CharField) and not isinstance(field, forms.JSONField):
                _judge(field)


def _judge(field: forms.CharField) -> None:
    # Django's own forms may set the limit later than they make the validators.
    if not any(isinstance(each, MaxLengthValidator) for each in field.validators):
        field.validators.append(MaxLengthValidator(field.max_length or LONGEST))
    field.validators.append(judge_text)
