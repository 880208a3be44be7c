"""How complete a profile is, and what would make it more so: analytics (contract 5) made from the document alone.

A section scores 0 to 100; `overall` is the mean of the sections by the weights in SECTIONS. White space counts for
nothing: a text of blanks is missing, and an item of a list counts only when none of its required fields is blank.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from profiles.partial_dates import earliest, latest
from profiles_project.words.sentences import Sentence, mark, say

Document = Mapping[str, Any]

SUMMARY_LENGTH = 50
DAYS_PER_YEAR = 365.25

# The texts that contract 3.1 requires of an item. Its dates may be such that nobody knows.
REQUIRED = {
    "experiences": ("title", "company"),
    "education": ("institution", "degree", "field_of_study"),
    "projects": ("name", "description"),
    "languages": ("name", "proficiency"),
    "certifications": ("name", "issuer"),
}
PERSONAL_INFO_POINTS = {"full_name": 25, "email": 25, "phone": 25, "location": 25}
SKILL_POINTS = {"technical": 40, "soft": 30, "languages": 20, "certifications": 10}


def _filled(value: Any) -> bool:
    """Whether a value says something: zero and false do, blanks, null and empty containers don't."""
    return bool(value.strip()) if isinstance(value, str) else value not in (None, [], {})


def _counted(items: Iterable[Any], kind: str) -> list[Any]:
    """The items that count: of skills the texts that aren't blank, of a component those with all required fields."""
    if kind not in REQUIRED:
        return [item for item in items if _filled(item)]
    fields = REQUIRED[kind]
    return [item for item in items if all(_filled(item.get(field)) for field in fields)]


def _score_personal_info(document: Document) -> int:
    info = document["personal_info"]
    return sum(points for field, points in PERSONAL_INFO_POINTS.items() if _filled(info.get(field)))


def _score_summary(document: Document) -> int:
    """100 from SUMMARY_LENGTH characters, 50 for a shorter one, 0 for none.

    In steps, not in proportion: the gain of completing a summary never rounds to nothing, so 100 stays exact.
    """
    length = len((document["professional_summary"] or "").strip())
    return 100 if length >= SUMMARY_LENGTH else 50 if length else 0


def _score_items(document: Document, kind: str, points: int) -> int:
    return min(100, points * len(_counted(document[kind], kind)))


def _score_skills(document: Document) -> int:
    skills = document["skills"]
    return sum(points for kind, points in SKILL_POINTS.items() if _counted(skills[kind], kind))


def _score_custom_fields(document: Document) -> int:
    return min(100, 20 * sum(_filled(key) and _filled(value) for key, value in document["custom_fields"].items()))


class ScoredSection(NamedTuple):
    """A section's share of `overall`, in parts of all weights together, and the function that scores it 0 to 100."""

    weight: int
    score: Callable[[Document], int]


SECTIONS = {
    "personal_info": ScoredSection(20, _score_personal_info),
    "professional_summary": ScoredSection(15, _score_summary),
    "experiences": ScoredSection(25, partial(_score_items, kind="experiences", points=20)),
    "education": ScoredSection(15, partial(_score_items, kind="education", points=50)),
    "skills": ScoredSection(15, _score_skills),
    "projects": ScoredSection(10, partial(_score_items, kind="projects", points=25)),
    "custom_fields": ScoredSection(0, _score_custom_fields),
}


class Step(NamedTuple):
    """One thing that a person can do for a profile: where in the document, in words, and done by way of example.

    `actions` are what to do where nothing is there yet, where one thing is, and so on; the last one holds for more.
    """

    path: tuple[str, ...]
    actions: tuple[Sentence, ...]
    reason: Sentence
    example: Any

    @property
    def section(self) -> str:
        return self.path[0]

    def action(self, document: Document) -> Sentence:
        """What to do, given what is there."""
        there: Any = document
        for name in self.path:
            there = there.get(name)
        number = len(_counted(there, self.path[-1])) if isinstance(there, list) else int(_filled(there))
        return self.actions[min(number, len(self.actions) - 1)]

    def apply(self, document: Document) -> Document:
        """The document with the step done: the example appended to a list, or put in a text's place."""
        done: Document = _with(document, self.path, self.example)
        return done


