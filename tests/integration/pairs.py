"""All pairs: few rows in which every two values of any two factors come together at least once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

Row = Mapping[str, Any]


def all_pairs(factors: Mapping[str, Sequence[Any]]) -> list[Row]:
    """Return rows, always the same ones, that have every pair of values of two factors.

    Each row begins with a pair that no row has yet, and takes for each further factor the value that brings
    most of the others. Where several do, it is the first: so put the usual value of a factor first, and most
    rows are unusual in few ways.
    """
    names = sorted(factors, key=lambda name: (-len(factors[name]), name))
    open_pairs = {
        ((one, a), (other, b))
        for one, other in combinations(range(len(names)), 2)
        for a in range(len(factors[names[one]]))
        for b in range(len(factors[names[other]]))
    }
    rows: list[Row] = []
    while open_pairs:
        taken = dict(min(open_pairs))
        for place, name in enumerate(names):
            if place in taken:
                continue
            brings = [
                sum(tuple(sorted((each, (place, value)))) in open_pairs for each in taken.items())
                for value in range(len(factors[name]))
            ]
            taken[place] = brings.index(max(brings))
        open_pairs.difference_update(combinations(sorted(taken.items()), 2))
        rows.append({name: factors[name][taken[place]] for place, name in enumerate(names)})
    return rows
