"""Invents rows of process creation: ordinary ones, and a few that rules are made to match."""

from __future__ import annotations

import random
import tomllib
from importlib import resources
from typing import Any

import polars as pl
import yaml

__all__ = ["process_rows"]

_COLUMNS = ("Image", "ParentImage", "CommandLine", "OriginalFileName", "Company")
_TEXT = (
    *_COLUMNS,
    "ParentCommandLine",
    "CurrentDirectory",
    "User",
    "IntegrityLevel",
    "Description",
    "Product",
    "Hashes",
)
_ATTACKS = 0.005
"""Part of the rows that are made from rules."""
_PLACED = {"startswith": "{}{n}", "endswith": "{n}{}", "contains": "{n} {} {h}"}


def process_rows(count: int, rules: list[str], seed: int = 1) -> pl.DataFrame:
    """Sysmon's process creations, no two with the same command line.

    Args:
        count: Rows.
        rules: Texts of Sigma rules; 1 row in 200 holds what one of them looks for.
        seed: Of everything random.

    Returns:
        A frame of the table `windows`, as far as such rules ask for its columns.
    """
    rows = _ordinary(count)
    draws = random.Random(seed)  # noqa: S311  # no secret
    made = [_made(text, draws) for text in draws.choices(rules, k=int(count * _ATTACKS))]
    places = draws.sample(range(count), len(made))
    attacks = pl.DataFrame(
        [{"place": p} | m for p, m in zip(places, made, strict=True)],
        schema={"place": pl.UInt32(), **dict.fromkeys(_TEXT, pl.String())},
    )
    rows = rows.join(attacks, on="place", how="left", maintain_order="left", suffix="_made")
    number = pl.col("place").cast(pl.String())
    replaced = [
        pl.coalesce(
            pl.col(f"{name}_made")
            .str.replace_all("{n}", number, literal=True)
            .str.replace_all("{h}", number, literal=True),
            name,
        ).alias(name)
        for name in _TEXT
    ]
    distinct = pl.col("CommandLine")
    return rows.select(
        pl.lit("Microsoft-Windows-Sysmon/Operational").alias("Channel"),
        pl.lit("Microsoft-Windows-Sysmon").alias("Provider_Name"),
        pl.lit(1, pl.Int64()).alias("EventID"),
        *replaced,
    ).with_columns(
        pl.when(distinct.is_duplicated())
        .then(distinct + " " + pl.int_range(pl.len()).cast(pl.String()))
        .otherwise(distinct)
    )


def _ordinary(count: int) -> pl.DataFrame:
    text = resources.files("benchmarks").joinpath("processes.toml").read_text("utf-8")
    patterns = tomllib.loads(text)["row"]
    known = pl.DataFrame(patterns, schema=dict.fromkeys(_COLUMNS, pl.String()), orient="row")
    place = pl.int_range(count, dtype=pl.UInt32(), eager=True).alias("place")
    kind = (place.hash(seed=1) % known.height).cast(pl.UInt32())
    number = pl.col("place").cast(pl.String())
    scrambled = pl.col("place").hash(seed=2).cast(pl.String())
    return pl.concat([place.to_frame(), known[kind]], how="horizontal").with_columns(
        pl.col("CommandLine")
        .str.replace_all("{n}", number, literal=True)
        .str.replace_all("{h}", scrambled, literal=True),
        ParentCommandLine=pl.col("ParentImage") + " " + (pl.col("place") % 977).cast(pl.String()),
        CurrentDirectory=pl.lit("C:\\Windows\\system32\\"),
        User=pl.lit("CORP\\user") + (pl.col("place") % 613).cast(pl.String()),
        IntegrityLevel=pl.lit("Medium"),
        Description=pl.col("OriginalFileName"),
        Product=pl.lit("Windows"),
        Hashes=pl.lit("MD5=") + scrambled,
    )


def _made(text: str, draws: random.Random) -> dict[str, str]:
    """Values of the fields of a rule's selections, so that it is likely to match; some will not."""
    found: dict[str, str] = {"CommandLine": "tool.exe {n}"}
    for name, selection in yaml.safe_load(text).get("detection", {}).items():
        if name in {"condition", "timeframe"} or name.startswith("filter"):
            continue
        chosen = draws.choice(selection) if isinstance(selection, list) else selection
        for key, values in chosen.items() if isinstance(chosen, dict) else ():
            _place(found, key, values, draws)
    return found


def _place(found: dict[str, str], key: str, values: Any, draws: random.Random) -> None:  # noqa: ANN401  # YAML
    field, *modifiers = key.split("|")
    if field not in _TEXT or {"re", "cidr", "base64", "base64offset", "wide"} & set(modifiers):
        return
    choices = values if isinstance(values, list) else [values]
    chosen = choices if "all" in modifiers else [draws.choice(choices)]
    wanted = " ".join(str(one).replace("*", "x").replace("\\\\", "\\") for one in chosen)
    form = next((_PLACED[m] for m in modifiers if m in _PLACED), "{}")
    text = form.replace("{}", wanted)
    both = field == "CommandLine" and "contains" in modifiers and field in found
    found[field] = f"{found[field]} {text}" if both else text
