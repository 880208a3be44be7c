"""All types of problems that an answer may have: each has its page at /problems/{slug} (contract 1.3)."""

from collections.abc import Mapping
from dataclasses import dataclass

from profiles_project.api.errors import BY_STATUS, TYPE_BASE, Problem
from profiles_project.words.wording import ENGLISH, worded_in


@dataclass(frozen=True)
class ProblemType:
    """A type by the last part of its address, with its title, the statuses that it comes with, and its sentence.

    `sentence` is English, and empty where the sentence depends on what happened.
    """

    slug: str
    title: str
    statuses: tuple[int, ...]
    sentence: str = ""

    @property
    def identifier(self) -> str:
        """What `type` says."""
        return TYPE_BASE + self.slug


def problem_types() -> Mapping[str, ProblemType]:
    """All types by their slugs, in the order of their statuses. A type that two classes have has both statuses."""
    found = {
        slug: ProblemType(slug, title, (status,), worded_in(ENGLISH, text))
        for status, (slug, title, text) in BY_STATUS.items()
    }
    for problem in sorted(below(Problem), key=lambda each: each.__name__):
        for slug in [problem.slug] if problem.slug else problem.slugs:
            known = found.get(slug)
            title, text = (
                (known.title, known.sentence) if known else (problem.title or "", problem.default_detail or "")
            )
            statuses = {problem.status_code, *(known.statuses if known else ())}
            found[slug] = ProblemType(slug, title, tuple(sorted(statuses)), worded_in(ENGLISH, str(text)))
    return dict(sorted(found.items(), key=lambda item: (item[1].statuses, item[0])))


def below(problem: type[Problem]) -> set[type[Problem]]:
    """All classes that derive from this one."""
    return {each for child in problem.__subclasses__() for each in (child, *below(child))}
