"""Statements that the ORM compiles once a process instead of once a request.

On PostgreSQL the text, always the same, also names a statement that the server has planned already
(`run_prepared` of our engine).
"""

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import CharField, Field, Lookup, Model, QuerySet, TextField, Value
from django.db.models.base import ModelState
from django.db.models.sql import UpdateQuery

TEXTS = frozenset({CharField, TextField})

M = TypeVar("M", bound=Model)


def loaded(model: type[M], names: Iterable[str], values: Iterable[Any]) -> M:
    """The object whose columns of these names the database has given; others load when they are asked for.

    The same as Django's `from_db`, which takes each column of the model in turn, given or not.
    """
    made = model.__new__(model)
    made._state = state = ModelState()  # noqa: SLF001  # as Django's own
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    made.__dict__.update(zip(names, values, strict=True))
    return made


class Parameter(Value):
    """A placeholder in a query, bound when the query runs to a value that the model's `field` converts."""

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        super().__init__(name, output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def bind(self, values: Mapping[str, Any], connection: Any) -> Any:
        """The value as the database's driver takes it."""
        value = values[self.name]
        if type(value) is str and type(self.output_field) in TEXTS:
            # The field would give it back after looking at it twice.
            return value
        return self.output_field.get_db_prep_value(value, connection)


class Parameters(Parameter):
    """A placeholder for any number of ids, for `OneOf`."""

    def bind(self, values: Mapping[str, Any], connection: Any) -> str:
        texts = [str(self.output_field.get_db_prep_value(each, connection)) for each in values[self.name]]
        return f"{{{','.join(texts)}}}" if connection.vendor == "postgresql" else json.dumps(texts)


class OneOf(Lookup[bool]):
    """Whether a column has one of the ids that the `Parameters` stand for: the same text for any number of them."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, before = self.process_lhs(compiler, connection)
        ids, after = compiler.compile(self.rhs)
        return f"{column} IN (SELECT value FROM json_each({ids}))", [*before, *after]  # noqa: S608  # compiled by the ORM

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        column, before = self.process_lhs(compiler, connection)
        ids, after = compiler.compile(self.rhs)
        return f"{column} = ANY({ids}::uuid[])", [*before, *after]


class _Compiled(NamedTuple):
    """A query as SQL, and what makes Python's values and objects of its rows."""

    sql: str
    parameters: Sequence[Any]
    converters: Any = None
    # The model, its columns' names and places; None for a query of `values_list()`.
    model: Any = None
    names: Sequence[str] = ()
    place: slice = slice(0)
    annotations: Mapping[str, int] = {}


class _Statement(ABC):
    """Translated once for each kind of database, run with values for its parameters."""

    def __init__(self) -> None:
        self._compiled: dict[str, _Compiled] = {}
        # The ORM may write to what a query is made of, so only one thread makes it.
        self._lock = threading.Lock()

    def run(self, **values: Any) -> int:
        """Run it with these values; the number of rows that it has found or changed."""
        _, count = self._run(connections[DEFAULT_DB_ALIAS], values)
        return count

    @abstractmethod
    def _compile(self, connection: Any) -> _Compiled: ...

    def compiled_on(self, connection: Any) -> _Compiled:
        """The statement for this kind of database, translated when it is first asked for."""
        compiled = self._compiled.get(connection.vendor)
        if compiled is None:
            with self._lock:
                compiled = self._compiled.get(connection.vendor) or self._compile(connection)
                self._compiled[connection.vendor] = compiled
        return compiled

    def _run(self, connection: Any, values: Mapping[str, Any]) -> tuple[list[tuple[Any, ...]], int]:
        """The rows that the statement finds, and how many it has found or changed."""
        compiled = self.compiled_on(connection)
        bound = [each.bind(values, connection) if isinstance(each, Parameter) else each for each in compiled.parameters]
        if connection.vendor == "postgresql" and (done := connection.run_prepared(compiled.sql, bound)):
            found: tuple[list[tuple[Any, ...]], int] = done
            return found
        with connection.cursor() as cursor:
            cursor.execute(compiled.sql, bound)
            return cursor.fetchall() if cursor.description else [], cursor.rowcount


class Prepared(_Statement):
    """A query; `build` makes it, with a `Parameter` for each value that changes."""

    def __init__(self, build: Callable[[], "QuerySet[Any, Any]"]) -> None:
        super().__init__()
        self.build = build

    def rows(self, **values: Any) -> Sequence[Sequence[Any]]:
        """The rows that the query finds with these values."""
        connection = connections[DEFAULT_DB_ALIAS]
        found, _ = self._run(connection, values)
        converters = self.compiled_on(connection).converters
        return [_converted(row, converters, connection) for row in found] if converters else found

    def first_row(self, **values: Any) -> Sequence[Any] | None:
        """The first of the rows, None where there is none."""
        return next(iter(self.rows(**values)), None)

    def objects(self, **values: Any) -> list[Any]:
        """The objects that it finds, with their annotations; the query may not have a `select_related`."""
        found = self.rows(**values)
        compiled = self.compiled_on(connections[DEFAULT_DB_ALIAS])
        return [_object(row, compiled) for row in found]

    def first(self, **values: Any) -> Any:
        """The first of the objects, None where there is none."""
        return next(iter(self.objects(**values)), None)

    def _compile(self, connection: Any) -> _Compiled:
        return _compile(self.build(), connection)


class PreparedSQL(_Statement):
    """A statement that the ORM can't express; `build` writes it, with `%s` for each parameter in order."""

    def __init__(self, build: Callable[[], str], *parameters: Parameter) -> None:
        super().__init__()
        self.build = build
        self.parameters = parameters

    def _compile(self, connection: Any) -> _Compiled:
        return _Compiled(self.build(), self.parameters)


class PreparedUpdate(_Statement):
    """An UPDATE of these columns in what `build`, as in `Prepared`, finds; each column is a parameter by its name."""

    def __init__(self, build: Callable[[], "QuerySet[Any, Any]"], *columns: str) -> None:
        super().__init__()
        self.build = build
        self.columns = columns

    def _compile(self, connection: Any) -> _Compiled:
        query: Any = self.build().query.chain(UpdateQuery)
        fields = (query.get_meta().get_field(name) for name in self.columns)
        query.add_update_values({field.name: Parameter(field.name, field) for field in fields})
        sql, parameters = query.get_compiler(connection=connection).as_sql()
        return _Compiled(sql, parameters)


class Together(_Statement):
    """Two statements that write, of which PostgreSQL gets one; both take their values by name from the same ones."""

    def __init__(self, first: _Statement, second: _Statement) -> None:
        super().__init__()
        self.first, self.second = first, second

    def run(self, **values: Any) -> int:
        if connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
            return super().run(**values)
        self.first.run(**values)
        return self.second.run(**values)

    def _compile(self, connection: Any) -> _Compiled:
        first, second = self.first.compiled_on(connection), self.second.compiled_on(connection)
        return _Compiled(f"WITH first AS ({first.sql}) {second.sql}", [*first.parameters, *second.parameters])


def _compile(queryset: "QuerySet[Any, Any]", connection: Any) -> _Compiled:
    compiler = queryset.query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    columns = [column for column, _, _ in compiler.select[: compiler.col_count]]
    compiled = _Compiled(sql, parameters, compiler.get_converters(columns))
    info = compiler.klass_info
    if info is None:
        return compiled
    fields = info["select_fields"]
    place = slice(fields[0], fields[-1] + 1)
    names = [column.target.attname for column in columns[place]]
    return compiled._replace(model=info["model"], names=names, place=place, annotations=compiler.annotation_col_map)


def _converted(row: Sequence[Any], converters: Any, connection: Any) -> Sequence[Any]:
    values = list(row)
    for position, (functions, expression) in converters.items():
        for function in functions:
            values[position] = function(values[position], expression, connection)
    return values


def _object(row: Sequence[Any], compiled: _Compiled) -> Any:
    made = loaded(compiled.model, compiled.names, row[compiled.place])
    for name, position in compiled.annotations.items():
        setattr(made, name, row[position])
    return made
