"""The first few elements of each row in order: by insertion into a short list."""

from __future__ import annotations

from .jit import loop

__all__ = ["largest", "smallest"]


@loop
def largest(start, stop, x, values, places):
    """The `k` largest of each row, largest first; of equal ones the first. NaN is larger than every number."""
    k = values.shape[1]
    for row in range(start, stop):
        source, best, at = x[row], values[row], places[row]
        held = 0
        for i in range(source.size):
            value = source[i]
            if held == k:
                last = best[k - 1]
                if not (value > last or (value != value and last == last)):
                    continue
            else:
                held += 1
            j = held - 1
            while j > 0 and (value > best[j - 1] or (value != value and best[j - 1] == best[j - 1])):
                best[j], at[j] = best[j - 1], at[j - 1]
                j -= 1
            best[j], at[j] = value, i


@loop
def smallest(start, stop, x, values, places):
    """The `k` smallest of each row, smallest first."""
    k = values.shape[1]
    for row in range(start, stop):
        source, best, at = x[row], values[row], places[row]
        held = 0
        for i in range(source.size):
            value = source[i]
            if held == k:
                last = best[k - 1]
                if not (value < last or (value == value and last != last)):
                    continue
            else:
                held += 1
            j = held - 1
            while j > 0 and (value < best[j - 1] or (value == value and best[j - 1] != best[j - 1])):
                best[j], at[j] = best[j - 1], at[j - 1]
                j -= 1
            best[j], at[j] = value, i
