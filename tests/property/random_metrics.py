"""Random metrics as text, and random batches for them, from one seed."""

from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor

DIMS = "n", "k"


@dataclass(frozen=True)
class Place:
    """The loop variables around: those over examples and those over classes."""

    examples: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


class Writer:
    """Writes one metric over `s: scores[n, k]`, `y: label[n]`, or over `s: scores[n]`, always with
    a flag, a number and a group for each example."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.multi = self.random.random() < 0.5
        self.names = 0

    def text(self) -> str:
        scores = "s: scores[n, k], y: label[n]" if self.multi else "s: scores[n]"
        inputs = f"{scores}, f: flag[n], r: real[n], q: real[n]"
        return f"metric M({inputs}, alpha: real = 0.5) =\n  {self.number(Place(), 3)}\n"

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def name(self, stem: str) -> str:
        self.names += 1
        return f"{stem}{self.names}"

    # --- loops ------------------------------------------------------------------------------------

    def loops(self, at: Place, depth: int) -> tuple[str, Place]:
        """One or two loops with conditions, and the place inside."""
        text = ""
        for _ in range(1 + (self.random.random() < 0.25)):
            over_classes = self.multi and self.random.random() < 0.3
            name = self.name("c" if over_classes else "i")
            inside = (
                Place(at.examples, (*at.classes, name))
                if over_classes
                else Place((*at.examples, name), at.classes)
            )
            text += f" for {name} in {'k' if over_classes else 'n'}"
            for _ in range(self.random.choice((0, 0, 1, 1, 2))):
                text += f" if {self.condition(inside, name, depth)}"
            at = inside
        return text, at

    def condition(self, at: Place, name: str, depth: int) -> str:
        """A truth of the variable `name`, mostly of data alone."""
        if depth and self.random.random() < 0.15:
            return f"({self.truth(at, depth - 1)})"
        if name.startswith("c"):
            others = [one for one in at.classes if one != name]
            label = f"{name} != y[{self.random.choice(at.examples)}]" if at.examples else "true"
            return self.random.choice([f"{name} != {one}" for one in others] + [label])
        others = [one for one in at.examples if one != name]
        choices = [f"f[{name}]", f"not f[{name}]", f"r[{name}] > 0"]
        choices += [f"{name} != {one}" for one in others]
        choices += [f"q[{name}] == q[{one}]" for one in others]
        choices += [f"r[{name}] < r[{one}] or f[{one}]" for one in others]
        return self.random.choice(choices)

    # --- truths -----------------------------------------------------------------------------------

    def truth(self, at: Place, depth: int) -> str:
        if depth and self.random.random() < 0.5:
            return self.joined(at, depth - 1)
        return self.compared(at)

    def joined(self, at: Place, depth: int) -> str:
        kind = self.random.randrange(6)
        if kind == 0:
            return f"not ({self.truth(at, depth)})"
        if kind == 1:
            return f"({self.truth(at, depth)}) {self.pick('and', 'or')} ({self.truth(at, depth)})"
        if kind == 2:
            loops, inside = self.loops(at, depth)
            return f"{self.pick('any', 'all')}({self.truth(inside, depth)}{loops})"
        if kind == 3:
            op = self.pick(">", ">=", "<", "<=", "==", "!=")
            return f"{self.count(at, depth)} {op} {self.pick('0', '1', '2', 'alpha', '3')}"
        if kind == 4:
            return f"({self.number(at, depth)}) {self.pick('>', '<=')} ({self.number(at, depth)})"
        return self.truth(at, depth)

    def compared(self, at: Place) -> str:
        """Scores against each other or a number, an argmax, a rank, or data."""
        if not at.examples:
            loops, inside = self.loops(at, 0)
            return (
                f"{self.pick('any', 'all')}({self.compared(inside)}{loops})"
                if (inside.examples)
                else "true"
            )
        i, j = (self.random.choice(at.examples) for _ in range(2))
        op = self.pick(">", "<", ">=", "<=")
        if self.multi:
            a, b = (self.random.choice((*at.classes, f"y[{i}]")) for _ in range(2))
            return self.pick(
                f"argmax(s[{i}]) == y[{i}]",
                f"argmax(s[{i}]) == {a}",
                f"argmax(s[{i}]) != argmax(s[{j}])" if i != j else f"f[{i}]",
                f"s[{i}, {a}] {op} s[{j}, {b}]" if (i, a) != (j, b) else f"s[{i}, {a}] > alpha",
                f"rank(s[{i}], {a}) <= 2",
                f"y[{i}] in top(s[{i}], 2)",
                f"y[{i}] == {a}",
                f"s[{i}, {a}] {op} sort(s[{j}])[{self.pick('0', 'k - 1', 'k / 2')}]",
                f"argsort(s[{i}])[{self.pick('0', 'k - 1')}] == {a}",
                f"median(s[{j}]) {op} s[{i}, {a}]",
            )
        return self.pick(
            f"s[{i}] {op} s[{j}]" if i != j else f"s[{i}] {op} 0.2",
            f"s[{i}] {op} alpha",
            f"rank(s, {i}) <= 3",
            f"{i} in top(s, 2)",
            f"f[{i}]",
            f"s[{i}] {op} sort(s)[{self.pick('0', 'n - 1', 'n / 3')}]",
            f"f[argsort(s)[{self.pick('0', 'n - 1')}]]",
            f"median(s) {op} alpha",
        )

    # --- numbers ----------------------------------------------------------------------------------

    def count(self, at: Place, depth: int) -> str:
        loops, inside = self.loops(at, depth)
        return f"count({self.truth(inside, depth)}{loops})"

    def number(self, at: Place, depth: int) -> str:
        if not depth:
            return self.simple(at)
        kind = self.random.randrange(8)
        one = depth - 1
        if kind <= 1:
            return self.count(at, one)
        if kind == 2:
            loops, inside = self.loops(at, one)
            return f"{self.pick('mean', 'sum')}({self.number(inside, one)}{loops})"
        if kind == 3:
            loops, inside = self.loops(at, one)
            return f"mean(({self.truth(inside, one)}){loops})"
        if kind == 4:
            return f"(1 + {self.count(at, one)}) / (1 + {self.count(at, one)})"
        if kind == 5:
            op = self.pick("+", "-", "*", "/")
            return f"({self.number(at, one)}) {op} ({self.number(at, one)})"
        if kind == 6:
            then, otherwise = self.number(at, one), self.number(at, one)
            return f"(({then}) if ({self.truth(at, one)}) else ({otherwise}))"
        loops, inside = self.loops(at, one)
        return f"{self.pick('max', 'min', 'median', 'prod')}({self.number(inside, one)}{loops})"

    def simple(self, at: Place) -> str:
        choices = ["1", "2", "alpha", "n"]
        choices += [f"r[{i}]" for i in at.examples] * 2
        choices += [f"rank(s, {i})" for i in at.examples if not self.multi]
        choices += [] if self.multi else ["r[argsort(s)[n - 1]]"]
        return self.random.choice(choices)

    # --- data -------------------------------------------------------------------------------------

    def tensors(self, n: int, k: int) -> dict[str, Tensor]:
        """A batch without ties: scores float64, all different."""
        generator = torch.Generator().manual_seed(self.random.randrange(2**31))
        shape = (n, k) if self.multi else (n,)
        order = torch.randperm(n * (k if self.multi else 1), generator=generator)
        scores = order.double().mul(0.37).sub(0.31 * n).reshape(shape)
        found = {
            "s": scores,
            "f": torch.rand(n, generator=generator) < 0.5,
            "r": torch.randn(n, generator=generator, dtype=torch.float64),
            "q": torch.randint(2, (n,), generator=generator).double(),
        }
        if self.multi:
            found["y"] = torch.randint(k, (n,), generator=generator)
        return found
