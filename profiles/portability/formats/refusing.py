"""Why a document is refused as a whole, whatever its format."""

from profiles_project.words.sentences import Sentence, mark


class Refused(ValueError):
    """Nothing of it can be read: `code` for programs; the text is one sentence for a person."""

    def __init__(self, code: str, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.code = code


TOO_DEEP = mark("The document is nested more than {n} levels deep.")
TOO_MANY_IN_ONE = mark("A list or a part of the document has more than {n} entries; no CV has that many.")
TOO_MANY = mark("The document has more than {n} parts; no CV has that many.")
