"""What people call the parts of a career, for sentences about faults in them (contract 1.3).

A label begins a sentence, which gives it a capital letter, or stands behind a comma.
"""

from profiles.models import COMPONENTS
from profiles_project.words.places import Field, Words
from profiles_project.words.sentences import Sentence, mark

_START = Field(mark("start date"), mark("The start date is missing."))
_NAME = Field(mark("name"), mark("The name is missing."))
_TITLE = Field(mark("title"), mark("The title is missing."))
_ADDRESS = Field(mark("web address"))
_IDS = Field(mark("selection"), mark("Nothing is selected."))


def _called(name: object) -> Sentence:
    return Sentence(str(name).replace("_", " "))


# A kind or a field that is new is called by its English name, until it has words below.
_NEW_ENTRIES = {model.plural: Sentence(f"{model._meta.verbose_name} {{n}}") for model in COMPONENTS}
_NEW_FIELDS = {name: Field(_called(name)) for model in COMPONENTS for name in (model.plural, *model.content_fields())}

WORDS = Words(
    entries={
        **_NEW_ENTRIES,
        "experiences": mark("experience {n}"),
        "education": mark("education {n}"),
        "projects": mark("project {n}"),
        "certifications": mark("certification {n}"),
        "languages": mark("language {n}"),
        "volunteering": mark("volunteering {n}"),
        "awards": mark("award {n}"),
        "publications": mark("publication {n}"),
        "interests": mark("interest {n}"),
        "references": mark("reference {n}"),
        "technical": mark("technical skill {n}"),
        "soft": mark("soft skill {n}"),
        "skills": mark("skill {n}"),
        "names": mark("skill {n}"),
        "details": mark("skill {n}"),
        "links": mark("link {n}"),
        "fields": mark("field {n}"),
        "keys": mark("field {n}"),
        "changes": mark("change {n}"),
        "items": mark("entry {n}"),
        "ids": mark("entry {n}"),
        "order": mark("entry {n}"),
        "achievements": mark("achievement {n}"),
        "technologies": mark("technology {n}"),
        "honors": mark("honor {n}"),
        "courses": mark("course {n}"),
        "highlights": mark("highlight {n}"),
        "roles": mark("role {n}"),
        "keywords": mark("keyword {n}"),
        **{f"{model.singular}_ids": mark("entry {n}") for model in COMPONENTS},
    },
    fields={
        **_NEW_FIELDS,
        # The profile itself.
        "id": Field(mark("id"), mark("The id is missing.")),
        "label": Field(mark("name of the profile"), mark("The name of the profile is missing.")),
        "personal_info": Field(mark("personal information"), mark("The personal information is missing.")),
        "phone": Field(mark("phone number")),
        "location": Field(mark("place")),
        "linkedin": Field(mark("LinkedIn address")),
        "github": Field(mark("GitHub address")),
        "website": Field(mark("website")),
        "headline": Field(mark("headline")),
        "image": Field(mark("address of the picture")),
        "address": Field(mark("street address")),
        "postal_code": Field(mark("postal code")),
        "city": Field(mark("city")),
        "region": Field(mark("region")),
        "country_code": Field(mark("country")),
        "links": Field(mark("links")),
        "network": Field(mark("network"), mark("The name of the network is missing.")),
        "username": Field(mark("user name")),
        "url": _ADDRESS,
        "professional_summary": Field(mark("summary")),
        "enhanced_professional_summary": Field(mark("improved summary")),
        "extra": Field(mark("additional information")),
        # Skills and custom fields.
        "skills": Field(mark("skills"), mark("The skills are missing.")),
        "technical": Field(mark("technical skills")),
        "soft": Field(mark("soft skills")),
        "names": Field(mark("skills"), mark("The skills are missing.")),
        "details": Field(mark("details of skills")),
        "level": Field(mark("level")),
        "keywords": Field(mark("keywords")),
        "custom_fields": Field(mark("custom fields")),
        "fields": Field(mark("custom fields"), mark("The fields are missing.")),
        "key": Field(mark("name of the field"), mark("The name of the field is missing.")),
        "value": Field(mark("value"), mark("The value is missing.")),
        "keys": Field(mark("names of the fields"), mark("No field is named.")),
        # Lists of items.
        "experiences": Field(mark("experiences")),
        "education": Field(mark("education")),
        "projects": Field(mark("projects")),
        "certifications": Field(mark("certifications")),
        "languages": Field(mark("languages")),
        "volunteering": Field(mark("volunteering")),
        "awards": Field(mark("awards")),
        "publications": Field(mark("publications")),
        "interests": Field(mark("interests")),
        "references": Field(mark("references")),
        # As JSON Resume calls them.
        "work": Field(mark("experiences")),
        "volunteer": Field(mark("volunteering")),
        "certificates": Field(mark("certifications")),
        # Items.
        "title": _TITLE,
        "experiences.title": Field(mark("job title"), mark("The job title is missing.")),
        "company": Field(mark("company"), mark("The company is missing.")),
        "start_date": _START,
        "end_date": Field(mark("end date"), mark("The end date is missing.")),
        "is_current": Field(mark("still going on")),
        "is_ongoing": Field(mark("still going on")),
        "is_visible": Field(mark("visible")),
        "description": Field(mark("description"), mark("The description is missing.")),
        "enhanced_description": Field(mark("improved description")),
        "achievements": Field(mark("achievements")),
        "technologies": Field(mark("technologies")),
        "employment_type": Field(mark("employment type")),
        "industry": Field(mark("industry")),
        "company_description": Field(mark("description of the company")),
        "institution": Field(mark("institution"), mark("The institution is missing.")),
        "degree": Field(mark("degree"), mark("The degree is missing.")),
        "field_of_study": Field(mark("field of study"), mark("The field of study is missing.")),
        "gpa": Field(mark("GPA")),
        "score": Field(mark("grade")),
        "honors": Field(mark("honors")),
        "courses": Field(mark("courses")),
        "name": _NAME,
        "languages.name": Field(mark("name"), mark("The name of the language is missing.")),
        "highlights": Field(mark("highlights")),
        "roles": Field(mark("roles")),
        "entity": Field(mark("organization")),
        "type": Field(mark("kind of project")),
        "repository_url": Field(mark("address of the code")),
        "issuer": Field(mark("issuer"), mark("The issuer is missing.")),
        "date_obtained": Field(mark("date of issue"), mark("The date of issue is missing.")),
        "expiry_date": Field(mark("expiry date")),
        "credential_id": Field(mark("certificate number")),
        "proficiency": Field(mark("level"), mark("The level is missing.")),
        "organization": Field(mark("organization"), mark("The organization is missing.")),
        "role": Field(mark("role")),
        "summary": Field(mark("summary")),
        "date": Field(mark("date")),
        "awarder": Field(mark("awarded by")),
        "publisher": Field(mark("publisher")),
        "release_date": Field(mark("date of publication")),
        "reference": Field(mark("text of the reference")),
        # What else requests say.
        "kind": Field(mark("kind"), mark("The kind is missing.")),
        "changes": Field(mark("changes"), mark("The changes are missing.")),
        "base": Field(mark("version"), mark("The version is missing.")),
        "version": Field(mark("version"), mark("The version is missing.")),
        "set": Field(mark("new values")),
        "delete": Field(mark("deletion")),
        "order": Field(mark("order")),
        "resolve": Field(mark("decision")),
        "items": Field(mark("selection"), mark("Nothing is selected.")),
        "ids": _IDS,
        **{f"{model.singular}_ids": _IDS for model in COMPONENTS},
        # In the query.
        "dry_run": Field(mark("trial run")),
        "include": Field(mark("parts to be shown")),
        "against": Field(mark("version to compare with")),
        "format": Field(mark("format")),
        "lang": Field(mark("language")),
        "limit": Field(mark("entries per page")),
        "offset": Field(mark("entries to skip")),
        "into": Field(mark("profile")),
        "mode": Field(mark("import mode")),
        "person": Field(mark("person")),
        "since": Field(mark("state")),
    },
    choices={
        "native": mark("native"),
        "fluent": mark("fluent"),
        "conversational": mark("conversational"),
        "basic": mark("basic"),
        "technical": mark("technical"),
        "soft": mark("soft"),
        # Words of requests, which no person chooses.
        **{
            word: word
            for word in (
                *("true", "false", "json", "markdown", "html", "text", "docx", "pdf"),
                *("merge", "replace", "same", "other"),
            )
        },
    },
    maps={"custom_fields": mark("field «{name}»"), "details": mark("skill «{name}»")},
    holders=frozenset({"personal_info", "set"}),
)

# What is said where one of a kind is not there (`Missing.of`).
NOT_FOUND = (
    mark("Profile not found."),
    mark("Experience not found."),
    mark("Education not found."),
    mark("Project not found."),
    mark("Certification not found."),
    mark("Language not found."),
    mark("Volunteering not found."),
    mark("Award not found."),
    mark("Publication not found."),
    mark("Interest not found."),
    mark("Reference not found."),
    mark("Skill not found."),
    mark("Custom field not found."),
    mark("Job not found."),
    mark("Session not found."),
)
