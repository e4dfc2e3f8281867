"""Engine and pySigma's SQLite backend agree on SigmaHQ's rules, on rows of their own values."""

from __future__ import annotations

import random
import re
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from hevesy.sigma import LogSource, TableMap, Taxonomy, load

pytestmark = pytest.mark.slow

ROWS = 600
TAXONOMY = Taxonomy((TableMap("t", (LogSource(product="windows", category="process_creation"),)),))
WEB = Taxonomy((TableMap("t", (LogSource(category="webserver"),)),))


def _texts(wanted: str) -> list[str]:
    path = Path(__file__).parents[3] / "shared" / "corpora" / "sigmahq_rules.zip"
    if not path.is_file():
        pytest.skip("needs SigmaHQ's rules beside the checkout, which are not part of the project")
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".yml") and wanted in name]
        return [archive.read(name).decode() for name in sorted(names)]


def _values(detection: Any, found: dict[str, list[str]]) -> None:  # noqa: ANN401  # YAML
    """Collect the values that rules ask for, by field, without their wildcards."""
    for item in detection if isinstance(detection, list) else [detection]:
        if not isinstance(item, dict):
            continue
        for key, value in item.items():
            if isinstance(value, dict):
                _values(value, found)
            elif key != "condition":
                values = value if isinstance(value, list) else [value]
                texts = [str(each).strip("*") for each in values if not isinstance(each, dict)]
                found.setdefault(str(key).split("|")[0], []).extend(texts)
                _values([each for each in values if isinstance(each, dict)], found)


def _rows(texts: list[str]) -> pl.DataFrame:
    """Rows in which the values of rules stand beside each other, some of them several at once."""
    found: dict[str, list[str]] = {}
    parsed = [yaml.safe_load(text)["detection"] for text in texts]
    for detection in parsed:
        _values(detection, found)
    chance = random.Random(7)  # noqa: S311  # rows, the same each time
    rows = []
    for _ in range(ROWS):
        mine: dict[str, list[str]] = {}
        _values(chance.choice(parsed), mine)
        row: dict[str, str | None] = {}
        for name, values in found.items():
            if mine.get(name):
                some = chance.sample(mine[name], min(len(mine[name]), chance.randint(1, 4)))
                row[name] = " ".join(some) if chance.random() < 0.5 else some[0]
            elif values and chance.random() < 0.3:
                row[name] = chance.choice(values)
            else:
                row[name] = None
        rows.append(row)
    return pl.DataFrame(rows, schema=dict.fromkeys(found, pl.String))


def _database(frame: pl.DataFrame) -> sqlite3.Connection:
    """The rows in SQLite, whose `=` minds case unless a column says otherwise."""
    database = sqlite3.connect(":memory:")
    database.create_function(
        "REGEXP", 2, lambda pattern, text: text is not None and bool(re.search(pattern, text))
    )
    names = ", ".join(f'"{name}" TEXT COLLATE NOCASE' for name in frame.columns)
    database.execute(f"CREATE TABLE logs ({names})")
    places = ", ".join("?" * len(frame.columns))
    database.executemany(f"INSERT INTO logs VALUES ({places})", frame.rows())  # noqa: S608  # our own table
    return database


@pytest.mark.parametrize(
    ("wanted", "taxonomy", "least"),
    [("/windows/process_creation/", TAXONOMY, 1000), ("/web/", WEB, 5)],
)
def test_engine_agrees_with_sqlite(
    tmp_path: Path, wanted: str, taxonomy: Taxonomy, least: int
) -> None:
    """Each rule that the backend converts matches the same rows."""
    from sigma.backends.sqlite import sqliteBackend  # type: ignore[attr-defined]  # is its door
    from sigma.collection import SigmaCollection
    from sigma.exceptions import SigmaError

    backend: Any = sqliteBackend()  # type: ignore[no-untyped-call]  # so are all of them
    texts = [text for text in _texts(wanted) if "expand" not in text]
    for number, text in enumerate(texts):
        (tmp_path / f"{number:05}.yml").write_text(text, encoding="utf-8")
    ruleset = load([tmp_path], taxonomy)
    frame = _rows(texts)
    database = _database(frame)
    found: dict[int, set[int]] = {}
    for rule, row in ruleset.match("t", frame).iter_rows():
        found.setdefault(rule, set()).add(row)
    compared, hits, different = 0, 0, {}
    for index, rule in enumerate(ruleset.rules):
        try:
            text = texts[int(Path(rule.file).stem)]
            query = backend.convert(SigmaCollection.from_yaml(text))[0]
            query = query.replace("SELECT *", "SELECT rowid - 1", 1)
            expected = {row for (row,) in database.execute(query)}
        except (SigmaError, sqlite3.OperationalError):
            continue  # a feature, or a field of no rule, that the backend or the table lacks
        compared += 1
        hits += len(expected)
        if expected != found.get(index, set()):
            different[rule.title] = (
                expected - found.get(index, set()),
                found.get(index, set()) - expected,
            )
    assert not different
    assert compared >= least
    assert hits > compared / 4
