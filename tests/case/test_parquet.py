"""Equal rows are equal bytes, in the columns and types that other programs rely on."""

from __future__ import annotations

import tempfile
from dataclasses import fields
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from hevesy.case.layout import TABLE_FILES
from hevesy.case.parquet import SCHEMAS, read_tables, write_tables
from hevesy.tables import FINDINGS, LEDGER, TIMELINE, Tables

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.none() | st.integers(0, 2),
        st.lists(st.sampled_from(["x", "y"]), max_size=2),
        st.sampled_from(["r", "s"]),
    ),
    max_size=8,
)


def frame(rows: list[tuple[str, int | None, list[str], str]]) -> pl.DataFrame:
    """Findings that differ in a few columns only."""
    return pl.DataFrame(
        [
            {"id": name, "line": line, "pivots": pivots, "raw": raw}
            for name, line, pivots, raw in rows
        ],
        schema=FINDINGS,
    )


def test_every_table_has_its_file_and_schema() -> None:
    """The dataclass, the schemas and the file names speak of the same tables."""
    names = [field.name for field in fields(Tables)]

    assert list(TABLE_FILES) == names == list(SCHEMAS)


@settings(max_examples=30)
@given(ROWS.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_order_of_rows_does_not_matter(
    both: tuple[list[tuple[str, int | None, list[str], str]], ...],
) -> None:
    """Whatever the order of inputs and workers: the same bytes."""
    written = []
    for rows in both:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_tables(
                folder,
                Tables(frame(rows), pl.DataFrame(schema=TIMELINE), pl.DataFrame(schema=LEDGER)),
            )
            written.append((folder / "findings.parquet").read_bytes())
    assert written[0] == written[1]


def test_columns_come_in_the_order_of_the_schema(tmp_path: Path, tables: Tables) -> None:
    """A frame with its columns in another order, and one more, is written alike."""
    odd = tables.findings.select(pl.lit(1).alias("more"), *reversed(tables.findings.columns))
    write_tables(tmp_path, Tables(odd, tables.timeline, tables.ledger))

    assert list(read_tables(tmp_path).findings.schema.items()) == list(FINDINGS.items())
