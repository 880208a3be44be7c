"""Permissions of the routes of accounts."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from users.problems import StaffAccount


class NotOfStaff(BasePermission):
    """Refuses accounts of staff (403, `StaffAccount`) before password or body are read.

    The answer therefore reveals nothing about the password to the holder of a stolen token.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.user.is_staff_account:  # type: ignore[union-attr]  # IsAuthenticated stands before it
            raise StaffAccount
        return True
