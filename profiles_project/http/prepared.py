"""Queries that the ORM translates into SQL once in a process, instead of once a request.

On PostgreSQL the text, always the same, also names a statement that the server has planned already
(`prepare_threshold` in settings.DATABASES).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Field, QuerySet, Value
from django.db.models.query import get_related_populators


class Parameter(Value):
    """A place in a query that is filled when the query runs, with a value as the model's `field` takes it."""

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        super().__init__(name, output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def bind(self, values: Mapping[str, Any], connection: Any) -> Any:
        """The value as the database's driver takes it."""
        return self.output_field.get_db_prep_value(values[self.name], connection)


class _Compiled(NamedTuple):
    """A query as SQL, and what makes Python's values and objects of its rows, as in django.db.models.query."""

    sql: str
    parameters: Sequence[Any]
    converters: Any
    # The model, its columns' names and places; None for a query of `values_list()`.
    model: Any = None
    names: Sequence[str] = ()
    place: slice = slice(0)
    joined: Sequence[Any] = ()
    annotations: Mapping[str, int] = {}


class Prepared:
    """A query; `build` makes it, once for each kind of database, with a `Parameter` for each value that changes."""

    def __init__(self, build: Callable[[], "QuerySet[Any, Any]"]) -> None:
        self.build = build
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, **values: Any) -> list[Sequence[Any]]:
        """The rows that the query finds with these values."""
        connection = connections[DEFAULT_DB_ALIAS]
        compiled = self._on(connection)
        with connection.cursor() as cursor:
            cursor.execute(compiled.sql, [_bound(each, values, connection) for each in compiled.parameters])
            found: list[Sequence[Any]] = cursor.fetchall()
        return [_converted(row, compiled.converters, connection) for row in found] if compiled.converters else found

    def objects(self, **values: Any) -> list[Any]:
        """The objects that it finds, those of `select_related` and annotations with them."""
        found = self.rows(**values)
        compiled = self._on(connections[DEFAULT_DB_ALIAS])
        return [_object(row, compiled) for row in found]

    def first(self, **values: Any) -> Any:
        """The first of the objects, None where there is none."""
        return next(iter(self.objects(**values)), None)

    def _on(self, connection: Any) -> _Compiled:
        if connection.vendor not in self._compiled:
            self._compiled[connection.vendor] = _compile(self.build(), connection)
        return self._compiled[connection.vendor]


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
    joined = get_related_populators(info, compiler.select, connection.alias)  # type: ignore[call-arg]  # the stubs are ahead of 5.2
    return compiled._replace(
        model=info["model"], names=names, place=place, joined=joined, annotations=compiler.annotation_col_map
    )


def _bound(parameter: Any, values: Mapping[str, Any], connection: Any) -> Any:
    return parameter.bind(values, connection) if isinstance(parameter, Parameter) else parameter


def _converted(row: Sequence[Any], converters: Any, connection: Any) -> Sequence[Any]:
    values = list(row)
    for position, (functions, expression) in converters.items():
        for function in functions:
            values[position] = function(values[position], expression, connection)
    return values


def _object(row: Sequence[Any], compiled: _Compiled) -> Any:
    made = compiled.model.from_db(DEFAULT_DB_ALIAS, compiled.names, row[compiled.place])
    for populator in compiled.joined:
        populator.populate(row, made)
    for name, position in compiled.annotations.items():
        setattr(made, name, row[position])
    return made
