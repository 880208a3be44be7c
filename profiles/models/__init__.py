"""The tables of this app: the career, and the work that is put off for its owner."""

from profiles.models.career import Profile as Profile, ProfileManager as ProfileManager
from profiles.models.jobs import Job as Job, JobFile as JobFile
from profiles.models.log import Actor as Actor, Cause as Cause, Revision as Revision
from profiles.models.origins import Origin as Origin
from profiles.models.parts import (
    COMPONENTS as COMPONENTS,
    PARTS as PARTS,
    Award as Award,
    Certification as Certification,
    Component as Component,
    CustomField as CustomField,
    Education as Education,
    Experience as Experience,
    Interest as Interest,
    Language as Language,
    Part as Part,
    Project as Project,
    Publication as Publication,
    Reference as Reference,
    Skill as Skill,
    Volunteering as Volunteering,
)
