"""Draw every run of a stochastic check: a row of dots for each solution, and the threshold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from autograder.calibration.certificate import CalibratedCheck

_WIDTH: Final = 760
_LABELS: Final = 250
_LINE: Final = 22
_MARGIN: Final = 30
_TOP: Final = 44
_TICKS: Final = 6
_GOOD, _BAD, _TEXT, _DIM, _GRID = "#2458c5", "#b3261e", "#1b2129", "#5b6673", "#e3e7ec"


def strip_plot(check: CalibratedCheck, groups: Mapping[str, Sequence[float]]) -> str:
    """Return an SVG picture with a row of dots for each group: blue if they reach the threshold, else red.

    Args:
        check: the check with the threshold to draw.
        groups: label → values, in the unit of the check's metric; from top to bottom.
    """
    scale = _Scale([check.threshold, *(value for values in groups.values() for value in values)])
    bottom = _TOP + _LINE * len(groups) + 4
    height = bottom + _MARGIN
    parts = [
        _open(height),
        _text(0, 16, check.metric, weight=600),
        *_grid(scale, bottom),
        *_threshold(scale(check.threshold), check.threshold, bottom),
    ]
    for place, (label, values) in enumerate(groups.items()):
        y = _TOP + _LINE * (place + 0.5) + 4
        parts.append(_text(0, y + 4, f"{label} ({len(values)})"))
        for value in values:
            colour = _GOOD if check.direction.reaches(value, check.threshold) else _BAD
            parts.append(
                f'<circle cx="{scale(value):.1f}" cy="{y:.1f}" r="3.5" fill="{colour}" fill-opacity="0.45"/>'
            )
    return "\n".join([*parts, "</svg>", ""])


class _Scale:
    """Maps values to horizontal positions in pixels."""

    def __init__(self, values: Sequence[float]) -> None:
        pad = 0.04 * (max(values) - min(values) or 1)
        self.low, self.high = min(values) - pad, max(values) + pad

    def __call__(self, value: float) -> float:
        return _LABELS + (value - self.low) / (self.high - self.low) * (_WIDTH - _LABELS - _MARGIN)

    def ticks(self) -> list[float]:
        """Return about six round numbers within the scale."""
        span = (self.high - self.low) / _TICKS
        power = 10.0 ** math.floor(math.log10(span))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= span)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [round(number * step, 10) for number in range(first, last + 1)]


def _open(height: float) -> str:
    """Return the beginning of the picture, with a white background."""
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    font = 'font-family="system-ui, sans-serif" font-size="12"'
    background = f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>\n{background}'


def _grid(scale: _Scale, bottom: float) -> list[str]:
    """Return the ticks with their numbers."""
    parts = []
    for tick in scale.ticks():
        parts.append(_vertical(scale(tick), _TOP - 4, bottom, f'stroke="{_GRID}"'))
        parts.append(_text(scale(tick), bottom + 14, f"{tick:g}", colour=_DIM, anchor="middle"))
    return parts


def _threshold(x: float, value: float, bottom: float) -> list[str]:
    """Return the threshold's line and its number, on the side with enough space."""
    left = x > _WIDTH - 150
    line = _vertical(x, _TOP - 10, bottom, f'stroke="{_BAD}" stroke-width="1.5" stroke-dasharray="5 3"')
    words = _text(
        x - 6 if left else x + 6,
        _TOP - 2,
        f"threshold {value:.3f}",
        colour=_BAD,
        anchor="end" if left else "start",
    )
    return [line, words]


def _vertical(x: float, top: float, bottom: float, stroke: str) -> str:
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}" {stroke}/>'


def _text(  # noqa: PLR0913 - how a text looks
    x: float, y: float, words: str, *, colour: str = _TEXT, anchor: str = "start", weight: int = 400
) -> str:
    look = f'fill="{colour}" text-anchor="{anchor}" font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(words)}</text>'
