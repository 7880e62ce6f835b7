"""The times of the steps, drawn: a line from least to most, a box between the quartiles, the median."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log10

from workflow.steering.durations import Duration

LEFT, RIGHT, ROW, TOP = 150, 690, 44, 12  # units of the drawing, 720 wide
HALF = 11  # of the height of a box


@dataclass(frozen=True)
class Mark:
    """A day of the scale."""

    days: int
    x: float


@dataclass(frozen=True)
class Line:
    """One step: where its row is, and its five values."""

    of: Duration
    y: int
    least: float
    lower: float
    median: float
    upper: float
    most: float

    @property
    def top(self) -> int:
        """Where its box begins."""
        return self.y - HALF

    @property
    def width(self) -> float:
        """How wide its box is; never so narrow that nobody sees it."""
        return max(2.0, round(self.upper - self.lower, 1))


@dataclass(frozen=True)
class Plot:
    """What the template draws."""

    lines: list[Line]
    marks: list[Mark]
    height: int
    foot: int
    box: int = 2 * HALF
    left: int = LEFT


def plot(durations: list[Duration]) -> Plot | None:
    """Place the times of the steps on one scale, from 0 to a round number of days; None without any."""
    if not durations:
        return None
    step = _step(max(one.most for one in durations))
    end = step * max(1, ceil(max(one.most for one in durations) / step))

    def x(days: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * days / end, 1)

    lines = [
        Line(
            one,
            TOP + ROW * place + ROW // 2,
            *map(x, (one.least, one.lower, one.median, one.upper, one.most)),
        )
        for place, one in enumerate(durations)
    ]
    foot = TOP + ROW * len(lines)
    return Plot(lines, [Mark(days, x(days)) for days in range(0, end + 1, step)], foot + 28, foot)


def _step(most: float) -> int:
    """Return 1, 2 or 5 times a power of ten, so that the scale has four to ten marks."""
    power = 10 ** max(0, int(log10(max(most, 1))) - 1)
    return int(next(power * times for times in (1, 2, 5, 10, 20) if most / (power * times) <= 8))
