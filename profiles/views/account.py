"""A person's own data as a whole: to take along, and to erase (contract 2). Profiles are in it, so it lives here."""

from django.contrib.auth.hashers import check_password
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from profiles import openapi, rendering, serializers
from profiles.models import Profile
from profiles_project.http.logs import security_event
from users.exports import account_document
from users.models import User
from users.problems import WrongPassword
from users.views import PrivateView


class OwnDataView(PrivateView):
    """Answers /auth/me/export."""

    limit = "export"

    @openapi.own_data
    def get(self, request: Request) -> Response:
        profiles = rendering.documents(Profile.objects.filter(user=self.account))
        return Response({"exported_at": timezone.now(), **account_document(self.account), "profiles": profiles})


class EraseView(PrivateView):
    """Answers /auth/me/erase."""

    limit = "password"

    @openapi.erase
    def post(self, request: Request) -> Response:
        password = self.read(serializers.PasswordBody).validated_data["password"]
        # The profiles are locked as by every writer, and the user as against whatever refers to it.
        with Profile.objects.revise_all(self.account.pk):
            user = User.objects.select_for_update().get(pk=self.account.pk)
            if not check_password(password, user.password):
                raise WrongPassword
            user.delete()
        security_event("account_erased", user=self.account.pk)
        return Response(status=204)
