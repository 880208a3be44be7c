"""The OpenAPI document and its two readers, from the service's own assets (contract 6)."""

import functools
from typing import Any

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

# The pages ask this host and no other; both readers write styles into the page, Redoc makes a worker of a blob.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


@functools.cache
def openapi_document() -> dict[str, Any]:
    """The document, the same for everybody, made once a process."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return document


class _Plain:
    """OPTIONS without data: DRF's own would describe the view with a renderer that can't."""

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return HttpResponse(status=204)


class SchemaView(_Plain, SpectacularAPIView):
    """GET /api/schema, as YAML or, where `Accept` asks for it, JSON."""

    schema = None

    def _get_schema_response(self, request: Request) -> Response:
        name = f"profiles.{request.accepted_renderer.format}"
        return Response(openapi_document(), headers={"Content-Disposition": f'inline; filename="{name}"'})


class _Page(_Plain):
    """A page under its policy."""

    def finalize_response(self, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(*args, **kwargs)  # type: ignore[misc]  # of the view it is mixed into
        response["Content-Security-Policy"] = PAGE_POLICY
        return response


class SwaggerView(_Page, SpectacularSwaggerSplitView):
    """Answers /api/docs."""

    schema = None


class RedocView(_Page, SpectacularRedocView):
    """Answers /api/redoc, with a template of ours, since the package's own asks foreign hosts for fonts."""

    schema = None
    template_name = "docs/redoc.html"
