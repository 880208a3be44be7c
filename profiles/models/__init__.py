"""The tables of this app: the career, and the work that is put off for its owner."""

from profiles.models.career import (
    COMPONENTS as COMPONENTS,
    PARTS as PARTS,
    Certification as Certification,
    Component as Component,
    CustomField as CustomField,
    Education as Education,
    Experience as Experience,
    Language as Language,
    Part as Part,
    Profile as Profile,
    ProfileManager as ProfileManager,
    Project as Project,
    Skill as Skill,
)
from profiles.models.jobs import Job as Job, JobFile as JobFile
