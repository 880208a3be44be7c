"""The problems of the routes of accounts."""

from profiles_project.api.errors import Conflict, Problem
from profiles_project.words.sentences import mark
from users.tokens import CHALLENGE


class Unauthorized(Problem):
    """401 that isn't the access token's fault."""

    status_code = 401

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": CHALLENGE})


class InvalidCredentials(Unauthorized):
    """401 of the login: one text, whether the address is unknown, the password wrong or the account inactive."""

    slug = "invalid-credentials"
    title = mark("Invalid credentials")
    default_detail = mark("Invalid credentials: the e-mail address or the password is wrong.")


class InvalidRefreshToken(Unauthorized):
    """401 of the refresh: one text for every fault of the token."""

    slug = "invalid-refresh-token"
    title = mark("Invalid refresh token")
    default_detail = mark("Invalid refresh token: please log in again.")


class WrongPassword(Unauthorized):
    """401: who is logged in must show the password here, and showed another one."""

    slug = "wrong-password"
    title = mark("Wrong password")
    default_detail = mark("Password is incorrect.")


class InvalidLink(Problem):
    """400: a link from a mail that was never good, or isn't any more."""

    status_code = 400
    slug = "invalid-token"
    title = mark("Invalid or expired token")


class StaffAccount(Problem):
    """403: an account of staff changes or ends in the admin, behind its second factor, and not by a password alone."""

    status_code = 403
    slug = "staff-account"
    title = mark("Account of staff")
    default_detail = mark("This is an account of staff, which is changed in the admin only.")


class EmailTaken(Conflict):
    """409: the e-mail address belongs to an account, in whatever spelling."""

    slug = "email-taken"
    title = mark("E-mail address taken")
    default_detail = mark("An account with this e-mail address already exists.")
