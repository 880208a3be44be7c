"""The OpenAPI document and its two readers, from the service's own assets (contract 6)."""

import functools
import threading
from typing import Any

import orjson
from csp.decorators import csp_replace
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer, OpenApiYamlRenderer2
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from profiles_project.api.ratelimit import network_of, spend
from profiles_project.web.kept import Kept, answer

# The pages ask this host and no other; both readers write styles into the page, Redoc makes a worker of a blob.
page_policy = csp_replace(
    {
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'", "data:"],
        "worker-src": ["'self'", "blob:"],
    }
)


# What makes the document is not made for several threads at once.
_making = threading.RLock()


def openapi_document() -> dict[str, Any]:
    """The document, the same for everybody, made once a process."""
    with _making:
        return _made()


@functools.cache
def _made() -> dict[str, Any]:
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return document


@functools.cache
def _rendered(renderer: type[BaseRenderer]) -> Kept:
    """The document as one of the view's renderers writes it, once a process: it takes a quarter of a second."""
    return Kept.of(renderer().render(openapi_document(), renderer_context={}))


class _Plain:
    """OPTIONS without data: DRF's own would describe the view with a renderer that can't."""

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return HttpResponse(status=204)


class CompactJSONRenderer(BaseRenderer):
    """The document as JSON without a space: the package's own is twice as long for its indents."""

    media_type = "application/json"
    format = "json"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """The bytes."""
        return orjson.dumps(data, default=str)


class OpenAPIJSONRenderer(CompactJSONRenderer):
    """The same under the media type that is OpenAPI's own."""

    media_type = "application/vnd.oai.openapi+json"


class SchemaView(_Plain, SpectacularAPIView):
    """GET /api/schema, as JSON or, where `Accept` asks for it, YAML."""

    schema = None
    renderer_classes = [
        CompactJSONRenderer,
        OpenAPIJSONRenderer,
        OpenApiYamlRenderer2,
        OpenApiYamlRenderer,
    ]  # as the base has it

    def _get_schema_response(self, request: Request) -> HttpResponse:
        renderer = request.accepted_renderer
        if usage := spend(request, "default", f"address {network_of(request)}"):
            usage.check()
        with _making:
            rendered = _rendered(type(renderer))  # type: ignore[arg-type]  # a class is hashable
        # In this order DRF calls what it accepts, and Django what it sends, alike.
        content_type = f"{request.accepted_media_type}; charset=utf-8"
        name = {"Content-Disposition": f'inline; filename="profiles.{renderer.format}"'}
        return answer(request, rendered, content_type, headers=name)


@method_decorator(page_policy, name="dispatch")
class SwaggerView(_Plain, SpectacularSwaggerSplitView):
    """Answers /api/docs, with a template of ours, since the package's own doesn't say which language it speaks."""

    schema = None
    template_name = "docs/swagger.html"


@method_decorator(page_policy, name="dispatch")
class RedocView(_Plain, SpectacularRedocView):
    """Answers /api/redoc, with a template of ours, since the package's own asks foreign hosts for fonts."""

    schema = None
    template_name = "docs/redoc.html"
