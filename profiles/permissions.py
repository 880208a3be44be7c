"""Who may touch a profile: decided once, at the profile, for all that lies below it."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from profiles.models import Profile
from profiles_project.http.logs import security_event


class OwnsProfile(BasePermission):
    """The profile's user and nobody else; support staff and superusers have the admin."""

    def has_object_permission(self, request: Request, view: APIView, obj: Profile) -> bool:
        if obj.user_id == request.user.pk:
            return True
        security_event("access_refused", user=request.user.pk, session=request.auth.pk, profile=obj.pk)
        return False
