"""The new Europass CV in XML (Candidate), as its PDFs have it attached: HR-XML with members of Europass's own."""

from collections.abc import Mapping
from typing import Any

from profiles.portability.formats.language_names import language_name
from profiles.portability.formats.translating import (
    READ_AS,
    Draft,
    Step,
    Translation,
    Translator,
    entry,
    full_name,
    listed,
    move,
    pruned,
    text,
)
from profiles.portability.formats.xml_text import ATTRIBUTE, TEXT
from profiles.portability.json_resume.mapping import is_empty
from profiles_project.texts import shown
from profiles_project.words.sentences import mark, say

_WHOLE = mark("The document")
_FILES = mark("Attached files and photos are not read; please add them where you need them.")
_TOP_LOOKS = ("RenderingInformation", "DocumentID", "CandidateSupplier")
_INTERACTION = "CEF-Speaking-Interaction"


def _plain(value: Any) -> Any:
    """The text of an element that has attributes beside it."""
    return value[TEXT] if isinstance(value, Mapping) and TEXT in value else value


def _moved(path: str, key: str) -> Step:
    """Takes an element over; its attributes, such as where its code is from, stay."""

    def take(draft: Draft) -> None:
        value = draft.take(path)
        draft.put(key, _plain(value))
        if isinstance(value, dict) and TEXT in value:
            draft.give_back(path.rpartition(".")[2], {name: each for name, each in value.items() if name != TEXT})

    return take


def _period(path: str) -> Step:
    """Takes a period over; its dates are ISO 8601."""

    def take(draft: Draft) -> None:
        for name, key in (("StartDate", "startDate"), ("EndDate", "endDate")):
            draft.put(key, _plain(draft.take(f"{path}.{name}.FormattedDateTime")))
        is_current = [draft.take(f"{path}.{name}") for name in ("CurrentIndicator", "Ongoing")]
        if "true" in is_current and "endDate" not in draft.made:
            draft.made["isCurrent"] = True
        elif draft.section == "work" and "endDate" not in draft.made and "false" in is_current:
            draft.made["isCurrent"] = False

    return take


def _contact(draft: Draft) -> None:
    """Takes the address on the web out of an organisation's contacts."""
    left = []
    for each in listed(draft.take("OrganizationContact.Communication")):
        is_web = isinstance(each, Mapping) and each.get("ChannelCode") == "Web"
        if is_web and "url" not in draft.made and isinstance(each.get("URI"), str):
            draft.put("url", each["URI"])
        else:
            left.append(each)
    if left:
        draft.give_back("contact", left)


_EDUCATION: tuple[Step, ...] = (
    _moved("OrganizationName", "institution"),
    _moved("EducationDegree.DegreeName", "studyType"),
    _moved("EducationDegree.FinalGrade.ScoreText", "score"),
    text("EducationDegree.OccupationalSkillsCovered", "description"),
    _period("AttendancePeriod"),
    _contact,
)
_OTHER: tuple[Step, ...] = (_moved("Title", "title"), _period("Date"), text("Description", "summary"))


def read(candidate: Mapping[str, Any]) -> Translation:
    """The document as JSON Resume."""
    out = Translator("europass")
    top = Draft(out, "", candidate, _WHOLE)
    profile = Draft(out, "", _first(top, "CandidateProfile"), "CandidateProfile")
    mothers = _read_person(out, _first(top, "CandidatePerson"), profile)
    _read_work(out, listed(profile.take("EmploymentHistory.EmployerHistory")))
    raw = profile.take("EducationHistory.EducationOrganizationAttendance")
    out.items("education", raw, "EducationHistory", _EDUCATION)
    _read_languages(out, profile, mothers, str(profile.take(ATTRIBUTE + "languageCode")))
    _read_lists(out, profile)
    if not is_empty(pruned(profile.take("Attachment"))):
        out.note("Attachment", "refused", _FILES)
    profile.take("ID")
    top.drop(*_TOP_LOOKS)
    out.rest(profile.left)
    out.rest(top.left)
    return out.result(_WHOLE)


