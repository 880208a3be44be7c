"""What an account's own routes refuse by who asks."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from users.models import User
from users.problems import StaffAccount


def is_staff_account(user: User) -> bool:
    """Whether the account opens the admin: its password, address and existence are changed there alone."""
    return user.is_staff or user.is_superuser


class NotOfStaff(BasePermission):
    """Refuses accounts of staff (403, `StaffAccount`) before password or body is looked at.

    So the answer tells nothing about the password, whoever has a token of such an account.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        if is_staff_account(request.user):  # type: ignore[arg-type]  # IsAuthenticated stands before it
            raise StaffAccount
        return True
