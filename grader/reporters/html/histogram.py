"""How many submissions got how many points, as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from markupsafe import Markup

from grader.reporters import points
from grader.reporters.html import drawing

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 720.0, 220.0, 8.0, 24.0, 30.0
_BINS = 12
_STEPS = tuple(Fraction(step) for step in ("1/4", "1/2", "1", "2", "5", "10", "20", "25", "50", "100"))


def draw(totals: Sequence[Fraction], most: Fraction) -> Markup:
    """Bars over ranges of points; full marks have a bar of their own at the right."""
    step = next((step for step in _STEPS if most <= step * _BINS), max(most / _BINS, Fraction(1)))
    bins = max(math.ceil(most / step), 1)
    counts = [0] * (bins + 1)
    for total in totals:
        counts[bins if total >= most else max(int(total // step), 0)] += 1
    highest = max([*counts, 1])
    slot = (_WIDTH - 2 * _LEFT) / len(counts)
    base = _HEIGHT - _BOTTOM
    parts = [f'<line class="axis" x1="{_LEFT}" y1="{base}" x2="{_WIDTH - _LEFT}" y2="{base}"/>']
    for index, count in enumerate(counts):
        left = _LEFT + index * slot
        height = (base - _TOP) * count / highest
        full = index == bins
        low, high = points.text(step * index), points.text(min(step * (index + 1), most))
        says = f"{count} with full marks" if full else f"{count} with {low} to under {high}"
        if count:
            parts.append(
                f'<rect class="bin{" full" if full else ""}" x="{left + 3:.1f}" y="{base - height:.1f}" '
                f'width="{slot - 6:.1f}" height="{height:.1f}" rx="3"><title>{says}</title></rect>'
            )
            parts.append(drawing.text(left + slot / 2, base - height - 6, str(count), "value"))
        label = f"{points.text(most)}" if full else f"{low}–"
        parts.append(drawing.text(left + slot / 2, base + 18, label, "faint"))
    return drawing.picture(_WIDTH, _HEIGHT, f"Points of {len(totals)} submissions", parts, "histogram")
