"""Every page of the admin, once: what looks at each of them derives from this table."""

from collections.abc import Mapping

from tests.e2e.stage import Stage

# The name of a page's screenshots, and its address with fields of the stage. Superusers see all of them.
PAGES: Mapping[str, str] = {
    "front": "/admin/",
    "users": "/admin/users/user/",
    "users-found-none": "/admin/users/user/?q=nobody-is-called-so",
    "user": "/admin/users/user/{person.pk}/change/",
    "user-history": "/admin/users/user/{person.pk}/history/",
    "user-timeline": "/admin/users/user/{person.pk}/history/?kind=profiles",
    "user-add": "/admin/users/user/add/",
    "sessions": "/admin/users/session/",
    "session": "/admin/users/session/{session}/change/",
    "mails": "/admin/users/mail/",
    "mail": "/admin/users/mail/{mail}/change/",
    "events": "/admin/users/securityevent/",
    "event": "/admin/users/securityevent/{event}/change/",
    "profiles": "/admin/profiles/profile/",
    "profile": "/admin/profiles/profile/{profile.pk}/change/",
    "read": "/admin/profiles/profile/{profile.pk}/read/",
    "profiles-trash": "/admin/profiles/profile/?use=trash",
    "read-trash": "/admin/profiles/profile/{trashed.pk}/read/",
    "profile-history": "/admin/profiles/profile/{revised.pk}/history/",
    "profile-revision": "/admin/profiles/profile/{revised.pk}/history/2/",
    "profile-against-now": "/admin/profiles/profile/{revised.pk}/history/1/?against=now",
    "read-as-it-was": "/admin/profiles/profile/{revised.pk}/read/?version=1",
    "jobs": "/admin/profiles/job/",
    "job-history": "/admin/profiles/job/{job}/history/",
    "job": "/admin/profiles/job/{job}/change/",
    "audit-log": "/admin/users/auditentry/",
    "audit-entry": "/admin/users/auditentry/{entry}/change/",
    "act-deactivate": "/admin/users/user/act/deactivate/?id={person.pk}",
    "act-several": "/admin/users/user/act/deactivate/?id={person.pk}&id={inactive.pk}",
    "act-refused": "/admin/users/user/act/reactivate/?id={person.pk}",
    "act-reactivate": "/admin/users/user/act/reactivate/?id={inactive.pk}",
    "act-end-sessions": "/admin/users/user/act/end-sessions/?id={person.pk}",
    "act-send-verification": "/admin/users/user/act/send-verification/?id={unverified.pk}",
    "act-send-reset": "/admin/users/user/act/send-reset/?id={person.pk}",
    "act-export": "/admin/users/user/act/export/?id={person.pk}",
    "act-erase": "/admin/users/user/act/erase/?id={person.pk}",
    "act-make-active": "/admin/profiles/profile/act/make-active/?id={spare.pk}",
    "act-restore-version": "/admin/profiles/profile/act/restore-version/?id={revised.pk}&version=1&seen=2",
    "act-take-out-of-trash": "/admin/profiles/profile/act/take-out-of-trash/?id={trashed.pk}",
    "act-rerun": "/admin/profiles/job/act/rerun/?id={job}",
    "act-cancel": "/admin/profiles/job/act/cancel/?id={queued}",
    "act-reset-second-factor": "/admin/users/user/act/reset-second-factor/?id={person.pk}",
    "groups": "/admin/auth/group/",
    "group": "/admin/auth/group/{group}/change/",
    "group-add": "/admin/auth/group/add/",
    "tasks": "/admin/django_tasks_database/dbtaskresult/",
    "second-factor-password": "/admin/second-factor/password/",
    "app-users": "/admin/users/",
    "password-change": "/admin/password_change/",
}


def address(name: str, stage: Stage) -> str:
    """Where a page is."""
    return PAGES[name].format(**stage._asdict())
