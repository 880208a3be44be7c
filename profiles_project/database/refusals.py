"""What models and their managers refuse, who know nothing of HTTP: `api/errors.py` says what each means to a client."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Self

from django.db.models import Model

from profiles_project.words.sentences import Sentence, mark


class Refusal(Exception):
    """A rule that stands in the way of what was asked for.

    Its sentence is for people, empty for the usual one; `pk` is the id that it is about, where clients can't know it.
    """

    def __init__(self, sentence: str = "", pk: uuid.UUID | str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.pk = pk


class Missing(Refusal):
    """What it is about is not there, or not there any more."""

    @classmethod
    def of(cls, model: type[Model]) -> Self:
        """There is none of this kind, which is named: «Profile not found.» for a profile."""
        return cls(Sentence(f"{str(model._meta.verbose_name).capitalize()} not found."))


class Forgotten(Refusal):
    """What it is about was there once, and is no longer kept."""


class Expired(Refusal):
    """What a client has seen is so old that nobody knows any more what was deleted since."""


class Taken(Refusal):
    """An identifier that belongs to something else already."""

    @classmethod
    def of(cls, pk: uuid.UUID | str) -> Self:
        """The refusal of an id that was chosen for something new."""
        return cls(mark("This id is taken already; choose another, or send none."), pk)


class InTrash(Taken):
    """An identifier that belongs to something in the asker's own trash: `pk`."""

    def __init__(self, pk: uuid.UUID) -> None:
        super().__init__(mark("This profile is in your trash; take it out of there, or delete it for good first."), pk)


class Stale(Refusal):
    """What it is about has changed: `version` is the current one, `about` the row as it is now.

    Where a part of it was to be changed, `current` is that part as clients see it now; None where it is gone.
    """

    def __init__(
        self, version: int, about: Any, *, sentence: str = "", current: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(sentence)
        self.version = version
        self.about = about
        self.current = current


class LimitPassed(Refusal):
    """There would be more than there may be: `sentences`, one for each limit."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__(sentences[0])
        self.sentences = sentences
