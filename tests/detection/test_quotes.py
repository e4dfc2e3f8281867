"""Raw text that was left on disk is found again, however its records are ordered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from hevesy.detection import QUOTE, Quotes, with_texts

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = {"line": pl.Int64(), "raw": pl.String(), QUOTE: pl.UInt64()}


@pytest.fixture(params=["scratch", "odd[1]"])
def left(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Quotes, pl.DataFrame]:
    """Three parts of several rows, one of them with a column more; their frames together.

    They lie in a folder whose name may look like a pattern.
    """
    folder = tmp_path / request.param
    folder.mkdir()
    paths = [folder / f"{number}.arrow" for number in range(3)]
    for number, path in enumerate(paths):
        lines = list(range(number * 10, number * 10 + 10))
        frame = pl.DataFrame({"line": lines, "raw": [f"line {line}" for line in lines]})
        more = {"correlated": pl.lit("{}")} if number == 1 else {}
        frame.with_columns(**more).write_ipc(path, compression="zstd")
    quotes, frames = Quotes().take(paths[:1], SCHEMA)
    quotes, others = quotes.take(paths[1:], SCHEMA)
    return quotes, pl.concat([*frames, *others], how="diagonal")


def test_frames_are_taken_without_their_text(left: tuple[Quotes, pl.DataFrame]) -> None:
    """What is large stays where it is; what else a frame carries is kept."""
    _, rows = left

    assert rows["raw"].null_count() == rows.height == rows[QUOTE].n_unique() == 30
    assert rows["correlated"].drop_nulls().len() == 10


def test_few_rows_get_their_text(left: tuple[Quotes, pl.DataFrame]) -> None:
    """Of any parts, in any order; a row that holds its text keeps it."""
    quotes, rows = left
    own = {"line": [99], "raw": ["its own"], QUOTE: [None]}
    picked = pl.concat([rows[[25, 3, 14, 3]].select(*SCHEMA), pl.DataFrame(own, schema=SCHEMA)])

    told = quotes.filled(picked)["raw"].to_list()

    assert told == ["line 25", "line 3", "line 14", "line 3", "its own"]


@pytest.mark.parametrize("size", [1, 7, 30, 1000])
def test_slices_are_the_texts_in_order(left: tuple[Quotes, pl.DataFrame], size: int) -> None:
    """Whatever the size of a slice: the same texts, and nothing is left behind on disk."""
    quotes, rows = left
    order = pl.int_range(30, eager=True).shuffle(seed=1).to_list()
    mixed = rows[order].select(*SCHEMA)

    starts = range(0, 30, size)
    texts = quotes.in_slices(mixed[QUOTE], size)
    told = [
        with_texts(mixed[start : start + size], slice_)
        for start, slice_ in zip(starts, texts, strict=True)
    ]

    assert pl.concat(told)["raw"].to_list() == [f"line {line}" for line in order]
    assert not [path for path in quotes.parts[0].parent.iterdir() if path.is_dir()]


def test_nothing_found_is_one_slice_of_nothing() -> None:
    """A table of no rows has its columns all the same."""
    (texts,) = Quotes().in_slices(pl.Series(QUOTE, [], dtype=pl.UInt64), 10)

    assert texts.is_empty()