# In the order in which steps of equal gain are shown. Custom fields have none, since they weigh nothing.
STEPS = (
    Step(
        ("personal_info", "full_name"),
        (mark("Add your full name"),),
        mark("so that employers know who you are"),
        "Ada Lovelace",
    ),
    Step(
        ("personal_info", "email"),
        (mark("Add an e-mail address"),),
        mark("so that employers can write to you"),
        "ada@example.org",
    ),
    Step(
        ("personal_info", "phone"),
        (mark("Add a phone number"),),
        mark("so that employers can call you"),
        "+44 20 7946 0000",
    ),
    Step(
        ("personal_info", "location"),
        (mark("Add your location"),),
        mark("since most jobs are bound to a place"),
        "London",
    ),
    Step(
        ("professional_summary",),
        (
            say("Write a summary of at least {n} characters", n=SUMMARY_LENGTH),
            say("Extend your summary to at least {n} characters", n=SUMMARY_LENGTH),
        ),
        mark("since employers read it first"),
        "Engineer who turns business questions into small, well tested services.",
    ),
    Step(
        ("experiences",),
        (mark("Add an experience"), mark("Add a second experience"), mark("Add another experience")),
        mark("to show what you have done and where"),
        {"title": "Engineer", "company": "Example Ltd", "start_date": "2019", "end_date": "2021"},
    ),
    Step(
        ("education",),
        (mark("Add an education"), mark("Add a second education")),
        mark("to show what you have learned and where"),
        {
            "institution": "University of London",
            "degree": "BSc",
            "field_of_study": "Mathematics",
            "start_date": "2016",
            "end_date": "2019",
        },
    ),
    Step(
        ("skills", "technical"),
        (mark("Add technical skills"),),
        mark("since employers search by them"),
        "Python",
    ),
    Step(
        ("skills", "soft"),
        (mark("Add soft skills"),),
        mark("to show how you work with others"),
        "Mentoring",
    ),
    Step(
        ("skills", "languages"),
        (mark("Add a language"),),
        mark("to show which languages you speak"),
        {"name": "English", "proficiency": "native"},
    ),
    Step(
        ("skills", "certifications"),
        (mark("Add a certification"),),
        mark("to prove what you know"),
        {"name": "Certified Engineer", "issuer": "Example Institute", "date_obtained": "2020-05"},
    ),
    Step(
        ("projects",),
        (mark("Add a project"), mark("Add a second project"), mark("Add another project")),
        mark("to show what you have built"),
        {"name": "Notes", "description": "A notebook that works off line.", "start_date": "2020"},
    ),
)


def analyse(document: Document, today: date) -> dict[str, Any]:
    """The analytics of a profile document (contract 3.1) on a day (UTC), without `profile_id`.

    A step is shown as long as it gains something; steps are sorted by gain, equal ones in the order of STEPS. What they
    say is still to be worded (`said`).
    """
    scores = {name: section.score(document) for name, section in SECTIONS.items()}
    gains = [(_gain(step, document, scores), step) for step in STEPS]
    useful = sorted(((gain, step) for gain, step in gains if gain > 0), key=lambda pair: -pair[0])
    actions = [step.action(document) for _, step in useful]
    return {
        "completeness": {"overall": _overall(scores), **scores},
        "statistics": _statistics(document, today),
        "recommendations": [
            say("{action} {reason}.", action=action, reason=step.reason)
            for action, (_, step) in zip(actions, useful, strict=True)
        ],
        "next_steps": [
            {"section": step.section, "action": action, "gain": gain}
            for action, (gain, step) in zip(actions, useful, strict=True)
        ],
    }


def said(analytics: Mapping[str, Any], word: Callable[[str], str]) -> dict[str, Any]:
    """The analytics with all that is said in them worded."""
    return {
        **analytics,
        "recommendations": [word(text) for text in analytics["recommendations"]],
        "next_steps": [{**step, "action": word(step["action"])} for step in analytics["next_steps"]],
    }


def _overall(scores: Mapping[str, int]) -> int:
    """The mean of the scores by weight, rounded half up, in integers alone.

    The smallest part that a section can lack is worth more than half a point, so 100 means that nothing is missing.
    """
    total = sum(section.weight * scores[name] for name, section in SECTIONS.items())
    weights = sum(section.weight for section in SECTIONS.values())
    return (2 * total + weights) // (2 * weights)


def _gain(step: Step, document: Document, scores: Mapping[str, int]) -> int:
    """By how much `overall` grows when the step is done: its section is scored again, no other one can change."""
    score = SECTIONS[step.section].score(step.apply(document))
    return _overall({**scores, step.section: score}) - _overall(scores)


def _with(value: Any, path: tuple[str, ...], example: Any) -> Any:
    if path:
        return {**value, path[0]: _with(value.get(path[0]), path[1:], example)}
    return [*value, example] if isinstance(value, list) else example


def _statistics(document: Document, today: date) -> dict[str, int | float]:
    skills = document["skills"]
    experiences = _counted(document["experiences"], "experiences")
    return {
        "total_experiences": len(experiences),
        "total_education": len(_counted(document["education"], "education")),
        "total_skills": sum(len(_counted(skills[kind], kind)) for kind in ("technical", "soft")),
        "total_projects": len(_counted(document["projects"], "projects")),
        "total_certifications": len(_counted(skills["certifications"], "certifications")),
        "total_languages": len(_counted(skills["languages"], "languages")),
        "years_of_experience": _years(experiences, today),
    }


def _years(experiences: Iterable[Document], today: date) -> float:
    """Years worked until today, to one decimal: each day from a job's earliest start to its latest end counts once.

    A current job lasts until today, one whose end nobody knows to the last day that its start may mean. A job whose
    start nobody knows counts for nothing, and so do days that are still to come.
    """
    jobs = sorted(
        (earliest(job["start_date"]).toordinal(), min(_last_day(job, today), today).toordinal() + 1)
        for job in experiences
        if job.get("start_date")
    )
    days = counted_until = 0
    for start, end in jobs:
        days += max(0, end - max(start, counted_until))
        counted_until = max(counted_until, end)
    return round(days / DAYS_PER_YEAR, 1)


def _last_day(job: Document, today: date) -> date:
    """The last day of a job that has a start, known or taken for it."""
    if job.get("is_current"):
        return today
    return latest(job.get("end_date") or job["start_date"])