def _first(draft: Draft, name: str) -> Mapping[str, Any]:
    """The member, the first where there are several; the others stay."""
    first, *others = listed(draft.take(name)) or [{}]
    if others:
        draft.give_back(name, others)
    return first if isinstance(first, Mapping) else {TEXT: first}


def _read_person(out: Translator, raw: Mapping[str, Any], profile: Draft) -> list[Any]:
    """Reads who it is, and returns the mother tongues."""
    draft = Draft(out, "basics", raw, "CandidatePerson")
    names = (listed(draft.take(f"PersonName.{name}")) for name in ("GivenName", "FamilyName"))
    given, family = ([_plain(part) for part in parts] for parts in names)
    draft.put("name", full_name(given, family))
    draft.put_text("summary", _plain(profile.take("ExecutiveSummary")), "ExecutiveSummary")
    left = []
    for number, each in enumerate(listed(draft.take("Communication")), 1):
        rest = (
            _read_communication(out, draft, each, entry("Communication", number)) if isinstance(each, Mapping) else each
        )
        if not is_empty(rest):
            left.append(rest)
    if left:
        draft.give_back("communication", left)
    mothers = listed(draft.take("PrimaryLanguageCode"))
    birth = draft.take("BirthDate")
    if not is_empty(birth):
        draft.give_back("birthDate", _plain(birth))
    out.basics(draft)
    return mothers


