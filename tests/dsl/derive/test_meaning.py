"""Derived metrics mean what was written, over every way in which scores can enter a value."""

from collections.abc import Callable

import pytest

INPUTS = """
  s: scores[n], u: scores[n], a: scores[n, k], b: scores[n, k], h: scores[n, m, m],
  y: label[n], f: flag[n], g: flag[n, k], r: real[n], w: real[k], p: point[n], z: real = 0.5
"""
VALUES = [
    "(1 if s[0] > s[1] else 0)",
    "count(s[i] > s[0] for i in n) + (1 if s[0] > 0 else 0)",
    "sum(count(s[i] > t for i in n) * count(u[j] > t for j in n) for t in 1..3)",
    "sum(count(s[i] > t for i in n if r[i] > t) * count(u[j] > t for j in n if r[j] < t) for "
    "t in 1..3 if t != 2)",
    "mean(count(s[j] > s[i] and count(s[l] > s[j] for l in n if l != j) < 2 for j in n if j "
    "!= i) for i in n)",
    "mean(count(s[i] > 0 and s[j] > 0 for j in n if j != i) for i in n)",
    "mean(count(s[j] > 0 for j in n) * (1 if s[i] > 0 else 0) for i in n)",
    "mean(abs(argmax(a[i]) - argmax(b[i])) for i in n)",
    "mean(abs(argmax(a[i]) - argmax(b[i])) <= 1 for i in n)",
    "mean(argmax(a[i]) == argmax(w) for i in n)",
    "mean(argmax(a[i]) in {0, 2} for i in n)",
    "mean(argmax(a[i]) in {0, 1, 2} for i in n)",
    "mean(argmax(a[i]) != y[i] or argmax(a[i]) == 0 for i in n)",
    "mean(g[i, argmax(a[i])] for i in n)",
    "mean(b[i, argmax(a[i])] for i in n)",
    "mean(b[i, argmax(a[i])] > 0 for i in n)",
    "mean(a[i, argmax(a[i])] > 0.5 for i in n)",
    "mean(w[argmax(a[i])] * r[i] for i in n)",
    "mean(w[argmax(a[i])] > r[i] for i in n)",
    "mean(dist(argmax(h[i]), p[i]) for i in n)",
    "mean(argmax(h[i]) == p[i] for i in n)",
    "mean(max(a[i]) > max(b[i]) for i in n)",
    "mean(max(a[i]) - min(a[i]) > z for i in n)",
    "mean(min(max(a[i]), s[i]) <= 1 for i in n)",
    "mean(abs(s[i] - u[i]) > abs(r[i]) for i in n)",
    "mean(abs(abs(s[i]) - 2) < 1 for i in n)",
    "mean(2 * max(a[i]) > r[i] for i in n)",
    "mean(-2 * max(a[i]) > -r[i] for i in n)",
    "mean(max(a[i]) / -2 > -r[i] for i in n)",
    "mean((s[i] if f[i] else u[i]) > 0 for i in n)",
    "mean((s[i] if s[i] > u[i] else u[i]) > 0 for i in n)",
    "mean((s[i] if s[i] > u[i] else 2) > 0 for i in n)",
    "mean(sum(a[i]) > 0 for i in n)",
    "mean(mean(a[i, c] for c in k if c != y[i]) < a[i, y[i]] for i in n)",
    "mean(argmax(a[i, c] - w[c] / 8 for c in k) == y[i] for i in n)",
    "mean(argmax(a[i, c] for c in k if w[c] > 1) == y[i] for i in n)",
    "mean(argmax(a[i, c] + max(b[i]) for c in k) == y[i] for i in n)",
    "mean(argmax(count(a[i, c] > s[j] for j in n) for c in k) == y[i] for i in n)",
    "sum(argmax(a[i]) for i in n) > 3",
    "(1 if sum(argmax(a[i]) for i in n) > 3 else 0)",
    "(1 if mean(argmax(a[i]) == y[i] for i in n) > 0.5 else 0)",
    "count(s[i] > 0 for i in n if f[i] for j in n if f[j] and s[j] > s[i])",
    "count((s[i] > 0) == f[i] for i in n)",
    "count((s[i] > 0) == (u[i] > 0) for i in n)",
    "count((s[i] > 0) != (u[i] > 0) for i in n)",
    "max(rank(s, i) for i in n if f[i])",
    "min(1 / rank(s, i) for i in n)",
    "median(rank(s, i) for i in n if f[i])",
    "mean(sum(w[c] for c in k if rank(a[i], c) <= 2) for i in n)",
    "mean(w[rank(a[i], y[i]) - 1] for i in n)",
    "mean(g[i, rank(a[i], y[i]) - 1] for i in n)",
    "mean(a[i, rank(b[i], y[i]) - 1] for i in n)",
    "mean(exp(s[i]) / (1 + exp(s[i])) for i in n)",
    "mean((s[i] - r[i]) ^ 2 if s[i] > r[i] else 0 for i in n)",
    "mean(s[i] for i in n if s[i] > 0)",
    "mean(1 / (1 + exp(-s[i])) - (1 if f[i] else 0) for i in n if s[i] in 0..1)",
    "mean(i in top(s, 2) for i in n)",
    "sum(r[i] for i in top(s, 2))",
    "mean(argmax(a[i]) == argmax(a[j]) for i in n for j in n if i < j)",
    "mean((argmax(a[i]) == y[i]) == (argmax(b[i]) == y[i]) for i in n)",
    "mean(any(a[i, c] > z for c in k if g[i, c]) for i in n)",
    "mean(all((a[i, c] > 0) == g[i, c] for c in k) for i in n)",
    "mean(2 * count(a[i, c] > 0 and g[i, c] for i in n) / (count(a[i, c] > 0 for i in n) + "
    "count(g[i, c] for i in n)) for c in k)",
    "mean(mean(s[i] > s[j] for i in n if y[i] == c for j in n if y[j] != c) for c in k)",
    "mean(count(s[i] > 0 for i in n if y[i] == c) / (1 + count(s[i] > 0 for i in n)) for c in k)",
    "count(s[i] > 0 and not s[i] > 0 for i in n)",
    "count(f[argmax(s)] for i in n)",
    "argmax(s) + argmax(u)",
    "r[argmax(s)]",
    "mean(y[argmax(s)] == y[i] for i in n)",
    "mean(argmax(a[i]) ^ 2 - 2 * argmax(a[i]) for i in n)",
    "mean(max(s[i], u[i]) > max(0, r[i]) for i in n)",
    "(s[0] + 1) * (2 if s[1] > s[0] else -3)",
    "count(s[i] > s[j] for i in n for j in n if j != i) + count(s[j] > s[i] for i in n for j "
    "in n if j != i)",
    "count(1 > s[i] for i in n) + count(s[i] < 1 for i in n) + count(not s[i] >= 1 for i in n)",
    "count(true for i in n if s[i] > 0)",
    "mean(2 ^ -s[i] for i in n)",
    "mean((-2) ^ 2 * s[i] for i in n)",
    "mean(-2 ^ 2 * s[i] - -1 for i in n)",
]


@pytest.mark.parametrize("value", VALUES)
def test_explicit_form_means_the_definition(
    value: str, agree: Callable[[str], None], explicit: Callable[[str], str]
) -> None:
    text = f"metric M({INPUTS}) = {value}"
    explicit(text)
    agree(text)
