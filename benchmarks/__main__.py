"""`python -m benchmarks`: runs the benchmarks; also `profile FOLDER`, `plot RESULTS`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks import archives, evtx_logs, sigma_rows, startup, text_logs
from benchmarks.benchmark import Benchmark, Settings
from benchmarks.inputs import Inputs
from benchmarks.page import PAGE, write_page
from benchmarks.plot import draw
from benchmarks.profiling import profile
from benchmarks.record import Record, append, read
from benchmarks.tables import result_text
from hevesy.cli.simulate import bytes_of

BENCHMARKS: tuple[Benchmark, ...] = (
    startup.BENCHMARK,
    text_logs.BENCHMARK,
    archives.BENCHMARK,
    sigma_rows.BENCHMARK,
    evtx_logs.BENCHMARK,
)
"""Every benchmark, in the order in which they run."""

_CORPORA = Path(__file__).parents[2] / "shared" / "corpora"


def main(arguments: list[str]) -> int:
    """Run the command; 1 where results were not equal."""
    if arguments[:1] == ["profile"]:
        return _profile(arguments[1:])
    if arguments[:1] == ["plot"]:
        return _plot(arguments[1:])
    return _measure(arguments)


def _measure(arguments: list[str]) -> int:
    asked = _parser().parse_args(arguments)
    scratch = Path(tempfile.mkdtemp(prefix="hevesy-benchmarks-", dir=asked.scratch))
    kept = asked.json or scratch / "results.jsonl"
    settings = Settings(
        sizes=tuple(sorted(asked.size)),
        rates=tuple(asked.rate),
        rows=asked.rows,
        events=asked.events,
        repeats=asked.repeat,
        jobs=asked.jobs,
        corpora=asked.corpora,
        zircolite=asked.zircolite.resolve() if asked.zircolite else None,
    )
    records: list[Record] = []
    try:
        inputs = Inputs(scratch, settings.corpora)
        for benchmark in BENCHMARKS:
            if asked.only and benchmark.name not in asked.only:
                continue
            print(f"\n{benchmark.title}", flush=True)
            for result in benchmark.run(settings, inputs):
                records.append(append(kept, result))
                print(result_text(result), flush=True)
        if asked.write_docs:
            write_page(records)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return 1 if any(record.result.equal is False for record in records) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures hevesy against peers in the same run, after their results were "
        "compared. Also: `profile FOLDER`, `plot RESULTS`.",
    )
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser.add_argument("--only", action="append", choices=names, help="this one; may be repeated")
    parser.add_argument(
        "--size", nargs="+", type=bytes_of, default=[300_000_000], help="of text logs: 1GB 2GB 4GB"
    )
    parser.add_argument(
        "--rate",
        nargs="+",
        type=float,
        default=[0.00005],
        help="attack requests a request; the first goes with every size, the others with the least",
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="process creations")
    parser.add_argument("--events", type=bytes_of, default=100_000_000, help="of EVTX: 1GB")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, in turns")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--corpora", type=Path, default=_CORPORA, help="folder of others' data")
    parser.add_argument("--zircolite", type=Path, help="checkout; its .venv is used if it has one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="append results as JSON lines")
    parser.add_argument("--scratch", type=Path, help="where inputs are made; default: temporary")
    parser.add_argument("--write-docs", action="store_true", help=f"write figures to {PAGE.name}")
    return parser


def _profile(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks profile")
    parser.add_argument("evidence", type=Path)
    parser.add_argument("--rules", type=Path, action="append", default=[])
    parser.add_argument("--top", type=int, default=40)
    asked = parser.parse_args(arguments)
    print(profile(asked.evidence, tuple(asked.rules), top=asked.top))
    return 0


def _plot(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks plot")
    parser.add_argument("results", type=Path, help="JSON lines that --json wrote")
    parser.add_argument("--folder", type=Path, default=PAGE.parent)
    asked = parser.parse_args(arguments)
    for path in draw(read(asked.results), asked.folder):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
