"""Work that goes wrong in every way; workers import it, so it is no test module."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

from hevesy.runner.memory import limit_own_memory

if TYPE_CHECKING:
    from hevesy.model import Source

LIMIT = 400 << 20


def set_up() -> None:
    """Prepare a worker as a run does."""
    limit_own_memory(LIMIT)


def work(sources: tuple[Source, ...]) -> list[str]:
    """Read each source; its name says what goes wrong."""
    for source in sources:
        if source.path == "hangs":
            time.sleep(60)
        if source.path == "dies":
            os._exit(9)
        if source.path == "raises":
            raise ValueError("a bug of ours")
        if source.path == "eats":
            held = [bytearray(os.urandom(1 << 20)) for _ in range(900)]
            time.sleep(len(held))
    return [source.path for source in sources]


def blocked(sources: tuple[Source, ...]) -> list[bool]:
    """Whether Ctrl-C was kept from this process since it began."""
    return [signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()) for _ in sources]
