"""Export and erasure of all of a person's data (contract 2). Profiles are part of it, so it lives in this app."""

from django.contrib.auth.hashers import check_password
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from profiles import erasure, tasks
from profiles.api import openapi
from profiles.api.views.jobs import accepted
from profiles.career import requests
from profiles.portability import exports
from profiles_project.api.preferences import prefers_async
from users.api.permissions import NotOfStaff
from users.api.views import PrivateView
from users.events import note
from users.models import User
from users.problems import StaffAccount, WrongPassword


class OwnDataView(PrivateView):
    """GET /auth/me/export."""

    scarce_scope = "export"

    @openapi.own_data
    def get(self, request: Request) -> Response:
        # HEAD answers as GET would, and files no job.
        is_job = request.method == "GET" and prefers_async(request)
        if is_job:
            answer = accepted(request, tasks.file_export(self.account))
        else:
            answer = Response(exports.own_data(self.account))
        note("data_exported", self.account, session=self.session.pk)
        return answer


class EraseView(PrivateView):
    """Answers /auth/me/erase."""

    throttle_scope = "password"
    permission_classes = (IsAuthenticated, NotOfStaff)

    @openapi.erase
    def post(self, request: Request) -> Response:
        password = self.read(requests.PasswordBody).validated_data["password"]

        def check(user: User) -> None:
            # Checked again under the lock: the account may have become staff meanwhile.
            if user.is_staff_account:
                raise StaffAccount
            if not check_password(password, user.password):
                raise WrongPassword

        erasure.erase(self.account.pk, check)
        return Response(status=204)
