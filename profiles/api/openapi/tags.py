"""The groups of operations in the OpenAPI document, in the order in which one needs them."""

from itertools import count
from typing import Any

from profiles.career.serializers import ITEM_SERIALIZERS
from profiles.models import COMPONENTS, Component
from profiles_project.api.openapi.document import begun_small


def _what(model: type[Component]) -> str:
    return begun_small(str(ITEM_SERIALIZERS[model].__doc__).partition(".")[0])


# By tag, what its operations are about.
TAGS = {
    "auth": "Accounts, sessions and tokens. `auth_register` and `auth_login` give the token that most others take.",
    "profiles": "Whole career documents: written, read, synchronised, restored from their history and the trash.",
    **{model.plural: f"Items of a profile. Each is {_what(model)}." for model in COMPONENTS},
    "skills": "The skills section of a profile, and its technical and soft skills by name.",
    "custom fields": "What an app keeps in a profile that has no field there: a map from keys to any JSON.",
    "portability": "Careers in and out: JSON Resume, LinkedIn's archive, documents for people.",
    "jobs": "Work in the background: how far it is, and what came of it.",
}
# What comes first within its tag, in this order.
FIRST = ("auth_register", "auth_login", "auth_refresh", "auth_logout", "profiles_list", "profiles_create")


def put_in_order(result: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
    """Hook of drf-spectacular: the tags with their texts, and the paths in the order of their first operation's tag."""
    places = dict(zip(TAGS, count()))

    def place(row: tuple[str, dict[str, Any]]) -> tuple[int, int]:
        operation = next(iter(row[1].values()))
        name = operation["operationId"]
        return places[operation["tags"][0]], FIRST.index(name) if name in FIRST else len(FIRST)

    result["paths"] = dict(sorted(result["paths"].items(), key=place))
    result["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    return result
