"""How far a figure can be trusted: 95 % intervals, clustered by text. Pure, without chance.

Spans of one text are alike (the same name ten times is found ten times or not
at all), so a text is one observation. The variance of each figure is that of a
ratio over texts (Taylor linearization, as in survey sampling; Cochran, Sampling
Techniques, 1977, ch. 6); it gives the number of independent observations that
would vary as much, and Wilson's interval is drawn with that number (Korn and
Graubard, Survey Methodology 24, 1998). Where every text agrees (all found, or
none) there is no variance to see, and the texts themselves are counted: 20 of
20 texts is not certainty.

Chosen before a bootstrap: it needs no seed and no thousand rounds, and does not
shrink to nothing at 0 and 1. With fewer than about 30 texts it is too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, sqrt
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Estimate", "f_score", "proportion", "rate"]

Z: Final = 1.959963984540054  # the 97.5 % point of the normal distribution
SMALLEST: Final = 1e-12  # variances below are rounding

Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def proportion(parts: Sequence[Pair]) -> Estimate | None:
    """Return sum(x)/sum(y) of pairs (x of y), one per text, 0 <= x <= y; None where nothing was counted."""
    whole = fsum(y for _, y in parts)
    if not whole:
        return None
    counted = [(x, y) for x, y in parts if y]
    value = fsum(x for x, _ in counted) / whole
    deviations = [(x - value * y) / whole for x, y in counted]
    return _wilson(value, deviations, most=whole)


def f_score(parts: Sequence[tuple[Pair, Pair]], beta: float) -> Estimate | None:
    """Return F of pairs ((correct, predicted), (found, gold)), one per text.

    None unless something was predicted and something asked for. Precision and
    recall count different things here, so F is their mean, not a ratio.
    """
    predicted, gold = fsum(p for (_, p), _ in parts), fsum(g for _, (_, g) in parts)
    if not predicted or not gold:
        return None
    precision = fsum(c for (c, _), _ in parts) / predicted
    recall = fsum(f for _, (f, _) in parts) / gold
    counted = [part for part in parts if part[0][1] or part[1][1]]
    b2 = beta * beta
    if not precision or not recall:
        return _wilson(0.0, [0.0] * len(counted), most=predicted + gold)
    base = b2 * precision + recall
    # The slopes of F along precision and recall.
    by_p, by_r = (1 + b2) * recall**2 / base**2, (1 + b2) * b2 * precision**2 / base**2
    deviations = [
        by_p * (c - precision * p) / predicted + by_r * (f - recall * g) / gold for (c, p), (f, g) in counted
    ]
    return _wilson((1 + b2) * precision * recall / base, deviations, most=predicted + gold)


def rate(parts: Sequence[Pair], *, per: float) -> Estimate | None:
    """Return events per `per` units of pairs (events, size), one per text: a score interval of counts."""
    size = fsum(y for _, y in parts)
    if not size:
        return None
    events = fsum(x for x, _ in parts)
    value = events / size
    variance = _variance([(x - value * y) / size for x, y in parts])
    # How many independent events would vary as much; never more than there are.
    if variance > SMALLEST * value * value:
        worth = min(events, value * value / variance)
    else:
        worth = events if len(parts) > 1 else min(events, 1.0)
    scale = per * (value / worth if worth else 1 / size)
    half = Z * sqrt(worth + Z * Z / 4)
    middle = worth + Z * Z / 2
    low, high = scale * max(0.0, middle - half), scale * (middle + half)
    return Estimate(per * value, min(low, per * value), max(high, per * value))


def _variance(deviations: Sequence[float]) -> float:
    """Return the variance of a sum of deviations that are 0 together; 0 where one text shows none."""
    n = len(deviations)
    return n / (n - 1) * fsum(d * d for d in deviations) if n > 1 else 0.0


def _wilson(value: float, deviations: Sequence[float], *, most: float) -> Estimate:
    value = min(1.0, max(0.0, value))
    variance = _variance(deviations)
    spread = value * (1 - value)
    if spread <= SMALLEST or len(deviations) < 2:
        n = float(len(deviations))
    elif variance <= SMALLEST * spread:
        n = most
    else:
        n = min(most, max(1.0, spread / variance))
    z2 = Z * Z
    middle = (value + z2 / (2 * n)) / (1 + z2 / n)
    half = Z / (1 + z2 / n) * sqrt(spread / n + z2 / (4 * n * n))
    return Estimate(value, max(0.0, min(value, middle - half)), min(1.0, max(value, middle + half)))
