"""How the OpenAPI document describes accounts: the security scheme, and an example of every request and answer."""

from typing import Any

from drf_spectacular.drainage import set_override
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter

from profiles_project.api.openapi.operations import Message, operation, page_of, page_parameters, path_id
from users.api import serializers
from users.api.authentication import SessionJWTAuthentication

TAGS = ("auth",)
EMAIL = "ada@example.com"
PASSWORD = "Analytical1843"  # noqa: S105  # an example
TIME = "2026-01-02T03:04:05Z"
ACCESS = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIn0.c2lnbmF0dXJl"
REFRESH = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.c2lnbmF0dXJl"
LINK_TOKEN = "eyJ1Ijo3LCJtIjoiMDE5OTAwMDAifQ:1vGk2d:c2lnbmF0dXJl"  # noqa: S105  # an example

TOKENS = {
    "access_token": ACCESS,
    "refresh_token": REFRESH,
    "token_type": "Bearer",
    "expires_in": 3600,
    "user": {"id": 7, "email": EMAIL, "full_name": "Ada Lovelace", "created_at": TIME},
}
ME = {
    "id": 7,
    "email": EMAIL,
    "full_name": "Ada Lovelace",
    "language": "en",
    "is_active": True,
    "is_verified": False,
    "created_at": TIME,
    "updated_at": TIME,
}
SESSION = {
    "id": "01990000-0000-7000-8000-000000000000",
    "created_at": TIME,
    "last_used_at": TIME,
    "user_agent": "CareerApp/3.1 (iPhone; iOS 19.1)",
    "is_current": True,
}
PAGINATION = {"total": 1, "limit": 50, "offset": 0, "has_next": False, "has_previous": False}
NOT_FOR_STAFF = "Accounts of staff do this in the admin only (403, type `staff-account`), whatever the password."
RULES = "The new password has to follow the rules of `auth_register`."


class SessionJWTScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document describes it."""

    target_class = SessionJWTAuthentication
    name = "jwtAuth"
    # Subclasses, which find more than a session, are the same scheme.
    match_subclasses = True

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


# Else a subclass would count as another scheme of the same name.
set_override(SessionJWTAuthentication, "suppress_collision_warning", True)  # noqa: FBT003  # its signature

register = operation(
    operation_id="auth_register",
    summary="Make an account",
    description="The answer logs the person in; a mail asks to confirm the address. The password: "
    "8 to 128 characters, with an upper-case and a lower-case letter and a digit, not a common one and not like the "
    "e-mail address or the name; every rule that is broken is a fault of its own.",
    tags=TAGS,
    request=serializers.Registration,
    responses={201: serializers.Tokens},
    request_example={"email": EMAIL, "password": PASSWORD, "full_name": "Ada Lovelace"},
    response_example=TOKENS,
    errors=[409],
    auth=False,
)
login = operation(
    operation_id="auth_login",
    summary="Log in",
    description="Starts a session. The refusal is the same for an unknown address, a wrong password and an inactive "
    "account.",
    tags=TAGS,
    request=serializers.Credentials,
    responses={200: serializers.Tokens},
    request_example={"email": EMAIL, "password": PASSWORD},
    response_example=TOKENS,
    errors=[401],
    auth=False,
)
refresh = operation(
    operation_id="auth_refresh",
    summary="Get new tokens",
    description="Each refresh token works once and is replaced. Sent again within 30 seconds it brings the current "
    "one; sent again later it ends the session.",
    tags=TAGS,
    request=serializers.Refresh,
    responses={200: serializers.Tokens},
    request_example={"refresh_token": REFRESH},
    response_example=TOKENS,
    errors=[401],
    auth=False,
)
logout = operation(
    operation_id="auth_logout",
    summary="Log out",
    description="Ends the session of the access token, and that of the refresh token where one is sent.",
    tags=TAGS,
    request=serializers.Logout,
    responses={200: Message},
    request_example={"refresh_token": REFRESH},
    response_example={"message": "Logged out successfully"},
)
me_retrieve = operation(
    operation_id="auth_me_retrieve",
    summary="Show the account",
    description="Whose token it is, and whether the address is confirmed (`is_verified`). What goes into a "
    "résumé stands in profiles: `profiles_retrieve_active`.",
    tags=TAGS,
    responses={200: serializers.Me},
    response_example=ME,
)
me_partial_update = operation(
    operation_id="auth_me_partial_update",
    summary="Change the account's name or language",
    description="Mails are written in the `language`, and so are sentences where a request has no `Accept-Language`. "
    "Profiles keep the names that they have. The address is changed by `auth_change_email`.",
    tags=TAGS,
    request=serializers.MeUpdate,
    responses={200: serializers.Me},
    request_example={"full_name": "Ada Lovelace", "language": "fr"},
    response_example=ME,
)
change_password = operation(
    operation_id="auth_change_password",
    summary="Change the password",
    description=f"Ends every other session. {NOT_FOR_STAFF} {RULES}",
    tags=TAGS,
    request=serializers.PasswordChange,
    responses={200: Message},
    request_example={"current_password": PASSWORD, "new_password": "Difference-Engine-2"},
    response_example={"message": "Password changed successfully"},
    errors=[403],
)
forgot_password = operation(
    operation_id="auth_forgot_password",
    summary="Ask for a link to set a new password",
    description="The answer is the same whether there is such an account or not.",
    tags=TAGS,
    request=serializers.ForgottenPassword,
    responses={200: Message},
    request_example={"email": EMAIL},
    response_example={"message": "If the email exists, a reset link has been sent"},
    auth=False,
)
reset_password = operation(
    operation_id="auth_reset_password",
    summary="Set a new password with a link's token",
    description="The token works once, for one hour. Ends every session. A link does not stand in for the second "
    f"factor of an account of staff (403, type `staff-account`). {RULES}",
    tags=TAGS,
    request=serializers.PasswordReset,
    responses={200: Message},
    request_example={"token": LINK_TOKEN, "new_password": "Difference-Engine-2"},
    response_example={"message": "Password reset successfully"},
    errors=[403],
    auth=False,
)
change_email = operation(
    operation_id="auth_change_email",
    summary="Ask for another e-mail address",
    description="The new address gets a link, the old one a notice; the address changes when the link is used. The "
    f"answer is the same for an address that is taken. {NOT_FOR_STAFF}",
    tags=TAGS,
    request=serializers.EmailChange,
    responses={200: Message},
    request_example={"new_email": "countess@example.com", "password": PASSWORD},
    response_example={"message": "If the new address is free, a link to confirm it has been sent"},
    errors=[403],
)
verify_email = operation(
    operation_id="auth_verify_email",
    summary="Confirm an e-mail address with a link's token",
    description="For the link sent after registration and for that to a new address, which is in force from then on. "
    "The token works for 3 days. An account of staff gets no new address by a link (403, type `staff-account`).",
    tags=TAGS,
    request=serializers.LinkToken,
    responses={200: Message},
    request_example={"token": LINK_TOKEN},
    response_example={"message": "E-mail address verified"},
    errors=[403],
    auth=False,
)
resend_verification = operation(
    operation_id="auth_resend_verification",
    summary="Send the link to confirm the address again",
    description="The link before it works no longer. Nothing is sent to an address that is verified.",
    tags=TAGS,
    responses={200: Message},
    response_example={"message": "A link to verify the e-mail address has been sent"},
)
sessions_list = operation(
    operation_id="auth_sessions_list",
    summary="List the devices that are logged in",
    description="Newest first.",
    tags=TAGS,
    responses={200: page_of("SessionPage", "sessions", serializers.SessionInfo)},
    response_example={"sessions": [SESSION], "pagination": PAGINATION},
    parameters=page_parameters(),
)
sessions_delete = operation(
    operation_id="auth_sessions_delete",
    summary="Log a device out",
    description="Its tokens stop working at once. The list marks your own device with `is_current`.",
    tags=TAGS,
    responses={204: None},
    parameters=[path_id("session_id", "A session of the list.")],
    errors=[404],
)
check_email = operation(
    operation_id="auth_check_email",
    summary="Ask whether an address can still be registered",
    description="For a form, while somebody types: `available` is false for an address that belongs to an account, in "
    "whatever spelling. Only `auth_register` tells for certain.",
    tags=TAGS,
    responses={200: serializers.Availability},
    response_example={"email": EMAIL, "available": True},
    parameters=[OpenApiParameter("email", {"type": "string", "format": "email"}, required=True)],
    auth=False,
)
