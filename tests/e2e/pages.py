"""Every page of the admin, once: what looks at each of them derives from this table."""

from collections.abc import Callable, Mapping

from tests.e2e.stage import Stage

# The name of a page's screenshots, and its address. Superusers see all of them.
PAGES: Mapping[str, Callable[[Stage], str]] = {
    "front": lambda stage: "/admin/",
    "users": lambda stage: "/admin/users/user/",
    "users-found-none": lambda stage: "/admin/users/user/?q=nobody-is-called-so",
    "user": lambda stage: f"/admin/users/user/{stage.person.pk}/change/",
    "user-history": lambda stage: f"/admin/users/user/{stage.person.pk}/history/",
    "user-add": lambda stage: "/admin/users/user/add/",
    "sessions": lambda stage: "/admin/users/session/",
    "session": lambda stage: f"/admin/users/session/{stage.session}/change/",
    "mails": lambda stage: "/admin/users/mail/",
    "mail": lambda stage: f"/admin/users/mail/{stage.mail}/change/",
    "events": lambda stage: "/admin/users/securityevent/",
    "event": lambda stage: f"/admin/users/securityevent/{stage.event}/change/",
    "profiles": lambda stage: "/admin/profiles/profile/",
    "profile": lambda stage: f"/admin/profiles/profile/{stage.profile.pk}/change/",
    "read": lambda stage: f"/admin/profiles/profile/{stage.profile.pk}/read/",
    "jobs": lambda stage: "/admin/profiles/job/",
    "job": lambda stage: f"/admin/profiles/job/{stage.job}/change/",
    "audit-log": lambda stage: "/admin/users/auditentry/",
    "act-deactivate": lambda stage: f"/admin/users/user/act/deactivate/?id={stage.person.pk}",
    "act-several": lambda stage: f"/admin/users/user/act/deactivate/?id={stage.person.pk}&id={stage.inactive.pk}",
    "act-refused": lambda stage: f"/admin/users/user/act/reactivate/?id={stage.person.pk}",
    "act-erase": lambda stage: f"/admin/users/user/act/erase/?id={stage.person.pk}",
    "act-make-active": lambda stage: f"/admin/profiles/profile/act/make-active/?id={stage.spare.pk}",
    "act-rerun": lambda stage: f"/admin/profiles/job/act/rerun/?id={stage.job}",
    "act-cancel": lambda stage: f"/admin/profiles/job/act/cancel/?id={stage.queued}",
    "act-reset-second-factor": lambda stage: f"/admin/users/user/act/reset-second-factor/?id={stage.person.pk}",
    "groups": lambda stage: "/admin/auth/group/",
    "group-add": lambda stage: "/admin/auth/group/add/",
    "tasks": lambda stage: "/admin/django_tasks_database/dbtaskresult/",
    "second-factor-set-up": lambda stage: "/admin/second-factor/set-up/",
    "app-users": lambda stage: "/admin/users/",
    "password-change": lambda stage: "/admin/password_change/",
}
