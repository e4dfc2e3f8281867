"""Copied as `sitecustomize.py` beside a run: every attempt to use the network ends the process."""

from __future__ import annotations

import os
import sys

EVENTS = {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "socket.listen"}


def forbid(event: str, arguments: tuple[object, ...]) -> None:
    """End the process, loudly, where it asks for the network."""
    if event in EVENTS and not isinstance(arguments[-1], str | bytes):
        sys.stderr.write(f"NETWORK USED: {event} {arguments!r}\n")
        os._exit(99)


sys.addaudithook(forbid)
