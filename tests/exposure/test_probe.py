"""The one GET: what is sent, what is read of the answer, what is refused."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from hevesy.errors import UsageError
from hevesy.exposure import probe
from hevesy.exposure.probe import Answer, ask, is_address, reading_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ADDRESS = "https://mail01.example.org"


class _Server(BaseHTTPRequestHandler):
    """Answers as Exchange does, and keeps what it was asked."""

    asked: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self) -> None:
        """Redirect to the logon page, with the version."""
        self.asked.append((self.path, self.headers["User-Agent"]))
        self.send_response(302)
        self.send_header("X-OWA-Version", "15.2.1118.26")
        self.send_header("Location", "/owa/auth/logon.aspx")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the base
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """A server on this machine."""
    with HTTPServer(("127.0.0.1", 0), _Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        _Server.asked.clear()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_one_get_is_sent_and_no_redirect_followed(port: int) -> None:
    """`/owa/` once, with a user agent that names the tool."""
    answer = probe._get(http.client.HTTPConnection("127.0.0.1", port, timeout=5))

    assert answer.status == 302
    assert answer.version == "15.2.1118.26"
    ((path, agent),) = _Server.asked
    assert path == "/owa/"
    assert agent.startswith("hevesy/")


def test_what_cannot_be_reached_is_an_error_of_the_network(port: int) -> None:
    """A server that does not speak TLS; the caller names it and goes on."""
    with pytest.raises(OSError, match=r"."):
        ask(f"https://127.0.0.1:{port}", 5)


@pytest.mark.parametrize(
    ("answer", "build", "grade"),
    [
        (Answer(302, "15.2.1118.26", ""), "15.2.1118.26", "su_exact"),
        (
            Answer(200, "", '<link href="/owa/auth/15.1.2375/themes/x.css">'),
            "15.1.2375.0",
            "cu_only",
        ),
        (Answer(200, "junk", "/owa/auth/15.1.2375.7/x"), "15.1.2375.7", "cu_only"),
    ],
)
def test_the_version_is_in_a_header_or_in_the_paths(answer: Answer, build: str, grade: str) -> None:
    """The header tells the security update, paths the cumulative update alone."""
    (server,) = reading_of(ADDRESS, answer).servers

    assert (server.name, server.aliases) == ("MAIL01", ("mail01.example.org",))
    assert (server.builds[0].build, server.builds[0].grade) == (build, grade)


def test_an_answer_without_a_version_is_named() -> None:
    """Another web server, or one that hides it."""
    reading = reading_of(ADDRESS, Answer(200, "", "<html>nothing</html>"))

    assert reading.problems == (f"{ADDRESS}: answered 200, without an Exchange version",)


@pytest.mark.parametrize("address", ["http://mail.example.org", "https://", "ftp://x"])
def test_only_https_addresses_are_asked(address: str) -> None:
    """Nothing is sent in the clear."""
    with pytest.raises(UsageError, match="begins with https://"):
        ask(address)
    assert is_address(address) is not address.startswith("ftp")
