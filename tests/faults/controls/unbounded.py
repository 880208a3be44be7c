"""A control: the service as it is but for what bounds the bytes of a user; answers are kept whole, and nothing goes.

granian serves it by its name, `tests.faults.controls.unbounded:application`.
"""

import sys
from typing import Any

from profiles_project.wsgi import application as served

application = served


def _judge(total: int) -> None:
    """Nothing is too much."""


def _keep(record: Any, response: Any, plain: Any, remaking: Any) -> None:
    """As the release before did."""
    record.status, record.body, record.headers = plain.status_code, plain.content, dict(plain.items())
    record.save(update_fields=["status", "body", "headers"])


# The application has loaded both, and nobody could before it has made Django ready.
loaded: dict[str, Any] = dict(sys.modules)
loaded["profiles.models.usage"].judge = _judge
loaded["users.api.idempotency"]._keep = _keep
