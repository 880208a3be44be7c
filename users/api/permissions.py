"""What an account's own routes refuse by who asks."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from users.problems import StaffAccount


class NotOfStaff(BasePermission):
    """Refuses accounts of staff (403, `StaffAccount`) before password or body is looked at.

    So the answer tells nothing about the password, whoever has a token of such an account.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.user.is_staff_account:  # type: ignore[union-attr]  # IsAuthenticated stands before it
            raise StaffAccount
        return True
