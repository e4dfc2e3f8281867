"""What tests of exposure share: the tables, servers by their builds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hevesy.knowledge import ExchangeKnowledge, load_exchange
from hevesy.model import BuildEvidence, ServerEvidence

Make = Callable[..., ServerEvidence]


@pytest.fixture(scope="session")
def known() -> ExchangeKnowledge:
    """What ships with hevesy."""
    return load_exchange()


@pytest.fixture
def make_server() -> Make:
    """Builds a server with one build, as an inventory gives it."""

    def make(build: str = "15.1.2375.7", name: str = "EX01", **changes: Any) -> ServerEvidence:  # noqa: ANN401  # any field
        grade = changes.pop("grade", "su_exact")
        origin = changes.pop("origin", "inventory")
        evidence = BuildEvidence(build, grade, origin, "inventory.csv", 2)
        return ServerEvidence(name, (evidence,), **changes)

    return make
