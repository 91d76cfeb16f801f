"""The results as a table, as JSON and as a picture."""

from __future__ import annotations

from html import escape
from statistics import median
from typing import Any

from .rows import GENERATOR_LIMIT, Row

BAR_WIDTH = 420
ROW_HEIGHT = 46


def summary(row: Row) -> dict[str, Any]:
    ratios = row.ratios
    ratio = median(ratios)
    void = row.generator_share > GENERATOR_LIMIT
    reached = (row.at_least is None or ratio >= row.at_least) and (row.at_most is None or ratio <= row.at_most)
    return {
        "title": row.title,
        "unit": row.unit,
        "against": row.against,
        "figure": _figure(row),
        "ratio": {"min": min(ratios), "median": ratio, "max": max(ratios)},
        "ours": {"min": min(row.ours), "median": median(row.ours), "max": max(row.ours)},
        "theirs": {"min": min(row.theirs), "median": median(row.theirs), "max": max(row.theirs)},
        "generator_cpu_share": row.generator_share,
        "void": void,
        "reached": reached and not void,
        "notes": row.notes,
    }


def _figure(row: Row) -> str:
    if row.at_least is not None:
        return f"≥ {row.at_least:g} ×"
    return "none" if row.at_most is None else f"≤ {row.at_most:g} ×"


def table(results: list[dict[str, Any]]) -> str:
    """Markdown, for the terminal and the docs alike."""
    lines = [
        "| what | against | ratio (min – max) | figure | ours | theirs | load CPU |",
        "|---|---|---|---|---|---|---|",
    ]
    for result in results:
        ratio = result["ratio"]
        verdict = "void" if result["void"] else "reached" if result["reached"] else "not reached"
        figure = "none" if result["figure"] == "none" else f"{result['figure']}: {verdict}"
        notes = f" ({'; '.join(result['notes'])})" if result["notes"] else ""
        lines.append(
            f"| {result['title']}{notes} | {result['against']} "
            f"| **{ratio['median']:.2f}** ({ratio['min']:.2f} – {ratio['max']:.2f}) "
            f"| {figure} "
            f"| {result['ours']['median']:.4g} {result['unit']} | {result['theirs']['median']:.4g} "
            f"| {result['generator_cpu_share']:.2f} |"
        )
    return "\n".join(lines)


def picture(results: list[dict[str, Any]]) -> str:
    """An SVG with a bar per row: how far each ratio is on its way to its figure."""
    height = ROW_HEIGHT * len(results) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 {height}" font-family="sans-serif" font-size="14">',
        "<title>Measured ratios and the figures to reach</title>",
        f'<rect width="900" height="{height}" fill="#fff"/>',
    ]
    for index, result in enumerate(results):
        parts += _bar(result, 20 + index * ROW_HEIGHT)
    return "\n".join([*parts, "</svg>"])


def _bar(result: dict[str, Any], y: int) -> list[str]:
    ratio = result["ratio"]["median"]
    goal = ratio if result["figure"] == "none" else float(result["figure"].split()[1])
    scale = BAR_WIDTH / max(ratio, goal) / 1.1
    colour = "#2f855a" if result["reached"] else "#c05621"
    label = f"{ratio:.2f} × {result['against']} ({result['figure']})"
    return [
        f'<text x="20" y="{y + 12}">{escape(result["title"])}</text>',
        f'<rect x="20" y="{y + 18}" width="{ratio * scale:.0f}" height="12" fill="{colour}"/>',
        f'<path d="M{20 + goal * scale:.0f} {y + 15}v18" stroke="#1a202c" stroke-width="2"/>',
        f'<text x="{30 + BAR_WIDTH}" y="{y + 29}">{escape(label)}</text>',
    ]
