"""The Prefer header (RFC 7240), of which `respond-async`, `return=minimal` and `handling=strict` are honoured."""

from urllib.request import parse_http_list

from rest_framework.request import Request

RESPOND_ASYNC = "respond-async"
MINIMAL = "return=minimal"
STRICT = "handling=strict"


def _preferences(request: Request) -> dict[str, str]:
    """The values of the request's preferences by name, in lower case; of one that is named twice the first."""
    found: dict[str, str] = {}
    if not (header := request.headers.get("Prefer")):
        return found
    # It knows quotes, in which a comma ends nothing.
    for preference in parse_http_list(header):
        name, _, value = preference.partition(";")[0].partition("=")
        found.setdefault(name.strip().lower(), value.strip().strip('"').lower())
    return found


def prefers_async(request: Request) -> bool:
    """Whether the request's `Prefer` says `respond-async`, in whatever case and company."""
    return RESPOND_ASYNC in _preferences(request)


def prefers_minimal(request: Request) -> bool:
    """Whether it says `return=minimal`: an answer without a body will do."""
    return _preferences(request).get("return") == "minimal"


def prefers_strict(request: Request) -> bool:
    """Whether it says `handling=strict`: what nobody knows is to be refused, not ignored."""
    return _preferences(request).get("handling") == "strict"
