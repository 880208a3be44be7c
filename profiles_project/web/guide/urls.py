"""Routes of the guide; `problems` are those below /problems/."""

from django.urls import path
from django.views.generic import RedirectView

from profiles_project.web.guide.views import GuideView, ProblemsView

urlpatterns = [
    path("", GuideView.as_view(), name="guide"),
    path("problems", RedirectView.as_view(url="/problems/", http_method_names=["get", "head"])),
    path("<path:name>", GuideView.as_view()),
]
problems = [path("", ProblemsView.as_view(), name="problems"), path("<path:name>", ProblemsView.as_view())]
