"""The views of profiles, by subject."""

from profiles.api.views.account import EraseView, OwnDataView
from profiles.api.views.components import COMPONENT_VIEWSETS, SKILL_NAMES_VIEWS, CustomFieldsView, SkillsView
from profiles.api.views.documents import (
    ActivateView,
    ActiveProfileView,
    AnalyticsView,
    DuplicateView,
    ProfilesView,
    ProfileView,
)
from profiles.api.views.jobs import JobFileView, JobsView, JobView
from profiles.api.views.portability import ExportView, ImportView

__all__ = [
    "COMPONENT_VIEWSETS",
    "SKILL_NAMES_VIEWS",
    "ActivateView",
    "ActiveProfileView",
    "AnalyticsView",
    "CustomFieldsView",
    "DuplicateView",
    "EraseView",
    "ExportView",
    "ImportView",
    "JobFileView",
    "JobView",
    "JobsView",
    "OwnDataView",
    "ProfileView",
    "ProfilesView",
    "SkillsView",
]
