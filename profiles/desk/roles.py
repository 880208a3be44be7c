"""The roles of staff: two groups, whose permissions every `migrate` resets to these.

Rights beyond these, such as mending a profile, are a superuser's; an operator who wants another role makes a group of
another name, which no release touches.
"""

from typing import Any

from django.apps import apps as registry

VIEWED = (
    *("users.view_user", "users.view_session", "users.view_mail", "users.view_securityevent"),
    *("profiles.view_profile", "profiles.view_job"),
)
HELP = (
    *("users.deactivate_user", "users.end_sessions_user", "users.send_mail_user", "users.export_user"),
    *("profiles.activate_profile", "profiles.restore_profile", "profiles.take_out_profile"),
    *("profiles.rerun_job", "profiles.cancel_job"),
)
SUPPORT = "Support"
SUPPORT_LEAD = "Support lead"
ROLES = {
    SUPPORT: (*VIEWED, *HELP),
    SUPPORT_LEAD: (*VIEWED, *HELP, "users.erase_user", "users.view_auditentry"),
}


def make_roles(apps: Any = registry, **_: Any) -> None:
    """Called by Django after it has migrated, when it has made the rights of all apps.

    `apps` are the models as far as they were migrated; after a flush Django sends none.
    """
    try:
        groups, permissions = apps.get_model("auth", "Group").objects, apps.get_model("auth", "Permission").objects
    except LookupError:
        # Only another app was migrated.
        return
    known = permissions.values_list("content_type__app_label", "codename", "pk")
    rights = {f"{app}.{codename}": pk for app, codename, pk in known}
    for name, wanted in ROLES.items():
        group, _made = groups.get_or_create(name=name)
        group.permissions.set([rights[right] for right in wanted if right in rights])
