"""The history of a career in the desk: its revisions, and what each of them has changed."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from profiles.career import history
from profiles.career.past import Change, differences
from profiles.desk.acting import act_address
from profiles.desk.base import OfPerson
from profiles.desk.pages import changes
from profiles.desk.rows import name_of, person_link
from profiles.models import Profile, Revision
from profiles.models.log import OWN
from profiles_project.database.refusals import Forgotten

# On one page: revisions, changes of each of them, and changes of the one that is looked at.
MOST_REVISIONS, MOST_NAMED, MOST_CHANGES = 50, 10, 200


class RevisedAdmin(OfPerson):
    """A ModelAdmin of profiles: what Django calls the history of a row are the revisions of the profile."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.revision)
        revision = path("<uuid:object_id>/history/<int:version>/", view, name="profiles_profile_revision")
        return [revision, *super().get_urls()]

    def has_history(self, request: HttpRequest) -> bool:
        return True

    def history_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """The revisions of a profile, newest first."""
        profile = self.opened(request, object_id)
        walk = history.Walk(profile.pk)
        entries = walk.entries().annotate(by=name_of("staff_id"))
        if before := named_version(request.GET.get("before", ""), walk.profile.version):
            entries = entries.filter(version__lt=before)
        found = list(entries[: MOST_REVISIONS + 1])
        page = found[:MOST_REVISIONS]
        summaries = history.summaries(walk, page)
        rows = [self._row(request, walk.profile, *each) for each in zip(page, summaries, strict=False)]
        last = page[-1].version if page else walk.profile.version
        context = {
            "profile": profile,
            "person": person_link(profile.user),
            "rows": rows,
            "last": last,
            "is_more": len(found) > len(page),
            "is_all": last == 1,
        }
        return self.page(request, "desk/history.html", f"History of {profile.label}", context)

    def _row(self, request: HttpRequest, profile: Profile, entry: Any, summary: dict[str, Any]) -> dict[str, Any]:
        found = changes.told(Change(**each) for each in summary["changes"])
        return {
            **self._about(request, entry),
            "changes": found[:MOST_NAMED],
            "is_more": summary["more"] or len(found) > MOST_NAMED,
            "address": reverse("admin:profiles_profile_revision", args=[profile.pk, entry.version]),
            "restore": self._restore(request, profile, entry.version),
        }

    def _about(self, request: HttpRequest, entry: Any) -> dict[str, Any]:
        may_see_names = request.user.has_perm("users.view_auditentry")
        return {
            "version": entry.version,
            "when": entry.created_at,
            "deed": changes.deed(entry, entry.changes.get(OWN, {})),
            "who": changes.who(entry, with_names=may_see_names),
        }

    def _restore(self, request: HttpRequest, profile: Profile, version: int) -> str:
        """Where the restoring of a version is asked for; empty where it isn't possible."""
        for action in self.allowed(request):
            if action.name == "restore-version" and version < profile.version:
                may = not action.refusal_to(request.user, profile)
                return act_address(action, [profile.pk], version=version, seen=profile.version) if may else ""
        return ""

    def revision(self, request: HttpRequest, object_id: Any, version: int) -> HttpResponse:
        """What a revision has changed, field by field; with `?against=now` how its version differs from the present."""
        profile = self.opened(request, str(object_id))
        is_against_now = request.GET.get("against") == "now"
        older, newer = (version, profile.version) if is_against_now else (version - 1, version)
        try:
            before, after = history.compared(profile.pk, older, newer)
        except Forgotten:
            messages.error(request, f"Version {version}, or what was there before it, is no longer kept.")
            return HttpResponseRedirect(reverse("admin:profiles_profile_history", args=[profile.pk]))
        found = differences(before, after, profile.pk)
        if is_against_now:
            found = [change.reversed() for change in found]
        told = changes.told(found, changes.titles_of(before, after))
        mine = Revision.objects.filter(profile=profile.pk, born=profile.born, version=version)
        entry = mine.annotate(by=name_of("staff_id")).first()
        context = {
            "profile": profile,
            "person": person_link(profile.user),
            "version": version,
            "about": self._about(request, entry) if entry else None,
            "changes": told[:MOST_CHANGES],
            "how_many_more": len(told[MOST_CHANGES:]),
            "is_against_now": is_against_now,
            "restore": self._restore(request, profile, version),
        }
        return self.page(request, "desk/revision.html", f"Version {version} of {profile.label}", context)


def named_version(text: str, most: int) -> int | None:
    """The version that a text names, None where it names none up to the current one."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    return int(text) if is_number and 1 <= int(text) <= most else None
