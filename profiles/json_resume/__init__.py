"""JSON Resume 1.0.0 (jsonresume.org) to the career document and back: pure translations, tables first."""

from profiles.json_resume.mapping import SCHEMA_URL as SCHEMA_URL
from profiles.json_resume.parts import OUTCOMES as OUTCOMES, Entry as Entry
from profiles.json_resume.reading import Fault as Fault, NoResume as NoResume, Reading as Reading
from profiles.json_resume.writing import HIDDEN as HIDDEN, REFERENCES as REFERENCES, write as write
