"""Downloads what a student sent: from the platform's own hosts over https, never a private address, size-limited."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import httpx

MOST_BYTES = 16 * 1024 * 1024
MOST_HOPS = 4
# Too many requests, and faults of the platform's own: they pass.
AGAIN = frozenset({429, 500, 502, 503, 504})

# OWASP, "Server Side Request Forgery Prevention": an allow-list of hosts, and a check of what they resolve to.
Resolve = Callable[[str], Sequence[str]]


class DownloadError(Exception):
    """A file can't be downloaded; the text says why, for staff. `again`: another try may help."""

    def __init__(self, text: str, *, again: bool = False) -> None:
        super().__init__(text)
        self.again = again


class TooLarge(DownloadError):
    """A file is larger than what is taken."""


@dataclass(frozen=True)
class Download:
    """A file that a student sent. `type` is detected from its first bytes; "" for anything but a picture."""

    body: bytes
    type: str


@dataclass(frozen=True)
class Source:
    """Where a file is and how to request it.

    `hosts`: allowed host names; a leading dot allows all subdomains. `trusted` is the platform's API address as
    configured by the operator, which may be anywhere. `headers` are sent only to the first host and to `trusted`.
    """

    url: str
    hosts: tuple[str, ...]
    trusted: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def resolved(host: str) -> list[str]:
    """Return the addresses that a host name resolves to. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)]


def fetch(client: httpx.Client, source: Source, resolve: Resolve = resolved, *, most: int = MOST_BYTES) -> Download:
    """Return the file at `source`. Raises DownloadError, or TooLarge for one of more than `most` bytes."""
    url, first = source.url, urlsplit(source.url).netloc
    for _ in range(MOST_HOPS):
        _check(url, source, resolve)
        kept = source.headers if urlsplit(url).netloc == first or _is_trusted(url, source) else {}
        try:
            with client.stream("GET", url, headers=dict(kept), follow_redirects=False) as response:
                if response.is_redirect:
                    url = urljoin(url, response.headers.get("location", ""))
                    continue
                if response.status_code in AGAIN:
                    raise DownloadError("The platform can't give the file now. Try it again.", again=True)
                if response.status_code != 200:
                    raise DownloadError("The platform does not give this file any more: it keeps files for some days.")
                return _read(response, most)
        except httpx.HTTPError as error:
            raise DownloadError("The platform does not answer. Try it again.", again=True) from error
    raise DownloadError("The file's address leads round in circles.")


def _read(response: httpx.Response, most: int) -> Download:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > most:
            raise TooLarge(f"The file is larger than {most // 1024 // 1024} MiB.")
    return Download(bytes(body), picture(bytes(body[:16])))


def picture(head: bytes) -> str:
    """Return a picture's type from its first bytes, whatever its name says; "" for anything else."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if head.startswith(b"RIFF") and head[8:12] == b"WEBP" else ""


def _is_trusted(url: str, source: Source) -> bool:
    return urlsplit(url)[:2] == urlsplit(source.trusted)[:2]


def _check(url: str, source: Source, resolve: Resolve) -> None:
    """Return if `url` may be requested. Raises DownloadError."""
    if _is_trusted(url, source):
        return
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port or 443
    except ValueError as error:
        raise DownloadError("The file's address is none.") from error
    known = any(host == each or (each.startswith(".") and host.endswith(each)) for each in source.hosts)
    if parts.scheme != "https" or not known or port != 443 or parts.username is not None:
        raise DownloadError("The file does not lie with the platform, so it is not fetched.")
    try:
        addresses = resolve(host)
    except OSError as error:
        raise DownloadError("The platform does not answer. Try it again.", again=True) from error
    if not addresses or not all(ipaddress.ip_address(each.split("%")[0]).is_global for each in addresses):
        raise DownloadError("The file's address leads into a private network, so it is not fetched.")
