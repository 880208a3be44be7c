"""Mail on a developer's machine."""

import re
import sys
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends import filebased

LINK = re.compile(r"https?://\S+")


class DevelopmentBackend(filebased.EmailBackend):
    """Writes mails to files in EMAIL_FILE_PATH and shows each link of theirs on the console too."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        sent = super().send_messages(email_messages)
        for message in email_messages:
            for link in LINK.findall(str(message.body)):
                sys.stdout.write(f"Mail to {', '.join(message.to)}: {link}\n")
        sys.stdout.flush()
        return sent
