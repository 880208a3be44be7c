"""What is said of an archive: the places in it, and notes on what isn't in the document or is in another form."""

from typing import Any, NamedTuple

from profiles_project.words.sentences import Sentence, say

Item = dict[str, Any]


class Place(NamedTuple):
    """A row of a file."""

    file: str
    row: int

    @property
    def said(self) -> Sentence:
        """What a person calls it."""
        return say("{file}, row {row}", file=self.file, row=str(self.row))


class Note(NamedTuple):
    """What of the archive isn't in the document, or is in another form.

    `place` as in `Archive.places`, or a file's name; `outcome` is changed (read, in another form), kept_aside (under a
    key that JSON Resume doesn't know) or refused (not read); `detail` is a sentence.
    """

    place: str
    outcome: str
    detail: str


def of_file(name: str) -> Sentence:
    """A file as a place. What it is called may be anything, and is said as it is."""
    return say("{file}", file=name)
