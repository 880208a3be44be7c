"""DRF's router, with the routes that our resources have beside its own.

Addresses have no slash at their end. A viewset that lacks an action has no such method, as with DRF's own.
"""

from rest_framework.routers import Route, SimpleRouter


class BulkRouter(SimpleRouter):
    """Routes PUT, PATCH and DELETE of a list to `bulk_update`, `bulk_partial_update` and `bulk_destroy`."""

    bulk = Route(
        url="^{prefix}{trailing_slash}$",
        mapping={
            "get": "list",
            "post": "create",
            "put": "bulk_update",
            "patch": "bulk_partial_update",
            "delete": "bulk_destroy",
        },
        name="{basename}-list",
        detail=False,
        initkwargs={"suffix": "List"},
    )
    # DRF's first route is that of the list.
    routes = [bulk, *SimpleRouter.routes[1:]]

    def __init__(self) -> None:
        super().__init__(trailing_slash=False, use_regex_path=False)


class SingletonRouter(BulkRouter):
    """For resources of which a profile has one, such as its skills: the methods are those of an item."""

    one = {"get": "retrieve", "post": "create", "put": "update", "delete": "destroy"}
    routes = [BulkRouter.bulk._replace(mapping=one, name="{basename}-detail")]
