"""What people call the parts of an account, for sentences about faults in them (contract 1.3)."""

from django.conf import settings

from profiles_project.words.places import Field, Words
from profiles_project.words.sentences import mark

WORDS = Words(
    entries={},
    choices=dict(settings.LANGUAGES),
    fields={
        "email": Field(mark("e-mail address"), mark("The e-mail address is missing.")),
        "new_email": Field(mark("new e-mail address"), mark("The new e-mail address is missing.")),
        "password": Field(mark("password"), mark("The password is missing.")),
        "current_password": Field(mark("current password"), mark("The current password is missing.")),
        "new_password": Field(mark("new password"), mark("The new password is missing.")),
        "full_name": Field(mark("name"), mark("The name is missing.")),
        "language": Field(mark("language"), mark("The language is missing.")),
        "refresh_token": Field(mark("log-in"), mark("The token of the log-in is missing.")),
        "token": Field(mark("link"), mark("The token of the link is missing.")),
    },
)
