"""Who may touch a profile: decided once, at the profile, for all that lies below it."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from profiles.models import Job, Profile
from profiles_project.observe.logs import security_event


class IsOwner(BasePermission):
    """The user of a profile or a job and nobody else; support staff and superusers have the admin."""

    def has_object_permission(self, request: Request, view: APIView, obj: Profile | Job) -> bool:
        if obj.user_id == request.user.pk:
            return True
        which: dict[str, Any] = {str(obj._meta.model_name): obj.pk}
        security_event("access_refused", user=request.user.pk, session=request.auth.pk, **which)
        return False
