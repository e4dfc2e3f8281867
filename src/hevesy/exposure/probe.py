"""One ordinary GET to a server that the user names, to read its build: the only network of hevesy.

Exchange answers `/owa/` with the header `X-OWA-Version`, or names its build in the paths of its
pages (`/owa/auth/15.1.2375/`). Nothing else is asked, no redirect is followed, nothing is sent but
the request and a user agent that says whose it is.
"""

from __future__ import annotations

import http.client
import re
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from hevesy import __version__
from hevesy.errors import UsageError
from hevesy.exposure.log_builds import path_builds
from hevesy.exposure.reading import Reading, short_name
from hevesy.knowledge import parse_build, show_build
from hevesy.model import BuildEvidence, ServerEvidence

__all__ = ["Answer", "ask", "is_address", "reading_of"]

_PATH = "/owa/"
_BODY = 256 << 10
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
        seconds: how long to wait for connection and answer.
        any_certificate: take a certificate that this machine does not trust.

    Raises:
        UsageError: It is no https address with a host.
        OSError: It cannot be reached, or does not speak HTTP.
    """
    parts = urlsplit(address)
    if parts.scheme.lower() != "https" or not parts.hostname:
        raise UsageError(f"an address begins with https:// and names a host, not {address!r}")
    context = ssl.create_default_context()
    if any_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(
        parts.hostname, parts.port or 443, timeout=seconds, context=context
    )
    return _get(connection)


def reading_of(address: str, answer: Answer) -> Reading:
    """The build that an answer carries.

    Args:
        address: that was asked; its host is the server's name.
        answer: to that.
    """
    host = urlsplit(address).hostname or address
    build = parse_build(answer.version)
    builds: tuple[BuildEvidence, ...] = ()
    if build:
        builds = (BuildEvidence(show_build(build), "su_exact", "probe", address),)
    else:
        builds = path_builds(re.findall(r"[^\s\"'<>]+", answer.text), address)
    if not builds:
        problem = f"{address}: answered {answer.status}, without an Exchange version"
        return Reading(problems=(problem,))
    aliases = (host,) if "." in host else ()
    return Reading((ServerEvidence(short_name(host), builds, aliases=aliases),))


def _get(connection: http.client.HTTPConnection) -> Answer:
    try:
        connection.request("GET", _PATH, headers={"User-Agent": USER_AGENT, "Accept": "text/html"})
        response = connection.getresponse()
        version = response.getheader("X-OWA-Version") or ""
        location = response.getheader("Location") or ""
        body = response.read(_BODY).decode("utf-8", "replace")
        return Answer(response.status, version, f"{location} {body}")
    except http.client.HTTPException as error:
        raise OSError(f"does not speak HTTP: {error!r}") from error
    finally:
        connection.close()
