"""The routes of profiles, and those of /auth that touch them. Components' routes come from COMPONENT_VIEWSETS."""

from typing import Any

from django.urls import path

from profiles.api import views

LIST: dict[str, Any] = {
    "get": "list",
    "post": "bulk_create",
    "put": "bulk_update",
    "patch": "bulk_partial_update",
    "delete": "bulk_delete",
}
ITEM: dict[str, Any] = {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "delete_one"}

_PROFILE = "profiles/<str:profile_id>"

urlpatterns = [
    path("auth/me/export", views.OwnDataView.as_view()),
    path("auth/me/erase", views.EraseView.as_view()),
    path("jobs", views.JobsView.as_view()),
    path("jobs/<str:job_id>", views.JobView.as_view()),
    path("jobs/<str:job_id>/file", views.JobFileView.as_view()),
    path("profiles", views.ProfilesView.as_view()),
    path("profiles/me", views.ActiveProfileView.as_view()),
    path("profiles/import", views.ImportView.as_view()),
    path(_PROFILE, views.ProfileView.as_view()),
    path(f"{_PROFILE}/activate", views.ActivateView.as_view()),
    path(f"{_PROFILE}/duplicate", views.DuplicateView.as_view()),
    path(f"{_PROFILE}/analytics", views.AnalyticsView.as_view()),
    path(f"{_PROFILE}/export", views.ExportView.as_view()),
    path(f"{_PROFILE}/skills", views.SkillsView.as_view()),
    path(f"{_PROFILE}/custom-fields", views.CustomFieldsView.as_view()),
    *(path(f"{_PROFILE}/skills/{kind}", view.as_view()) for kind, view in views.SKILL_NAMES_VIEWS.items()),
]
for model, viewset in views.COMPONENT_VIEWSETS.items():
    below = f"{_PROFILE}/{model.plural}"
    urlpatterns += [
        path(below, viewset.as_view(LIST)),
        path(f"{below}/order", viewset.as_view({"put": "reorder"})),
        path(f"{below}/<str:item_id>", viewset.as_view(ITEM)),
    ]
