"""The routes of profiles, and those of /auth that touch them."""

from django.urls import path

from profiles.api.views.account import EraseView, OwnDataView
from profiles.api.views.components import (
    COMPONENT_VIEWSETS,
    SKILL_NAMES_VIEWSETS,
    CustomFieldsViewSet,
    SkillsViewSet,
)
from profiles.api.views.documents import ProfileViewSet
from profiles.api.views.history import TrashViewSet
from profiles.api.views.jobs import JobViewSet
from profiles.api.views.synchronising import SyncView
from profiles_project.api.routers import BulkRouter, SingletonRouter

_PROFILE = "profiles/<str:profile_id>"

router = BulkRouter()
router.register("profiles/trash", TrashViewSet, basename="trash")
router.register("profiles", ProfileViewSet, basename="profile")
for model, viewset in COMPONENT_VIEWSETS.items():
    router.register(f"{_PROFILE}/{model.plural}", viewset, basename=model.singular)
router.register("jobs", JobViewSet, basename="job")
singletons = SingletonRouter()
singletons.register(f"{_PROFILE}/skills", SkillsViewSet, basename="skills")
for kind, names_viewset in SKILL_NAMES_VIEWSETS.items():
    singletons.register(f"{_PROFILE}/skills/{kind}", names_viewset, basename=f"{kind}-skills")
singletons.register(f"{_PROFILE}/custom-fields", CustomFieldsViewSet, basename="custom-fields")

# In the order in which they are looked through.
urlpatterns = [
    *router.urls,
    *singletons.urls,
    path("sync", SyncView.as_view()),
    path("auth/me/export", OwnDataView.as_view()),
    path("auth/me/erase", EraseView.as_view()),
]
