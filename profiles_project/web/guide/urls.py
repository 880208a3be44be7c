"""Routes of the guide; `problems` are those below /problems/."""

from django.urls import path
from django.views.generic import RedirectView

from profiles_project.web.guide import files
from profiles_project.web.guide.views import ClientView, GuideView, ProblemsView

urlpatterns = [
    path("", GuideView.as_view(), name="guide"),
    path("problems", RedirectView.as_view(url="/problems/", http_method_names=["get", "head"])),
    path(files.ARCHIVE, ClientView.as_view(), name="clients"),
    path("clients/<path:path>", ClientView.as_view()),
    path("<path:name>", GuideView.as_view()),
]
problems = [path("", ProblemsView.as_view(), name="problems"), path("<path:name>", ProblemsView.as_view())]
