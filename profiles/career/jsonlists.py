"""JSON text that the database makes of rows, the same on PostgreSQL and SQLite: lists and objects of a document.

A property test holds what comes out equal to what the serializers would say.
"""

from typing import Any, ClassVar

from django.db.models import BooleanField, Field, FloatField, JSONField, QuerySet, Subquery, TextField, UUIDField

from profiles.modelfields import VerbatimJSONField

# How a column becomes JSON, by type and vendor; what isn't here is right as the database writes it.
_CONVERTERS: dict[type[Field[Any, Any]], dict[str, str]] = {
    VerbatimJSONField: {"postgresql": "{0}::json", "sqlite": "json({0})"},
    JSONField: {"sqlite": "json({0})"},
    BooleanField: {"sqlite": "json(CASE WHEN {0} THEN 'true' ELSE 'false' END)"},
    UUIDField: {
        "sqlite": "substr({0}, 1, 8) || '-' || substr({0}, 9, 4) || '-' || substr({0}, 13, 4)"
        " || '-' || substr({0}, 17, 4) || '-' || substr({0}, 21)",
    },
    # 4.0 must not become 4, which some languages read as another type; SQLite would round to 15 digits. The 37th
    # character is the percent sign, which both Django and the driver would take for a placeholder.
    FloatField: {
        "postgresql": "CASE WHEN {0} = trunc({0}) THEN ({0} || '.0')::json ELSE to_json({0}) END",
        "sqlite": "json(CASE WHEN {0} IS NULL THEN NULL WHEN CAST(printf(char(37) || '!.15g', {0}) AS REAL) = {0}"
        " THEN printf(char(37) || '!.15g', {0}) ELSE printf(char(37) || '!.17g', {0}) END)",
    },
}


class _JSONText(Subquery):
    """The `columns` of a queryset's rows, in its order, as JSON text."""

    output_field = TextField()
    # By vendor: `t` are the rows, `columns` and `pairs` name their values as SQL, `values` lists these alone.
    shapes: ClassVar[dict[str, str]]

    def __init__(self, rows: "QuerySet[Any, Any]", *columns: str, **numbers: Any) -> None:
        """`numbers` are computed: expressions by the name that they are shown under, in place of a column's own."""
        computed = {f"computed_{name}": expression for name, expression in numbers.items()}
        stored = [name for name in columns if name not in numbers]
        super().__init__(rows.annotate(**computed).values(*stored, *computed))
        self.names = [f"computed_{name}" if name in numbers else name for name in columns]
        self.fields = {name: rows.model._meta.get_field(name) for name in stored}

    def as_sql(self, compiler: Any, connection: Any, template: str | None = None, **context: Any) -> Any:
        values = {name.removeprefix("computed_"): self._value(name, connection.vendor) for name in self.names}
        shape = self.shapes[connection.vendor].format(
            columns=", ".join(f'{value} AS "{name}"' for name, value in values.items()),
            pairs=", ".join(f"'{name}', {value}" for name, value in values.items()),
            values=", ".join(values.values()),
        )
        return super().as_sql(compiler, connection, f"(SELECT {shape.replace('ROWS', '(%(subquery)s) AS t')})")

    def _value(self, name: str, vendor: str) -> str:
        field = self.fields.get(name)
        return _as_json(field, vendor) if field else f't."{name}"'


def _as_json(field: Any, vendor: str) -> str:
    for kind in type(field).__mro__:
        if vendor in (found := _CONVERTERS.get(kind, {})):
            return found[vendor].format(f't."{field.column}"')
    return f't."{field.column}"'


class JSONObjects(_JSONText):
    """A list with an object for each row, whose keys are the columns' names."""

    shapes = {
        "postgresql": "COALESCE(json_agg(r), '[]')::text FROM (SELECT {columns} FROM ROWS) AS r",
        "sqlite": "json_group_array(json_object({pairs})) FROM ROWS",
    }


class JSONValues(_JSONText):
    """A list of the one column's values."""

    shapes = {
        "postgresql": "COALESCE(json_agg({values}), '[]')::text FROM ROWS",
        "sqlite": "json_group_array({values}) FROM ROWS",
    }


class JSONMap(_JSONText):
    """An object with a member for each row; of the two columns one holds its key, one its value."""

    shapes = {
        "postgresql": "COALESCE(json_object_agg({values}), '{{}}')::text FROM ROWS",
        "sqlite": "json_group_object({values}) FROM ROWS",
    }
