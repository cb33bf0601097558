"""Setting types: each function parses one kind of value, and raises ValueError for anything else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def text(value: str) -> str:
    """Return the text unchanged."""
    return value


def names(value: str) -> tuple[str, ...]:
    """Return comma-separated values, at least one."""
    found = tuple(each.strip() for each in value.split(",") if each.strip())
    if not found:
        raise ValueError
    return found


def port(value: str) -> int:
    """Return a port number."""
    number = int(value)
    if not 1 <= number <= 65535:
        raise ValueError
    return number


def positive(value: str) -> int:
    """Return a whole number of at least 1."""
    number = int(value)
    if number < 1:
        raise ValueError
    return number


def share(value: str) -> float:
    """Return a number from 0 to 100."""
    number = float(value)
    if not 0 <= number <= 100:
        raise ValueError
    return number


def yes(value: str) -> bool:
    """Return whether the value means yes."""
    if value.lower() not in {"yes", "no"}:
        raise ValueError
    return value.lower() == "yes"


def web_address(value: str) -> str:
    """Return a URL without its trailing slash."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError
    _ = parts.port  # raises ValueError if it isn't a number
    return value.rstrip("/")


def bucket(value: str) -> str:
    """Return the address of a bucket, with or without a folder in it."""
    if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w./-]*)?", value):
        raise ValueError
    return value.rstrip("/")


def page_or_album(value: str) -> str:
    """Return "page", or the number of an album."""
    if value != "page" and not re.fullmatch(r"[0-9]{1,30}", value):
        raise ValueError
    return value


def database(value: str) -> str:
    """Return a database URL that SQLAlchemy supports."""
    # Heroku and others still use the scheme that SQLAlchemy 1.4 has dropped.
    value = re.sub(r"^postgres://", "postgresql://", value)
    if not re.match(r"^(sqlite:///|postgresql(\+\w+)?://)", value):
        raise ValueError
    return value


def redis(value: str) -> str:
    """Return a Redis URL."""
    if urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError
    return value


def version(value: str) -> str:
    """Return a version of Meta's Graph API."""
    if not re.fullmatch(r"v\d+\.\d+", value):
        raise ValueError
    return value


def zone(value: str) -> ZoneInfo:
    """Return a time zone by its IANA name."""
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError from error


def secret(value: str) -> str:
    """Return a secret that is long enough."""
    if len(value) < 16:
        raise ValueError
    return value


@dataclass(frozen=True)
class MailServer:
    """The outgoing mail server. `tls`: from the first byte on (smtps), else by STARTTLS if the server supports it."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: bool = False


NO_SERVER = MailServer("", 0, "", "")


def hour(value: str) -> int:
    """Return an hour of the day."""
    number = int(value)
    if not 0 <= number <= 23:
        raise ValueError
    return number


def mail_server(value: str) -> MailServer:
    """Return the server of smtp://user:password@host:587 or smtps://…"""
    parts = urlsplit(value)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError
    tls = parts.scheme == "smtps"
    port = parts.port or (465 if tls else 587)
    return MailServer(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), tls)


def mail_addresses(value: str) -> tuple[str, ...]:
    """Return comma-separated mail addresses."""
    found = tuple(each.strip() for each in value.split(",") if each.strip())
    if not found or any("@" not in parseaddr(each)[1] or "\n" in each for each in found):
        raise ValueError
    return found


def mail_address(value: str) -> str:
    """Return one mail address."""
    [found] = mail_addresses(value)
    return found


def digits(value: str) -> str:
    """Return an id of Meta's."""
    if not re.fullmatch(r"[0-9]{1,32}", value):
        raise ValueError
    return value


def natural(value: str) -> int:
    """Return a whole number from 0 on."""
    number = int(value)
    if number < 0:
        raise ValueError
    return number


def content_sid(value: str) -> str:
    """Return the SID of a Twilio template."""
    if not re.fullmatch(r"HX[0-9a-fA-F]{32}", value):
        raise ValueError
    return value


def phone(value: str) -> str:
    """Return the digits of a telephone number with its country code."""
    digits = re.sub(r"[\s()+-]", "", value)
    if not re.fullmatch(r"[1-9]\d{6,14}", digits):
        raise ValueError
    return digits
