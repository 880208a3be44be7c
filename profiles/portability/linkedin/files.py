"""Which file of LinkedIn's archive becomes which part of the document, and which column which key.

We know of no documentation by LinkedIn: the columns here are those of archives of the years 2018 to 2026. In whatever
language an archive is, its columns have their English names; its files may have names of that language.
"""

from dataclasses import dataclass
from functools import cached_property

from profiles.portability.csv_archives import bare_name


@dataclass(frozen=True)
class FileForm:
    """A file of the archive: the part of the document that it becomes, its columns, and other names that it has had.

    A file of an unknown name is one of this form where it has the columns in `signs`, and none that isn't in `columns`.
    """

    part: str
    columns: dict[str, str]
    signs: frozenset[str]
    other_names: tuple[str, ...] = ()

    @cached_property
    def keys(self) -> dict[str, str]:
        """The keys by the bare names of their columns."""
        return {bare_name(column): key for column, key in self.columns.items()}

    def has_columns(self, header: list[str]) -> bool:
        """Whether these names of columns say that a file is of this form."""
        names = {bare_name(cell) for cell in header} - {""}
        return {bare_name(sign) for sign in self.signs} <= names <= self.keys.keys()


# Columns of a period, which some files call otherwise in some years.
_PERIOD = {"Started On": "startDate", "Finished On": "endDate", "Start Date": "startDate", "End Date": "endDate"}
# In the order of the document. A part in BASICS is put together into `basics`, any other is a list of the document.
FILES = {
    "Profile": FileForm(
        "person",
        {
            "First Name": "firstName",
            "Last Name": "lastName",
            "Headline": "label",
            "Summary": "summary",
            "Address": "address",
            "Zip Code": "postalCode",
            "Geo Location": "display",
            "Twitter Handles": "twitterHandles",
            "Websites": "websites",
            # Of no key of JSON Resume: they keep the ones made of their names, and tell Profile.csv from another table.
            "Maiden Name": "maidenName",
            "Birth Date": "birthDate",
            "Industry": "industry",
            "Instant Messengers": "instantMessengers",
        },
        signs=frozenset(["First Name", "Last Name", "Headline"]),
    ),
    "Email Addresses": FileForm(
        "email",
        {"Email Address": "email", "Confirmed": "confirmed", "Primary": "primary", "Updated On": "updatedOn"},
        signs=frozenset(["Email Address", "Primary"]),
    ),
    "Phone Numbers": FileForm(
        "phone",
        {"Number": "phone", "Extension": "extension", "Type": "type"},
        signs=frozenset(["Number", "Extension", "Type"]),
    ),
    "Positions": FileForm(
        "work",
        {
            "Company Name": "name",
            "Title": "position",
            "Location": "location",
            **_PERIOD,
            "Description": "summary",
        },
        signs=frozenset(["Company Name", "Title"]),
    ),
    "Volunteering": FileForm(
        "volunteer",
        {
            "Company Name": "organization",
            "Organization": "organization",
            "Role": "position",
            "Cause": "cause",
            **_PERIOD,
            "Description": "summary",
        },
        signs=frozenset(["Company Name", "Role"]),
        other_names=(
            "Volunteer Experience",
            "Volunteer Experiences",
            "Volunteering Experience",
            "Volunteering Experiences",
        ),
    ),
    # Bodies that the person belongs to, and the office there: JSON Resume has no nearer place for them.
    "Organizations": FileForm(
        "volunteer",
        {
            "Name": "organization",
            "Position": "position",
            "Role": "position",
            **_PERIOD,
            "Description": "summary",
            "Associated With": "associatedWith",
        },
        signs=frozenset(["Name", "Position", "Started On"]),
    ),
    "Education": FileForm(
        "education",
        {
            "School Name": "institution",
            "Degree Name": "studyType",
            "Field Of Study": "area",
            **_PERIOD,
            "Notes": "description",
            "Activities": "activities",
        },
        signs=frozenset(["School Name"]),
    ),
    "Honors": FileForm(
        "awards",
        {"Title": "title", "Issued On": "date", "Issue Date": "date", "Issuer": "awarder", "Description": "summary"},
        signs=frozenset(["Title", "Description", "Issued On"]),
        other_names=("Honors and Awards",),
    ),
    "Certifications": FileForm(
        "certificates",
        {
            "Name": "name",
            "Authority": "issuer",
            "Started On": "date",
            "Finished On": "expiryDate",
            "Url": "url",
            "License Number": "credentialId",
        },
        signs=frozenset(["Name", "Authority"]),
    ),
    "Publications": FileForm(
        "publications",
        {
            "Name": "name",
            "Publisher": "publisher",
            "Published On": "releaseDate",
            "Url": "url",
            "Description": "summary",
        },
        signs=frozenset(["Name", "Published On"]),
    ),
    "Skills": FileForm("skills", {"Name": "name"}, signs=frozenset(["Name"])),
    "Languages": FileForm(
        "languages", {"Name": "language", "Proficiency": "fluency"}, signs=frozenset(["Name", "Proficiency"])
    ),
    "Projects": FileForm(
        "projects",
        {"Title": "name", "Description": "description", "Url": "url", **_PERIOD},
        signs=frozenset(["Title", "Url", "Started On"]),
    ),
    # A course of a school that the archive names becomes one of that education.
    "Courses": FileForm(
        "courses",
        {"Name": "name", "Number": "number", "Associated With": "associatedWith"},
        signs=frozenset(["Name", "Number"]),
    ),
    "Patents": FileForm(
        "patents",
        {
            "Title": "title",
            "Description": "summary",
            "Issuer": "issuer",
            "Patent Number": "number",
            "Patent/Application Number": "number",
            "Application Number": "applicationNumber",
            "Issued On": "date",
            "Filed On": "filingDate",
            "Url": "url",
        },
        signs=frozenset(["Title", "Patent Number"]),
    ),
    "Test Scores": FileForm(
        "testScores",
        {"Name": "name", "Score": "score", "Test Date": "date", "Dated On": "date", "Description": "summary"},
        signs=frozenset(["Name", "Score"]),
    ),
    "Recommendations Received": FileForm(
        "references",
        {
            "First Name": "firstName",
            "Last Name": "lastName",
            "Company": "company",
            "Job Title": "jobTitle",
            "Text": "reference",
            "Creation Date": "creationDate",
            "Status": "status",
        },
        signs=frozenset(["First Name", "Last Name", "Text", "Status"]),
        other_names=("Recommendations",),
    ),
}
# Lists that no field of ours has: the report speaks of each as a whole.
WITHOUT_FIELDS = frozenset(["courses", "patents", "testScores"])
# Files that do tell of a career, and that JSON Resume has nothing for.
NO_PLACE = frozenset(
    bare_name(name)
    for name in (
        "Profile Summary",
        "Recommendations Given",
    )
)
BASICS = ("person", "email", "phone")
DATES = ("startDate", "endDate", "date", "releaseDate", "expiryDate")
# Keys that aren't a plain text in JSON Resume or in ours, or that are put together from elsewhere: an unknown column
# of such a name gets another key.
TAKEN = frozenset(
    ["highlights", "technologies", "courses", "honors", "keywords", "roles", "isVisible", "isCurrent", "gpa", "kind"]
)
TAKEN_IN_BASICS = frozenset(
    [
        "name",
        "email",
        "phone",
        "url",
        "location",
        "profiles",
        "github",
        "linkedin",
        "otherEmails",
        "otherPhones",
        "otherWebsites",
    ]
)
