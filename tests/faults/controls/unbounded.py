"""A control: the service as it is but for what bounds the bytes of a user; answers are kept whole, and nothing goes.

granian serves it by its name, `tests.faults.controls.unbounded:application`.
"""

import importlib
from typing import Any

from profiles_project.wsgi import application as served

application = served


def _judge(total: int) -> None:
    """Nothing is too much."""


def _keep(record: Any, response: Any, plain: Any, remaking: Any) -> None:
    """As the release before did."""
    record.status, record.body, record.headers = plain.status_code, plain.content, dict(plain.items())
    record.save(update_fields=["status", "body", "headers"])


def _module(name: str) -> Any:
    # Not at the top, since the application makes Django ready first.
    return importlib.import_module(name)


_module("profiles.models.usage").judge = _judge
_module("users.api.idempotency")._keep = _keep
