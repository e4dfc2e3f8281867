"""The raw text of records, which stays on disk until it is written: it is most of what a hit is."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["QUOTE", "Quotes", "with_texts"]

QUOTE = "quote"
"""Column that says where the raw text of a row lies: the number of its part, and its row there."""

_ROW_BITS = 32


@dataclass(frozen=True, slots=True)
class Quotes:
    """Arrow files with a column `raw`, in which the text of every row is found again."""

    parts: tuple[Path, ...] = ()

    def take(
        self, parts: Iterable[Path], schema: Mapping[str, pl.DataType]
    ) -> tuple[Quotes, list[pl.DataFrame]]:
        """Frames that workers left, without their raw text; it is found here.

        Args:
            parts: Arrow files, each of frames with at least the columns of `schema`.
            schema: `raw` and `QUOTE` are of it. Columns beyond it are kept.

        Returns:
            These and all earlier parts; the frames, in which `raw` is null and `QUOTE` is filled.
        """
        known = [*self.parts]
        frames = []
        for path in parts:
            frame = _read(path, without=("raw", QUOTE))
            first = len(known) << _ROW_BITS
            numbers = pl.int_range(first, first + frame.height, dtype=pl.UInt64(), eager=True)
            frame = frame.with_columns(numbers.alias(QUOTE), raw=pl.lit(None, dtype=pl.String()))
            more = [name for name in frame.columns if name not in schema]
            frames.append(frame.select(*schema, *more))
            known.append(path)
        return Quotes(tuple(known)), frames

    def filled(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with `raw` where `QUOTE` says where it lies; few, or of few parts.

        Args:
            rows: Columns `raw` and `QUOTE`, and any others.
        """
        wanted = rows.select(QUOTE).with_row_index("row")
        return with_texts(rows, pl.concat([_no_texts(), *self._texts(wanted)]))

    def in_slices(self, quotes: pl.Series, size: int) -> Iterator[pl.DataFrame]:
        """The text of any number of records, in their order, some at a time.

        Parts are each read once: their texts are sorted into files, one a slice, and these are read
        one after the other. So memory holds one part, or one slice.

        Args:
            quotes: `QUOTE`s; null where there is none.
            size: Rows of a slice.

        Yields:
            Frames with `row`, the place in the slice, and `raw`, where there is one.
        """
        wanted = pl.DataFrame({QUOTE: quotes}).with_row_index("row")
        if len(quotes) <= size:
            yield pl.concat([_no_texts(), *self._texts(wanted)])
            return
        shelves = Path(tempfile.mkdtemp(prefix="quotes-", dir=self._folder()))
        try:
            for part, texts in enumerate(self._texts(wanted)):
                placed = texts.with_columns(pl.col("row") % size, slice=pl.col("row") // size)
                for (number,), rows in placed.group_by("slice"):
                    path = shelves / f"{number}-{part}.arrow"
                    rows.drop("slice").write_ipc(path, compression="lz4")
            for number in range(-(-len(quotes) // size)):
                files = sorted(shelves.glob(f"{number}-*.arrow"))
                yield pl.concat([_no_texts(), *map(_read, files)])
                for file in files:
                    file.unlink()
        finally:
            shutil.rmtree(shelves, ignore_errors=True)

    def _folder(self) -> Path | None:
        return self.parts[0].parent if self.parts else None

    def _texts(self, wanted: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """`row` and `raw` of what is wanted (`row`, `QUOTE`), a frame a part that has any."""
        ordered = wanted.drop_nulls(QUOTE).sort(QUOTE)
        numbers = ordered[QUOTE]
        for part, path in enumerate(self.parts):
            start = numbers.search_sorted(part << _ROW_BITS)
            stop = numbers.search_sorted((part + 1) << _ROW_BITS)
            if start < stop:
                raw = _read(path, ["raw"])["raw"]
                of_part = ordered[start:stop]
                rows = of_part[QUOTE] - (part << _ROW_BITS)
                yield of_part.select("row", raw=raw.gather(rows))


def _read(
    path: Path, columns: Iterable[str] | None = None, without: Iterable[str] = ()
) -> pl.DataFrame:
    """An Arrow file; a path would be a pattern to polars, and `TMPDIR` may have any name."""
    with path.open("rb") as file:
        names = [*(columns or pl.read_ipc_schema(file))]
        file.seek(0)
        return pl.read_ipc(file, columns=[name for name in names if name not in without])


def _no_texts() -> pl.DataFrame:
    return pl.DataFrame(schema={"row": pl.UInt32(), "raw": pl.String()})


def with_texts(rows: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Rows with `raw` from the frame of texts (`row`, `raw`) that belongs to them."""
    place = rows.select(own="raw").with_row_index("row")
    raw = place.join(texts, on="row", how="left", maintain_order="left")
    return rows.with_columns(raw.select(raw=pl.coalesce("raw", "own"))["raw"])
