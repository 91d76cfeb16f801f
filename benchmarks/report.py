"""The results as a table, as JSON and as a picture."""

from __future__ import annotations

from html import escape
from statistics import median
from typing import Any

from .rows import GENERATOR_LIMIT, Row

COLOURS = {"reached": "#2f855a", "not reached": "#c05621", "void": "#a0aec0", "measured": "#2b6cb0"}
BAR_WIDTH = 420
ROW_HEIGHT = 46


Result = dict[str, Any]


def summary(row: Row) -> Result:
    """What was measured of one row, and whether it is worth anything: ``verdict`` is "reached", "not reached", "void"
    (the generator was the bottleneck, or no round gave two samples) or, where no figure was set, "measured"."""
    return {
        "title": row.title,
        "unit": row.unit,
        "against": row.against,
        "at_least": row.at_least,
        "at_most": row.at_most,
        "ratio": _spread(row.ratios),
        "ours": _spread(row.ours),
        "theirs": _spread(row.theirs),
        "rounds": len(row.ratios),
        "generator_cpu_share": row.generator_share,
        "conditions": row.conditions,
        "verdict": _verdict(row),
    }


def failure(name: str, error: Exception) -> Result:
    """A row that could not be measured."""
    return {"title": name, "verdict": "failed", "error": f"{type(error).__name__}: {error}"}


def _spread(samples: list[float]) -> dict[str, float] | None:
    return {"min": min(samples), "median": median(samples), "max": max(samples)} if samples else None


def _verdict(row: Row) -> str:
    if not row.ratios or row.generator_share > GENERATOR_LIMIT:
        return "void"
    if row.at_least is None and row.at_most is None:
        return "measured"
    ratio = median(row.ratios)
    fast_enough = (row.at_least is None or ratio >= row.at_least) and (row.at_most is None or ratio <= row.at_most)
    return "reached" if fast_enough and all(row.conditions.values()) else "not reached"


def _figure(result: Result) -> str:
    if result["at_least"] is not None:
        return f"≥ {result['at_least']:g} ×"
    return "none" if result["at_most"] is None else f"≤ {result['at_most']:g} ×"


def host_table(results: list[Result]) -> str:
    """Markdown for those who want to use the library: what they get, and what they would get otherwise."""
    lines = ["| what | django-pairchat | otherwise | ratio (min – max) |", "|---|---|---|---|"]
    measured = [result for result in results if result["verdict"] not in ("failed", "void")]
    return "\n".join([*lines, *map(_host_line, measured)])


def _host_line(result: Result) -> str:
    otherwise = f"{_median(result['theirs'])} {result['unit']}, {result['against']}"
    ours = f"{_median(result['ours'])} {result['unit']}"
    return f"| {result['title']} | {ours} | {otherwise} | {_ratio(result['ratio'])} |"


def table(results: list[Result]) -> str:
    """Markdown, for the terminal and the docs alike."""
    lines = [
        "| what | against | ratio (min – max) | figure | verdict | ours | theirs | load CPU |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *map(_line, results)])


def _line(result: Result) -> str:
    if result["verdict"] == "failed":
        return f"| {result['title']} | | | | failed: {result['error'].splitlines()[0]} | | | |"
    conditions = "; ".join(f"{text}: {'yes' if holds else 'no'}" for text, holds in result["conditions"].items())
    title = f"{result['title']} ({conditions})" if conditions else result["title"]
    share = f"{result['generator_cpu_share']:.2f}" if result["generator_cpu_share"] else ""
    return (
        f"| {title} | {result['against']} | {_ratio(result['ratio'])} | {_figure(result)} | {result['verdict']} "
        f"| {_median(result['ours'])} {result['unit']} | {_median(result['theirs'])} | {share} |"
    )


def _ratio(spread: dict[str, float] | None) -> str:
    return "none" if spread is None else f"**{spread['median']:.2f}** ({spread['min']:.2f} – {spread['max']:.2f})"


def _median(spread: dict[str, float] | None) -> str:
    if spread is None:
        return "none"
    rounded = float(f"{spread['median']:.4g}")
    return f"{rounded:,.10g}".replace(",", " ")


def picture(results: list[Result]) -> str:
    """An SVG with a bar per row: how far each ratio is on its way to its figure, with its least and its greatest."""
    drawn = [result for result in results if result.get("ratio")]
    height = ROW_HEIGHT * len(drawn) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 {height}" font-family="sans-serif" font-size="14">',
        "<title>Measured ratios and the figures to reach</title>",
        f'<rect width="900" height="{height}" fill="#fff"/>',
    ]
    for index, result in enumerate(drawn):
        parts += _bar(result, 20 + index * ROW_HEIGHT)
    return "\n".join([*parts, "</svg>"])


def _bar(result: Result, y: int) -> list[str]:
    spread = result["ratio"]
    goal = result["at_least"] or result["at_most"]
    scale = BAR_WIDTH / max(spread["max"], goal or 0) / 1.05
    colour = COLOURS.get(result["verdict"], COLOURS["measured"])
    label = f"{spread['median']:.2f} × {result['against']} ({_figure(result)})"
    bar = [
        f'<text x="20" y="{y + 12}">{escape(result["title"])}</text>',
        f'<rect x="20" y="{y + 18}" width="{spread["median"] * scale:.0f}" height="12" fill="{colour}"/>',
        f'<path d="M{20 + spread["min"] * scale:.0f} {y + 24}H{20 + spread["max"] * scale:.0f}" stroke="#1a202c"/>',
        f'<text x="{30 + BAR_WIDTH}" y="{y + 29}">{escape(label)}</text>',
    ]
    if goal:
        bar.append(f'<path d="M{20 + goal * scale:.0f} {y + 15}v18" stroke="#1a202c" stroke-width="2"/>')
    return bar
