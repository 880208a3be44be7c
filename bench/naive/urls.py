"""The routes that are measured."""

from django.urls import path

from bench.naive.views import ExperiencesView, ProfileView

urlpatterns = [
    path("api/v1/profiles/<uuid:pk>", ProfileView.as_view()),
    path("api/v1/profiles/<uuid:pk>/experiences", ExperiencesView.as_view()),
]
