"""Which pages are known to be web shells, and what follows from it for other hits."""

from __future__ import annotations

import polars as pl

from hevesy.detection import HITS, page_of
from hevesy.model import Outcome, Stage

__all__ = ["SHELLS", "confirm", "known_shells"]

SHELLS: dict[str, pl.DataType] = {
    "server": pl.String(),
    "page": pl.String(),
    "name": pl.String(),
    "evidence": pl.String(),
}
"""`page` is the URL path, lower case; `name` its last part; `evidence` the rule that showed it."""

_COMPILED = (
    r"temporary asp\.net files\\.*\\([^\\]+?\.(?:aspx|ashx|asmx|asax))\.[0-9a-f]+\.compiled$"
)
# ASP.NET names what it compiles after the page: `<page>.<hash>.compiled`.


def known_shells(hits: pl.DataFrame) -> pl.DataFrame:
    """Pages that hits of hevesy's own rules show to have been placed as web shells.

    Args:
        hits: `HITS`, with `server` filled.

    Returns:
        A frame of `SHELLS`, a row a server and page.
    """
    placed = hits.filter(
        pl.col("own"),
        pl.col("stage") == Stage.SHELL_PLACED,
        pl.col("outcome") == Outcome.SUCCESS,
    )
    rows = placed.select("server", "rule_id", pivot="pivots").explode("pivot")
    files = rows.filter(pl.col("pivot").str.starts_with("file:")).with_columns(
        page=pl.col("pivot")
        .str.strip_prefix("file:")
        .map_elements(page_of, return_dtype=pl.String())  # few: shells, not rows
    )
    pages = rows.filter(pl.col("pivot").str.starts_with("page:")).with_columns(
        page=pl.col("pivot").str.strip_prefix("page:")
    )
    return (
        pl.concat([files, pages])
        .filter(pl.col("page") != "")
        .with_columns(name=pl.col("page").str.split("/").list.last())
        .group_by("server", "page", "name")
        .agg(evidence=pl.col("rule_id").min())
        .sort("server", "page")
        .select(pl.col(name).cast(dtype) for name, dtype in SHELLS.items())
    )


def confirm(hits: pl.DataFrame, shells: pl.DataFrame) -> pl.DataFrame:
    """Let known shells decide the outcome of hits that left it open.

    A page that was executed or asked for is a shell's use where the page is known to be a shell
    (design.md, section 7); the same record without that knowledge stays a lead.

    Args:
        hits: `HITS`, with `server` filled.
        shells: `SHELLS`.

    Returns:
        The hits, those confirmed with outcome `success`, as anchors, and with the reason in `why`.
    """
    if hits.is_empty() or shells.is_empty():
        return hits
    numbered = hits.select("own", "stage", "outcome", "server", "pivots").with_row_index("row")
    # Joined apart from the other columns: a join copies them all.
    shown = numbered.select("row").join(
        _shown_by(numbered, shells), on="row", how="left", maintain_order="left"
    )
    known = pl.col("page").is_not_null()
    why = pl.col("why").cast(pl.String())
    said = [why, pl.lit("; "), pl.col("page"), pl.lit(" is known to be a web shell")]
    return (
        hits.with_columns(shown["page"])
        .with_columns(
            outcome=pl.when(known).then(pl.lit(Outcome.SUCCESS.value)).otherwise("outcome"),
            anchor=pl.col("anchor") | known,
            why=pl.when(known).then(pl.concat_str(said)).otherwise("why"),
        )
        .select(pl.col(name).cast(HITS.get(name, dtype)) for name, dtype in hits.schema.items())
    )


def _shown_by(hits: pl.DataFrame, shells: pl.DataFrame) -> pl.DataFrame:
    """Hits (`row`) that left a shell's use open, and the shell (`page`) that they are of."""
    open_hits = (
        hits.filter(
            pl.col("own"),
            pl.col("stage") == Stage.SHELL_USED,
            pl.col("outcome") == Outcome.UNKNOWN,
        )
        .select("row", pl.col("server").cast(pl.String()), pivot="pivots")
        .explode("pivot")
    )
    by_page = open_hits.filter(pl.col("pivot").str.starts_with("page:")).select(
        "row", "server", page=pl.col("pivot").str.strip_prefix("page:")
    )
    compiled = open_hits.select(
        "row", "server", name=pl.col("pivot").str.extract(_COMPILED, 1)
    ).drop_nulls("name")
    found = pl.concat(
        [
            by_page.join(shells, on=["server", "page"]).select("row", "page"),
            compiled.join(shells, on=["server", "name"]).select("row", "page"),
        ]
    )
    return found.group_by("row").agg(pl.col("page").min())
