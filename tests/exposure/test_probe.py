"""The one GET: what is sent, what is read of the answer, what is refused."""

from __future__ import annotations

import http.client
import threading
import time
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
    slow: ClassVar[set[int]] = set()

    def do_GET(self) -> None:
        """Redirect to the logon page, with the version; or never come to an end."""
        if self.connection.getsockname()[1] in self.slow:
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                time.sleep(0.05)
                self.wfile.write(b"x")
            return
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


def test_a_server_that_only_ever_sends_a_little_is_given_up(port: int) -> None:
    """The limit is one of the whole answer: pieces that come in time do not put it off."""
    _Server.slow.add(port)
    started = time.monotonic()
    answer = probe._get(http.client.HTTPConnection("127.0.0.1", port, timeout=5), 0.3)

    assert time.monotonic() - started < 3
    assert not answer.version


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


def test_an_address_of_ip_is_a_name_as_a_whole() -> None:
    """`192.0.2.7` is no server called 192, and two of them are two servers."""
    reading = reading_of("https://192.0.2.7", Answer(302, "15.2.1118.26", ""))

    assert [(one.name, one.aliases) for one in reading.servers] == [("192.0.2.7", ())]


@pytest.mark.parametrize(
    "address",
    [
        "http://mail.example.org",
        "https://",
        "ftp://x",
        "https://mail.example.org:99999999",
        "https://[::1",
        "https://a b",
        "https://mail..example.org",
    ],
)
def test_only_https_addresses_are_asked(address: str) -> None:
    """Nothing is sent in the clear."""
    with pytest.raises(UsageError, match="begins with https://"):
        ask(address)
    assert is_address(address) is not address.startswith("ftp")
