"""One ordinary GET to a server that the user names, to read its build: the only network of hevesy.

Exchange answers `/owa/` with the header `X-OWA-Version`, or names its build in the paths of its
pages (`/owa/auth/15.1.2375/`). Nothing else is asked, no redirect is followed, nothing is sent but
the request and a user agent that says whose it is.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import re
import ssl
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hevesy import __version__
from hevesy.errors import UsageError
from hevesy.exposure.log_builds import path_builds
from hevesy.exposure.reading import Reading, short_name
from hevesy.knowledge import parse_build, show_build
from hevesy.model import BuildEvidence, ServerEvidence

__all__ = ["Answer", "ask", "check_address", "is_address", "reading_of"]

_PATH = "/owa/"
_BODY = 256 << 10
_BOTH_WAYS = 2
"""`socket.SHUT_RDWR`."""
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")
USER_AGENT = f"hevesy/{__version__} (reads the version of this Exchange server once)"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    version: str
    """Of `X-OWA-Version`; empty where there is none."""
    text: str
    """Where a redirect leads, and the beginning of the page."""


def is_address(text: str) -> bool:
    """Whether something is an address to ask, and no file."""
    return text.lower().startswith(("https://", "http://"))


def ask(address: str, seconds: float = 10.0, *, any_certificate: bool = False) -> Answer:
    """Send one GET for `/owa/`.

    Args:
        address: `https://mail.example.org`; its path is not used.
        seconds: how long to wait for the connection, for each piece, and for all of the answer.
        any_certificate: take a certificate that this machine does not trust.

    Raises:
        UsageError: It is no https address with a host.
        OSError: It cannot be reached, or does not speak HTTP.
    """
    host, port = _host_and_port(address)
    context = ssl.create_default_context()
    if any_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
    return _get(connection, seconds)


def check_address(address: str) -> None:
    """Refuse what cannot be asked, before anything is sent.

    Raises:
        UsageError: It is no https address with a host.
    """
    _host_and_port(address)


def reading_of(address: str, answer: Answer) -> Reading:
    """The build that an answer carries.

    Args:
        address: that was asked; its host is the server's name.
        answer: to that.
    """
    host, _ = _host_and_port(address)
    build = parse_build(answer.version)
    builds: tuple[BuildEvidence, ...] = ()
    if build:
        builds = (BuildEvidence(show_build(build), "su_exact", "probe", address),)
    else:
        builds = path_builds(re.findall(r"[^\s\"'<>]+", answer.text), address)
    if not builds:
        problem = f"{address}: answered {answer.status}, without an Exchange version"
        return Reading(problems=(problem,))
    if _is_number(host):
        return Reading((ServerEvidence(host, builds),))
    aliases = (host,) if "." in host else ()
    return Reading((ServerEvidence(short_name(host), builds, aliases=aliases),))


def _host_and_port(address: str) -> tuple[str, int]:
    message = f"an address begins with https:// and names a host, not {address!r}"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or 443
        named = _is_number(host) or _HOST.fullmatch(host.encode("idna").decode("ascii"))
    except ValueError as error:
        raise UsageError(message) from error
    if parts.scheme.lower() != "https" or not named:
        raise UsageError(message)
    return host, port


def _is_number(host: str) -> bool:
    """Whether a host is an address of IP: it has no short name."""
    with contextlib.suppress(ValueError):
        return bool(ipaddress.ip_address(host))
    return False


def _get(connection: http.client.HTTPConnection, seconds: float = 10.0) -> Answer:
    """What a server answers within its time; one that only ever sends a little is cut off."""
    late: threading.Timer | None = None
    try:
        connection.connect()
        late = threading.Timer(seconds, _hang_up, (connection.sock,))
        late.start()
        connection.request("GET", _PATH, headers={"User-Agent": USER_AGENT, "Accept": "text/html"})
        response = connection.getresponse()
        version = response.getheader("X-OWA-Version") or ""
        location = response.getheader("Location") or ""
        body = response.read(_BODY).decode("utf-8", "replace")
        return Answer(response.status, version, f"{location} {body}")
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(f"does not speak HTTP: {error!r}") from error
    finally:
        if late:
            late.cancel()
        connection.close()


def _hang_up(socket: Any) -> None:  # noqa: ANN401  # of plain TCP or of TLS
    """Wake whoever reads: the answer ends here."""
    with contextlib.suppress(OSError):
        socket.shutdown(_BOTH_WAYS)
