"""Draws what was measured as SVG: time by size and by number of rules, rate by hits."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.record import Record

__all__ = ["chart", "draw"]

_WIDTH, _HEIGHT = 800, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 340, 48, 48
_COLOURS = ("#0b5fa5", "#b3500f", "#3f7d20", "#7a3b9c", "#555555", "#9a7b00", "#c2185b")
_DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 2", "10 4", "4 2 1 2")
"""A line is told by its dashes too: the chart reads without colour."""

_FLAT = ("rg ", "the search alone")
"""So much quicker than all others that their lines would lie on each other beside its own."""
_ALIKE = 1.2
"""Attack lines add to the bytes, so inputs of one size differ by so much at most."""

Points = dict[float, float]


def draw(records: Sequence[Record], folder: Path) -> list[Path]:
    """Write the charts that the records suffice for: two points make a line.

    Args:
        records: A later one stands for an earlier one of the same case.
        folder: Where `benchmark-*.svg` are written.

    Returns:
        The files written.
    """
    charts = {
        "benchmark-size.svg": ("Text logs: seconds by size", "GB", "s", _by_size(records), False),
        "benchmark-hits.svg": (
            "Text logs: MB/s by attack lines",
            "attacks a request",
            "MB/s",
            _by_rate(records),
            True,
        ),
        "benchmark-rules.svg": (
            "Process creations: seconds by rules asked",
            "rules",
            "s",
            _by_rules(records),
            False,
        ),
    }
    written = []
    for name, (title, x, y, lines, logarithmic) in charts.items():
        if any(len(points) > 1 for points in lines.values()):
            path = folder / name
            path.write_text(chart(title, (x, y), lines, logarithmic=logarithmic), encoding="utf-8")
            written.append(path)
    return written


def _by_size(records: Sequence[Record]) -> dict[str, Points]:
    """Seconds by GB of text logs, at the rate that goes with every size."""
    lines: dict[str, Points] = {}
    usual = next((_text(r)["rate"] for r in records if _text(r)), 0.0)
    for record in records:
        case = _text(record)
        if case and case["rate"] == usual and record.result.case["rules"] == "own":
            for one in record.result.timings:
                lines.setdefault(one.what, {})[case["bytes"] / 1e9] = one.seconds
    return {what: points for what, points in lines.items() if len(points) > 1}


def _by_rate(records: Sequence[Record]) -> dict[str, Points]:
    """MB a second by attack lines, at the least size; ours with SigmaHQ's rules as well."""
    lines: dict[str, Points] = {}
    smallest = min((_text(r)["bytes"] for r in records if _text(r)), default=0.0)
    for record in records:
        case = _text(record)
        for one in record.result.timings if case and case["bytes"] < smallest * _ALIKE else ():
            if one.what.startswith(_FLAT):
                continue
            others = record.result.case["rules"] != "own"
            if not others or one.what.startswith("hevesy"):
                name = f"{one.what} + SigmaHQ" if others else one.what
                speed = case["bytes"] / one.seconds / 1e6
                lines.setdefault(name, {})[case["rate"]] = speed
    return lines


def _by_rules(records: Sequence[Record]) -> dict[str, Points]:
    """Seconds by the number of Sigma rules that were asked."""
    lines: dict[str, Points] = {}
    for record in records:
        case = record.result.case
        if record.result.benchmark == "sigma_rows" and "rules asked" in case:
            for one in record.result.timings:
                points = lines.setdefault(f"{int(case['rows']):,} rows", {})
                points[float(case["rules asked"])] = one.seconds
    return lines


def _text(record: Record) -> Mapping[str, float]:
    case = record.result.case
    if record.result.benchmark != "text_logs" or "rate" not in case:
        return {}
    return {name: float(case[name]) for name in ("bytes", "rate")}


def chart(
    title: str, axes: tuple[str, str], lines: Mapping[str, Points], *, logarithmic: bool = False
) -> str:
    """One chart of lines as SVG.

    Args:
        title: What stands above it.
        axes: What x and y are.
        lines: y by x, for each line by its name.
        logarithmic: Whether x is shown by its logarithm.
    """
    xs = sorted({x for points in lines.values() for x in points})
    top = _round_up(max(y for points in lines.values() for y in points.values()))

    def across(x: float) -> float:
        low, high, at = (math.log10(v) if logarithmic else v for v in (xs[0], xs[-1], x))
        return _LEFT + (at - low) / ((high - low) or 1) * (_WIDTH - _LEFT - _RIGHT)

    def down(y: float) -> float:
        return _HEIGHT - _BOTTOM - y / top * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
            'font-family="sans-serif" font-size="12">'
        ),
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        _label(_LEFT, 20, title, "start", " font-weight='bold'"),
        _label(_LEFT - 8, _TOP - 12, axes[1], "end"),
        _label(_WIDTH - _RIGHT, _HEIGHT - _BOTTOM + 36, axes[0], "end"),
    ]
    for step in range(5):
        y = top * step / 4
        parts.append(_line(_LEFT, down(y), _WIDTH - _RIGHT, down(y), "#dddddd"))
        parts.append(_label(_LEFT - 8, down(y) + 4, f"{y:g}", "end"))
    parts += [_label(across(x), _HEIGHT - _BOTTOM + 18, _short(x), "middle") for x in xs]
    for number, (name, points) in enumerate(lines.items()):
        parts += _drawn(number, name, [(across(x), down(points[x])) for x in sorted(points)])
    return "\n".join([*parts, "</svg>"]) + "\n"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"  # noqa: PLR2004  # no exponent


def _drawn(number: int, name: str, places: Sequence[tuple[float, float]]) -> list[str]:
    colour = _COLOURS[number % len(_COLOURS)]
    dash = _DASHES[number % len(_DASHES)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    style = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
    key = _TOP + 10 + number * 20
    left = _WIDTH - _RIGHT + 12
    return [
        f'<polyline points="{path}" {style}/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places),
        f'<polyline points="{left},{key} {left + 24},{key}" {style}/>',
        _label(left + 30, key + 4, name, "start"),
    ]


def _label(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(text)}</text>'


def _line(x: float, y: float, to_x: float, to_y: float, colour: str) -> str:
    return f'<path d="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}" stroke="{colour}"/>'


def _round_up(value: float) -> float:
    """The next 1, 2, 4 or 8 with zeros."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(power * step for step in (1, 2, 4, 8, 10) if power * step >= value)
