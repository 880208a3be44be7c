"""Django's PostgreSQL backend, quicker in what every request does: taking its connection and running what is prepared.

Each saves about a tenth of a read's time in this process (bench/notes.md).
"""

import itertools
import re
import select
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property
from psycopg import _queries as queries
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

from profiles_project.database import clock
from profiles_project.database.unfit import is_unfit
from profiles_project.observe.metrics import recorder
from profiles_project.observe.tracing import listener as tracing_listener, statement_span

# How long a statement may be for psycopg to remember how it reads with PostgreSQL's own placeholders. With psycopg's
# own 4,096 the one for a whole profile is translated anew every time.
queries.MAX_CACHED_STATEMENT_LENGTH = 32_768


# How long a connection to a read-only server is kept: such a server is a standby for a moment, or a primary again.
READ_ONLY_SECONDS = 1.0
# What the server tells of itself at the start of each connection (PostgreSQL 14 and newer).
READ_ONLY = (b"default_transaction_read_only", b"in_hot_standby")


class _Errors(DatabaseErrorWrapper):
    """Django's translation of psycopg's errors, which notes that a connection is of no more use."""

    wrapper: "DatabaseWrapper"

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exc_type is not None and is_unfit(exc_value):
            self.wrapper.is_unfit = True
        super().__exit__(exc_type, exc_value, traceback)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with a cheaper look at kept connections, with `run_prepared`, and as the clock of all machines.

    A connection of no more use is closed at the end of the request, or at the beginning of the next one.
    """

    is_unfit = False
    # When a connection to a read-only server is to be given up, by the monotonic clock.
    _renewed_at: float | None = None

    @cached_property
    def wrap_database_errors(self) -> _Errors:
        return _Errors(self)

    def is_usable(self) -> bool:
        """Whether the server has neither ended the connection nor found fault with it.

        While nobody waits for an answer a server has nothing to say but goodbye, so where nothing can be read all is
        well; else, and after an error, it is asked (Django's own way, a round trip for every request). Now and then it
        is asked what time it is instead.
        """
        if self.is_unfit or (self._renewed_at is not None and time.monotonic() >= self._renewed_at):
            return False
        if self.connection is None or self.errors_occurred or _has_something_to_read(self.connection.fileno()):
            return bool(super().is_usable())
        return self._look_at_clock() if self._is_main() and clock.database.is_due() else True

    def _is_main(self) -> bool:
        return bool(self.alias == DEFAULT_DB_ALIAS)

    def _look_at_clock(self) -> bool:
        asked = clock.steady()
        # Its own time and not that of a transaction's beginning.
        result = self.connection.pgconn.exec_(b"SELECT extract(epoch FROM clock_timestamp())")
        if result.status != ExecStatus.TUPLES_OK:
            return False
        clock.database.heard(float(result.get_value(0, 0)), asked, clock.steady())
        return True

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.is_unfit = False
        try:
            connection = super().get_new_connection(conn_params)
        except psycopg.Error:
            recorder().connection_failed()
            raise
        recorder().connection_opened(connection)
        return connection

    def _close(self) -> None:
        if self.connection is not None:
            recorder().connection_closed(self.connection)
        super()._close()  # type: ignore[misc]  # not in the stubs

    def init_connection_state(self) -> None:
        super().init_connection_state()
        is_read_only = any(self.connection.pgconn.parameter_status(name) == b"on" for name in READ_ONLY)
        self._renewed_at = time.monotonic() + READ_ONLY_SECONDS if is_read_only else None
        if self._is_main():
            self._look_at_clock()
        # The names of the statements that this connection's server process has planned, by their texts and the types of
        # their parameters: psycopg sends a number as the smallest type that holds it, and a null without any.
        self._prepared: dict[tuple[str, Sequence[int]], bytes] = {}
        self._names = map("profiles_{}".format, itertools.count())
        self._transformer = Transformer.from_context(self.connection)

    def get_connection_params(self) -> dict[str, Any]:
        parameters: dict[str, Any] = super().get_connection_params()
        # An option of ours: False behind a pooler that hands each transaction another connection.
        self.prepares = bool(parameters.pop("prepared", True))
        return parameters

    def run_prepared(self, sql: str, parameters: Sequence[Any]) -> tuple[list[tuple[Any, ...]], int] | None:
        """Run a statement by its name at the server: the rows, and how many it has found or changed.

        None where a cursor must run it: where statements can't be prepared, or a listener must see them. psycopg would
        prepare it too, in Python and with three times the work, and would forget it at every rollback.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        if not self.prepares or self.queries_logged or self._has_listeners():
            return None
        self.validate_no_broken_transaction()
        with self.wrap_database_errors, statement_span("postgresql", sql):
            connection: Any = self.connection
            if connection.pgconn.transaction_status == TransactionStatus.IDLE and not connection.autocommit:
                # As psycopg does it.
                _check(connection.pgconn, connection.pgconn.exec_(b"BEGIN"))
            result = self._result(connection.pgconn, sql, parameters)
            self._transformer.set_pgresult(result)
            return self._transformer.load_rows(0, result.ntuples, tuple), result.ntuples or result.command_tuples or 0

    def _has_listeners(self) -> bool:
        """Whether anything but traces, which `run_prepared` makes itself, listens to this connection's cursors."""
        return any(listener is not tracing_listener for listener in self.execute_wrappers)

    def _result(self, pgconn: Any, sql: str, parameters: Sequence[Any]) -> Any:
        transformer = self._transformer
        values = transformer.dump_sequence(parameters, [PyFormat.AUTO] * len(parameters))
        key = (sql, transformer.types or ())
        if (name := self._prepared.get(key)) is None:
            name = next(self._names).encode()
            _check(pgconn, pgconn.prepare(name, _with_numbers(sql).encode(), transformer.types))
            self._prepared[key] = name
        result = pgconn.exec_prepared(name, values, transformer.formats)
        try:
            _check(pgconn, result)
        except psycopg.errors.FeatureNotSupported as error:
            # A migration has changed a column of the result meanwhile. The request may be sent again.
            self._prepared.clear()
            raise psycopg.OperationalError("The schema has changed since the statement was prepared.") from error
        return result


def _with_numbers(sql: str) -> str:
    """The statement with PostgreSQL's placeholders, `$1`, in place of Django's."""
    numbers = iter(range(1, sql.count("%s") + 1))
    return re.sub("%[s%]", lambda found: f"${next(numbers)}" if found[0] == "%s" else "%", sql)


def _check(pgconn: Any, result: Any) -> None:
    if result.status in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
        return
    if pgconn.status == ConnStatus.BAD:
        raise psycopg.OperationalError("The server ended the connection.")
    raise psycopg.errors.error_from_result(result)


def _has_something_to_read(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
