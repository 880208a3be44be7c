"""Careers in other formats than JSON Resume and LinkedIn's archive: each a pure translation into JSON Resume.

`recognising` says by its content which format a document is; the module of that format translates it. What no key of
JSON Resume holds keeps its own name, so that the reading keeps it in `extra` and tells of it; what is no part of a
career has a note.
"""
