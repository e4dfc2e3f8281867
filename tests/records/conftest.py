"""What the tests of text logs share: a log read from a string."""

from __future__ import annotations

import io
from collections.abc import Callable

import polars as pl
import pytest

from hevesy.model import Source, Survey
from hevesy.records import Wanted, add_up, parse
from hevesy.tables import PROVENANCE

ReadLog = Callable[..., tuple[pl.DataFrame, Survey]]


@pytest.fixture(scope="session")
def read_log() -> ReadLog:
    """Reads `data` as a log of a kind: all rows as one frame, and the survey of the source."""

    def read(
        kind: str, data: str | bytes, wanted: Wanted | None = None
    ) -> tuple[pl.DataFrame, Survey]:
        content = data.encode() if isinstance(data, str) else data
        source = Source("input", "a.log", "", "", "", kind, len(content), None, ())
        batches = list(parse(source, io.BytesIO(content), wanted))
        frames = [batch.frame for batch in batches if len(batch.frame)]
        whole = pl.concat(frames, how="diagonal") if frames else pl.DataFrame(schema=PROVENANCE)
        return whole, add_up(batch.survey for batch in batches)

    return read
