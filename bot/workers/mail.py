"""Mail to staff: sending it, and its text. It contains no text from students."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from bot.settings import MailSettings

TIMEOUT_SECONDS = 15.0

Send = Callable[[str, str], None]


class MailError(Exception):
    """The mail server did not accept a mail."""


@cache
def _texts() -> Environment:
    loader = FileSystemLoader(Path(__file__).with_name("mails"))
    return Environment(loader=loader, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701 - plain text


def written(name: str, **values: Any) -> tuple[str, str]:
    """Return a mail's subject and text: the first line of its file, and the rest."""
    subject, _, text = _texts().get_template(f"{name}.txt").render(**values).partition("\n")
    return subject.strip(), text.strip() + "\n"


@dataclass(frozen=True)
class Mailer:
    """Sends mail through the library's server."""

    settings: MailSettings

    def __call__(self, subject: str, text: str) -> None:
        """Send a mail to the staff. Raises MailError."""
        mail = EmailMessage()
        mail["From"], mail["To"] = self.settings.sender, ", ".join(self.settings.staff)
        mail["Subject"], mail["Message-ID"] = subject, make_msgid(domain="carrel.invalid")
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: suppresses out-of-office replies
        mail.set_content(text)
        server = self.settings.server
        try:
            with self._connect() as connection:
                if server.user:
                    connection.login(server.user, server.password)
                connection.send_message(mail)
        except (OSError, smtplib.SMTPException) as error:
            raise MailError(type(error).__name__) from error

    def _connect(self) -> smtplib.SMTP:
        server, context = self.settings.server, ssl.create_default_context()
        if server.tls:
            return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=context)
        connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        connection.ehlo()
        if connection.has_extn("starttls"):
            connection.starttls(context=context)
            connection.ehlo()
        elif server.user:
            connection.close()
            raise smtplib.SMTPNotSupportedError("a password goes over an encrypted connection alone")
        return connection
