"""LinkedIn's data archive as a JSON Resume document: a pure translation, tables first."""

from profiles.portability.csv_archives import NotAnArchive as NotAnArchive
from profiles.portability.linkedin.document import Archive as Archive, read as read
from profiles.portability.linkedin.files import BASICS as BASICS, FILES as FILES
from profiles.portability.linkedin.notes import Note as Note
