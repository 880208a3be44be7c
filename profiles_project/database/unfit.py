"""The errors that mean that this database server, or this connection, can't do what the service needs.

A request that meets one is answered by 503, and its connection is given up: the next one may lead to a server that can,
as after a failover.
"""

# PostgreSQL's, by SQLSTATE or by the first characters of several.
STATES = {
    "08": "the connection broke, or nobody knows what became of it",
    "25006": "the server is read-only: a standby, or a primary that was told to be",
    "25P03": "the server ended the connection, which was idle within a transaction",
    "25P04": "the server ended the connection, whose transaction took too long",
    "26000": "a statement that was prepared is not there: this is another session, as behind a pooler",
    "42P05": "a statement that was not prepared is there: likewise",
    "53100": "the server's disk is full",
    "53200": "the server's process is out of memory",
    "57P": "the server shuts down, has crashed, starts, or has ended a connection that was idle",
    "58": "the server can't read or write its files",
    "XX": "the server found its data corrupted, or itself in disorder",
}
# SQLite's, by the primary result code. Its connections end with each request in any case.
CODES = {
    8: "SQLITE_READONLY: the file can't be written, or another one lies in its place",
    10: "SQLITE_IOERR: the disk failed, or a limit of the system was met",
    11: "SQLITE_CORRUPT: the file is damaged",
    13: "SQLITE_FULL: the disk is full",
    14: "SQLITE_CANTOPEN: the file, or one beside it, can't be opened",
    26: "SQLITE_NOTADB: the file is no database",
}
LENGTHS = sorted({len(state) for state in STATES})


def is_unfit(error: BaseException | None) -> bool:
    """Whether an exception of psycopg or of sqlite3 is one of these."""
    state = getattr(error, "sqlstate", None)
    if state is not None:
        return any(state[:length] in STATES for length in LENGTHS)
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in CODES


def name_of(error: BaseException) -> str:
    """What the error is called in a log line: its text may tell of what was sent."""
    return str(getattr(error, "sqlite_errorname", None) or type(error).__name__)