def _read_communication(out: Translator, draft: Draft, raw: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """Takes one way to reach the person over; returns what is left of it, such as «home» or «business»."""
    channel, uri = raw.get("ChannelCode"), raw.get("URI")
    if channel == "Email" and isinstance(uri, str) and "email" not in draft.made:
        draft.put("email", uri)
        taken = ["URI"]
    elif channel == "Web" and isinstance(uri, str) and "url" not in draft.made:
        draft.put("url", uri)
        taken = ["URI"]
    elif channel == "Telephone" and isinstance(raw.get("DialNumber"), str) and "phone" not in draft.made:
        taken = [name for name in _NUMBER if isinstance(raw.get(name), str) and raw[name]]
        draft.put("phone", " ".join("+" * (name == "CountryDialing") + raw[name] for name in taken))
    elif channel == "Social Media" and isinstance(uri, str):
        taken = ["URI", "OtherTitle" if raw.get("OtherTitle") else "UseCode"]
        out.link(Draft(out, "profiles", {"network": raw.get(taken[1]), "url": uri}, place).follow(_LINK))
    elif isinstance(raw.get("Address"), Mapping) and "location" not in draft.made:
        _read_address(draft, raw["Address"])
        taken = ["Address"]
    else:
        return raw
    left = {name: value for name, value in raw.items() if name not in taken}
    return left if pruned({**left, "ChannelCode": None}) else {}


# The parts of a telephone number, in their order.
_NUMBER = ("CountryDialing", "AreaDialing", "DialNumber")
_LINK: tuple[Step, ...] = (move("network", "network"), move("url", "url"))


def _read_address(draft: Draft, raw: Mapping[str, Any]) -> None:
    lines = [line for line in map(_plain, listed(raw.get("AddressLine"))) if isinstance(line, str)]
    country = _plain(raw.get("CountryCode"))
    place = {
        "address": ", ".join(lines),
        "postalCode": _plain(raw.get("PostalCode")),
        "city": _plain(raw.get("CityName")),
        "countryCode": country.upper() if isinstance(country, str) else country,
    }
    draft.put("location", pruned(place))
    known = {"AddressLine", "CountryCode", "PostalCode", "CityName"}
    if rest := {name: value for name, value in raw.items() if name not in known}:
        draft.give_back("address", rest)


def _read_work(out: Translator, employers: list[Any]) -> None:
    for number, each in enumerate(employers, 1):
        place = entry("EmploymentHistory", number)
        if not isinstance(each, Mapping):
            out.add("work", each, place)
            continue
        job = Draft(out, "work", each, place).follow((_moved("OrganizationName", "name"), _contact))
        positions = listed(job.take("PositionHistory"))
        made = [_position(out, position, place) for position in positions]
        if len(made) > 1:
            job.put("positions", made)
            out.add("work", job.finish(), place)
        else:
            out.add("work", {**job.finish(), **(made[0] if made else {})}, place)


def _position(out: Translator, raw: Any, place: str) -> dict[str, Any]:
    draft = Draft(out, "work", raw if isinstance(raw, Mapping) else {TEXT: raw}, place).follow(
        (_moved("PositionTitle", "position"), _period("EmploymentPeriod"), text("Description", "summary"))
    )
    town, country = _plain(draft.take("City")), _plain(draft.take("Country"))
    line = [town, country.upper() if isinstance(country, str) else None]
    draft.put("location", ", ".join(name for name in line if isinstance(name, str) and name))
    return draft.finish()


def _read_languages(out: Translator, profile: Draft, mothers: list[Any], written: str) -> None:
    for number, each in enumerate(mothers, 1):
        place = entry("PrimaryLanguageCode", number)
        out.add("languages", {"language": _language(out, _plain(each), written, place), "fluency": "Native"}, place)
    left = []
    for number, each in enumerate(listed(profile.take("PersonQualifications.PersonCompetency")), 1):
        is_language = isinstance(each, Mapping) and _plain(each.get("TaxonomyID")) == "language"
        if not is_language or not isinstance(code := _plain(each.get("CompetencyID")), str):
            left.append(each)
            continue
        place = entry("PersonQualifications", number)
        levels = {}
        for dimension in listed(each.get("CompetencyDimension")):
            if isinstance(dimension, Mapping) and isinstance(score := dimension.get("Score"), Mapping):
                levels[str(_plain(dimension.get("CompetencyDimensionTypeCode")))] = _plain(score.get("ScoreText"))
        draft = Draft(out, "languages", {"levels": levels}, place)
        draft.put("language", _language(out, code, written, place))
        draft.put("fluency", levels.get(_INTERACTION) or next(iter(levels.values()), None))
        rest = {n: v for n, v in each.items() if n not in {"TaxonomyID", "CompetencyID", "CompetencyDimension"}}
        draft.left |= rest
        out.add("languages", draft.finish(), place)
    if left:
        profile.give_back("PersonQualifications", left)


def _language(out: Translator, code: Any, written: str, place: str) -> Any:
    """What a language is called in that which the CV is written in; what is no code that is known stays as it came."""
    name = isinstance(code, str) and language_name(code, written)
    if not name:
        return code
    out.note(place, "changed", say(READ_AS, name="language", text=code, value=name))
    return name


def _read_lists(out: Translator, profile: Draft) -> None:
    """The lists of other titles, and conferences."""
    lists = [("ConferencesAndSeminars", "ConferenceAndSeminar", profile.take("ConferencesAndSeminars"))]
    lists += [("", "Other", each) for each in listed(profile.take("Others"))]
    for heading, name, raw in lists:
        if not isinstance(raw, Mapping):
            if not is_empty(raw):
                out.rest({heading or "Others": raw})
            continue
        holder = Draft(out, "", raw, heading or name)
        title = _plain(holder.take("Title"))
        said = title if isinstance(title, str) and title else "Conferences and seminars" if heading else "Other"
        items = [
            Draft(out, "", each, entry(said, number)).follow(_OTHER).finish() if isinstance(each, Mapping) else each
            for number, each in enumerate(listed(holder.take(name)), 1)
        ]
        if items:
            out.custom(said, items, shown(said))
        out.rest({said + " (Europass)": holder.left} if pruned(holder.left) else {})
