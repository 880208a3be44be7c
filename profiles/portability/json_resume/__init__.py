"""JSON Resume 1.0.0 (jsonresume.org) to the career document and back: pure translations, tables first."""

from profiles.portability.json_resume.checking import NoResume as NoResume
from profiles.portability.json_resume.mapping import SCHEMA_URL as SCHEMA_URL
from profiles.portability.json_resume.mending import Mending as Mending
from profiles.portability.json_resume.objects import OUTCOMES as OUTCOMES, Entry as Entry
from profiles.portability.json_resume.reading import (
    DocumentFault as DocumentFault,
    Reading as Reading,
)
from profiles.portability.json_resume.writing import HIDDEN as HIDDEN, REFERENCES as REFERENCES, write as write
