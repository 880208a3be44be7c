"""Europass: the old CV (SkillsPassport, in XML or JSON, versions 3.0 to 3.4) and the new one (Candidate, in XML).

The XML of the old CV becomes the shape of its JSON first: lists without their wrapping elements, attributes as members.
"""

import re
from collections.abc import Mapping
from typing import Any

from profiles.portability.formats.translating import (
    Draft,
    Step,
    Translation,
    Translator,
    drop,
    entry,
    full_name,
    listed,
    move,
    pruned,
    text,
)
from profiles.portability.formats.xml_text import ATTRIBUTE, TEXT
from profiles.portability.json_resume.mapping import is_empty
from profiles_project.words.sentences import mark, say

_WHOLE = mark("The document")
_TOP_LOOKS = ("PrintingPreferences", "DocumentInfo", "Locale", "CoverLetter")
_FILES = mark("Attached files and photos are not read; please add them where you need them.")
_COUNTRY = mark("Country: «{text}» is written as {value}, as ISO 3166 has it.")
# The two countries for which the European Union has letters of its own.
_COUNTRIES = {"UK": "GB", "EL": "GR"}
_DIGITS = re.compile(r"[0-9]+")
# Of the headline: what is a summary rather than a line below the name.
_STATEMENT = "personal_statement"
# Longer descriptions of an achievement are more than its name.
_LONGEST_NAME = 150
_ACHIEVEMENTS = {
    "publications": ("publications", "name"),
    "honors_awards": ("awards", "title"),
    "certifications": ("certificates", "name"),
    "projects": ("projects", "name"),
}
# Descriptions of skills in sentences, and what they are called where they stand as a list of their own.
_SKILLS = {
    "Communication": "Communication skills",
    "Organisational": "Organisational skills",
    "JobRelated": "Job-related skills",
    "Computer": "Digital skills",
    "Other": "Other skills",
}


