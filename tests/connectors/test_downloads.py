"""Files that students sent: fetched from the platform's own hosts alone, whatever an address says."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx
import pytest

from connectors.downloads import MOST_BYTES, Download, DownloadError, Source, fetch

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
HOSTS = ("lookaside.fbsbx.com", ".fbcdn.net")
API = "https://graph.facebook.com"
PUBLIC = ["157.240.1.1"]

Answer = tuple[int, Mapping[str, str], bytes]


class Web:
    """What answers at each address, and what was asked for, with which credentials."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str]] = []
        self.client = httpx.Client(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((str(request.url), request.headers.get("authorization", "")))
        status, headers, body = self.answers[str(request.url)]
        return httpx.Response(status, headers=dict(headers), content=body)


def got(
    web: Web, url: str, *, headers: Mapping[str, str] | None = None, resolve: Callable[[str], list[str]] | None = None
) -> Download:
    return fetch(web.client, Source(url, HOSTS, API, headers or {}), resolve or (lambda _host: PUBLIC))


def test_a_picture_is_known_by_its_first_bytes() -> None:
    """Not by what the server says: a page that calls itself a picture is a file."""
    picture = Web({"https://lookaside.fbsbx.com/a": (200, {"content-type": "text/html"}, PNG)})
    page = Web({"https://lookaside.fbsbx.com/a": (200, {"content-type": "image/png"}, b"<script>")})

    assert got(picture, "https://lookaside.fbsbx.com/a").type == "image/png"
    assert got(page, "https://lookaside.fbsbx.com/a").type == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://lookaside.fbsbx.com/a",
        "https://evil.example/a",
        "https://lookaside.fbsbx.com.evil.example/a",
        "https://evilfbcdn.net/a",
        "https://user:pass@lookaside.fbsbx.com/a",
        "https://lookaside.fbsbx.com:8443/a",
        "https://127.0.0.1/a",
        "https://[::1]/a",
        "file:///etc/passwd",
        "https://lookaside.fbsbx.com:x/a",
        "",
    ],
)
def test_an_address_elsewhere_is_not_asked(url: str) -> None:
    web = Web({})
    with pytest.raises(DownloadError):
        got(web, url)

    assert web.asked == []


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "192.168.0.9", "0.0.0.0"]
)
def test_a_name_that_leads_into_a_private_network_is_not_asked(address: str) -> None:
    """Of several addresses none may be private."""
    web = Web({})
    with pytest.raises(DownloadError, match="private network"):
        got(web, "https://lookaside.fbsbx.com/a", resolve=lambda _host: [*PUBLIC, address])

    assert web.asked == []


def test_a_redirect_is_looked_at_like_the_first_address() -> None:
    web = Web({"https://lookaside.fbsbx.com/a": (302, {"location": "https://169.254.169.254/latest"}, b"")})
    with pytest.raises(DownloadError, match="does not lie with the platform"):
        got(web, "https://lookaside.fbsbx.com/a")

    assert [url for url, _ in web.asked] == ["https://lookaside.fbsbx.com/a"]


def test_credentials_stay_behind_when_the_host_changes() -> None:
    """A token is for the host that it was meant for."""
    web = Web(
        {
            "https://lookaside.fbsbx.com/a": (302, {"location": "https://scontent.x.fbcdn.net/b"}, b""),
            "https://scontent.x.fbcdn.net/b": (200, {}, PNG),
        }
    )
    got(web, "https://lookaside.fbsbx.com/a", headers={"Authorization": "Bearer t"})

    assert [header for _, header in web.asked] == ["Bearer t", ""]


def test_going_round_in_circles_ends() -> None:
    web = Web({"https://lookaside.fbsbx.com/a": (302, {"location": "/a"}, b"")})
    with pytest.raises(DownloadError, match="circles"):
        got(web, "https://lookaside.fbsbx.com/a")


def test_too_much_is_cut_off() -> None:
    web = Web({"https://lookaside.fbsbx.com/a": (200, {}, b"0" * (MOST_BYTES + 1))})
    with pytest.raises(DownloadError, match="larger than 16 MiB"):
        got(web, "https://lookaside.fbsbx.com/a")


def test_a_file_that_is_gone_is_told_so() -> None:
    web = Web({"https://lookaside.fbsbx.com/a": (404, {}, b"")})
    with pytest.raises(DownloadError, match="keeps files for some days"):
        got(web, "https://lookaside.fbsbx.com/a")


def test_the_address_of_the_api_as_the_operator_has_set_it_is_trusted() -> None:
    """A stand-in on this machine; nothing else there is."""
    web = Web({"http://127.0.0.1:9/x": (200, {}, PNG)})
    source = Source("http://127.0.0.1:9/x", HOSTS, "http://127.0.0.1:9")

    assert fetch(web.client, source).body == PNG
    with pytest.raises(DownloadError):
        fetch(web.client, Source("http://127.0.0.1:10/x", HOSTS, "http://127.0.0.1:9"))