def like_json(value: Any) -> Any:
    """An element of the old CV's XML in the shape of its JSON."""
    if isinstance(value, list):
        return [like_json(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    made: dict[str, Any] = {}
    for name, each in value.items():
        inner = name.removesuffix("List")
        if name.startswith(ATTRIBUTE):
            bare = name.removeprefix(ATTRIBUTE)
            made[bare if bare == "idref" else bare.capitalize()] = each
        elif inner != name and isinstance(each, Mapping) and set(each) == {inner}:
            made[inner] = listed(like_json(each[inner]))
        else:
            made[name] = like_json(each)
    return made


def date_of(raw: Any) -> Any:
    """A date whose parts stand apart as one text; what has no year is left as it is."""
    if not isinstance(raw, Mapping):
        return raw
    numbers = [_number(raw.get(name)) for name in ("Year", "Month", "Day")]
    if not numbers[0]:
        return dict(raw)
    known = [f"{numbers[0]:04}"]
    for number in numbers[1:]:
        if not number:
            break
        known.append(f"{number:02}")
    return "-".join(known)


def _number(raw: Any) -> int:
    """A part of a date: a number, or in XML a text such as «--03»."""
    found = _DIGITS.search(str(raw)) if isinstance(raw, int | str) and not isinstance(raw, bool) else None
    return int(found[0]) if found and len(found[0]) <= len("2024") else 0


def _period(draft: Draft) -> None:
    for path, key in (("Period.From", "startDate"), ("Period.To", "endDate")):
        draft.put(key, date_of(draft.take(path)))
    current = draft.take("Period.Current")
    if current in (True, "true") and "endDate" not in draft.made:
        draft.made["isCurrent"] = True
    elif draft.section == "work" and "endDate" not in draft.made and current in (False, "false"):
        draft.made["isCurrent"] = False


def _place(path: str, key: str) -> Step:
    """Takes over the town and the country of an address as one line, and leaves the rest of it."""

    def take(draft: Draft) -> None:
        names = [draft.take(f"{path}.Municipality"), draft.take(f"{path}.Country.Label")]
        if not is_empty(names[1]):
            draft.take(f"{path}.Country.Code")
        line = ", ".join(name for name in names if isinstance(name, str) and name.strip())
        draft.put(key, line)

    return take


def _labelled(path: str, key: str) -> Step:
    """Takes over what something is called; its code then says no more."""

    def take(draft: Draft) -> None:
        label = draft.take(f"{path}.Label")
        if not is_empty(label):
            draft.take(f"{path}.Code")
            draft.put(key, label)

    return take


_WORK: tuple[Step, ...] = (
    _period,
    move("Position.Label", "position"),
    move("Employer.Name", "name"),
    _place("Employer.ContactInfo.Address.Contact", "location"),
    move("Employer.ContactInfo.Website.Contact", "url"),
    _labelled("Employer.Sector", "industry"),
    text("Activities", "summary"),
    drop("Documentation", "ReferenceTo"),
)
_EDUCATION: tuple[Step, ...] = (
    _period,
    move("Title", "studyType"),
    move("Organisation.Name", "institution"),
    move("Organisation.ContactInfo.Website.Contact", "url"),
    _place("Organisation.ContactInfo.Address.Contact", "location"),
    _labelled("Field", "area"),
    text("Activities", "description"),
    drop("Documentation", "ReferenceTo"),
)


def is_passport(document: Any) -> bool:
    """Whether a document is the JSON of the old CV."""
    return isinstance(document, Mapping) and isinstance(document.get("SkillsPassport"), Mapping)


def read_passport(passport: Mapping[str, Any]) -> Translation:
    """The old CV as JSON Resume."""
    out = Translator("europass")
    top = Draft(out, "", passport, _WHOLE)
    learner = Draft(out, "", _object(top.take("LearnerInfo")), "LearnerInfo")
    _read_person(out, learner)
    out.items("work", learner.take("WorkExperience"), "WorkExperience", _WORK)
    out.items("education", learner.take("Education"), "Education", _EDUCATION)
    skills = Draft(out, "", _object(learner.take("Skills")), "Skills")
    _read_languages(out, skills)
    _read_skills(out, skills)
    _read_achievements(out, listed(learner.take("Achievement")))
    learner.drop("ReferenceTo")
    for draft in (learner, top):
        for name in ("Attachment", "Attachments"):
            if not is_empty(pruned(draft.take(name))):
                out.note(name, "refused", _FILES)
    top.drop(*_TOP_LOOKS)
    for name, left in (("Skills", skills.left), ("LearnerInfo", learner.left)):
        out.rest({name: left})
    out.rest(top.left)
    return out.result(_WHOLE)


def _object(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {} if is_empty(raw) else {TEXT: raw}


def _read_person(out: Translator, learner: Draft) -> None:
    draft = Draft(out, "basics", _object(learner.take("Identification")), "Identification")
    draft.put("name", full_name(draft.take("PersonName.FirstName"), draft.take("PersonName.Surname")))
    draft.put("email", draft.take("ContactInfo.Email.Contact"))
    for path, key in (("ContactInfo.Telephone", "phone"), ("ContactInfo.Website", "url")):
        first, *others = listed(draft.take(path)) or [None]
        draft.put(key, first.get("Contact") if isinstance(first, Mapping) else first)
        kept = {name: value for name, value in first.items() if name != "Contact"} if isinstance(first, Mapping) else {}
        if rest := pruned([kept, *others]):
            draft.give_back(path.rpartition(".")[2], rest)
    renamed = (("AddressLine", "address"), ("PostalCode", "postalCode"), ("Municipality", "city"))
    place = {key: draft.take(f"ContactInfo.Address.Contact.{path}") for path, key in renamed}
    code = draft.take("ContactInfo.Address.Contact.Country.Code")
    if not is_empty(code):
        # What it is called says no more.
        draft.take("ContactInfo.Address.Contact.Country.Label")
    if isinstance(code, str) and code in _COUNTRIES:
        draft.tell("changed", say(_COUNTRY, text=code, value=_COUNTRIES[code]))
        code = _COUNTRIES[code]
    draft.put("location", pruned({**place, "countryCode": code}))
    if "Photo" in draft.left and not is_empty(pruned(draft.take("Photo"))):
        out.note("Photo", "refused", _FILES)
    birth = draft.take("Demographics.Birthdate")
    if not is_empty(birth):
        draft.give_back("birthDate", date_of(birth))
    _read_headline(draft, learner.take("Headline"))
    out.basics(draft)


def _read_headline(draft: Draft, raw: Any) -> None:
    headline = Draft(draft.out, "", _object(raw), "Headline")
    kind = headline.take("Type.Code")
    key = "summary" if kind == _STATEMENT else "label"
    headline.text("Description.Label", key)
    # What the kind is called says no more than its code.
    headline.take("Type.Label")
    if not is_empty(kind) and kind != _STATEMENT:
        headline.give_back("type", kind)
    made = headline.finish()
    draft.put(key, made.pop(key, None))
    if made:
        draft.give_back("headline", made)


def _read_languages(out: Translator, skills: Draft) -> None:
    mothers = listed(skills.take("Linguistic.MotherTongue"))
    for number, each in enumerate(mothers, 1):
        place = entry("MotherTongue", number)
        draft = Draft(out, "languages", _object(each), place)
        _read_name(draft)
        draft.put("fluency", "Native")
        out.add("languages", draft.finish(), place)
    for number, each in enumerate(listed(skills.take("Linguistic.ForeignLanguage")), 1):
        place = entry("ForeignLanguage", number)
        draft = Draft(out, "languages", _object(each), place)
        _read_name(draft)
        levels = draft.left.get("ProficiencyLevel")
        if isinstance(levels, Mapping):
            # How one speaks with others says most; all five are kept.
            draft.put("fluency", levels.get("SpokenInteraction") or next(iter(levels.values()), None))
        out.add("languages", draft.finish(), place)


def _read_name(draft: Draft) -> None:
    """Takes over what a language is called, or its code where that is all."""
    label, code = draft.take("Description.Label"), draft.take("Description.Code")
    draft.put("language", code if is_empty(label) else label)


def _read_skills(out: Translator, skills: Draft) -> None:
    for name, heading in _SKILLS.items():
        raw = skills.take(name)
        if is_empty(raw):
            continue
        draft = Draft(out, "", _object(raw), name).follow((text("Description", "summary"),))
        draft.drop("ReferenceTo", "Documentation")
        out.custom(heading, [draft.finish()], name)
    driving = Draft(out, "", _object(skills.take("Driving")), "Driving")
    licences = driving.take("Description")
    inner = licences.get("Licence", licences) if isinstance(licences, Mapping) else licences
    names = [each.get("Licence", each) if isinstance(each, Mapping) else each for each in listed(inner)]
    if not is_empty(pruned(names)):
        driving.drop("ReferenceTo", "Documentation")
        out.custom("Driving licence", [*names, *([driving.left] if pruned(driving.left) else [])], "Driving")
    elif pruned(driving.left):
        skills.left["Driving"] = driving.left


def _read_achievements(out: Translator, raw: list[Any]) -> None:
    others: dict[str, list[Any]] = {}
    for number, each in enumerate(raw, 1):
        place = entry("Achievement", number)
        draft = Draft(out, "", _object(each), place)
        code, label = draft.take("Title.Code"), draft.take("Title.Label")
        draft.text("Description", "summary")
        draft.drop("ReferenceTo", "Documentation")
        told = draft.made.get("summary")
        if code == "references":
            # What others say, or who they are, is for those alone who are asked for it.
            made = draft.finish()
            text = made.pop("summary", None)
            out.add("references", {**({} if is_empty(text) else {"reference": text}), **made}, place)
            continue
        section, key = _ACHIEVEMENTS.get(str(code), ("", ""))
        if section and isinstance(told, str) and len(told) <= _LONGEST_NAME and "\n" not in told:
            made = draft.finish()
            out.add(section, {key: made.pop("summary"), **made}, place)
            continue
        heading = next((name for name in (label, code) if isinstance(name, str) and name.strip()), "Achievements")
        others.setdefault(heading, []).append(draft.finish())
    for heading, items in others.items():
        out.custom(heading, items, heading)
