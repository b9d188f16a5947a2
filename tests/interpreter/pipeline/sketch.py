"""Pipelines made by hand: what a checker would give for a spec, without one."""

from typing import Any

import torch
from torch import Tensor

from autodesign.dsl import pipeline as checked
from autodesign.dsl import spec
from autodesign.dsl.pipeline import NUMBER, PLAYER
from autodesign.dsl.source import Source, Span
from autodesign.dsl.spec import FieldType
from autodesign.interpreter.pipeline.reach import inputs
from autodesign.stdlib.data.reading.examples import Splits, Table

HERE = Span(Source("hand.ad", "pipeline"), 0, 1)
VECTOR = FieldType("vector", (4,))


def call(kind: str, name: str, module: str, **args: Any) -> spec.Call:
    return spec.Call(kind, name, module, args, HERE)


def linear(width: int, out: int) -> spec.Layer:
    args = {"out_features": out, "bias": True, "in_features": width}
    made = call("layer", "Linear", "std.layers.linear", **args)
    return spec.Layer(made, ((width,),), (out,), width * out)


def activation(name: str, width: int) -> spec.Layer:
    made = call("layer", name, "std.layers.activation")
    return spec.Layer(made, ((width,),), (width,), 0)


def dropout(width: int) -> spec.Layer:
    made = call("layer", "Dropout", "std.layers.dropout", p=0.2)
    return spec.Layer(made, ((width,),), (width,), 0)


def adam(lr: float = 1e-2) -> spec.Call:
    return call(
        "optimizer",
        "Adam",
        "std.training.optimizers",
        lr=lr,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0,
        amsgrad=False,
        maximize=False,
    )


def sgd(lr: float = 0.1) -> spec.Call:
    return call(
        "optimizer",
        "SGD",
        "std.training.optimizers",
        lr=lr,
        momentum=0,
        dampening=0,
        weight_decay=0,
        nesterov=False,
        maximize=False,
    )


def data(name: str, **fields: FieldType) -> spec.Data:
    return spec.Data(name, call("data", name, "std.data"), fields, HERE)


class Sketch:
    """A pipeline that grows: each method adds something and gives its place."""

    def __init__(self) -> None:
        self.draws: list[checked.Draw] = []
        self.players: list[checked.Player] = []
        self.values: list[checked.StepValue] = []
        self.goals: list[checked.PlayerGoal] = []
        self.phases: list[checked.Phase] = []
        self.outputs: list[tuple[str, int]] = []

    def add(self, made: checked.Made, type: FieldType = VECTOR) -> int:
        value = checked.StepValue(made, type, frozenset(), frozenset(), "", HERE)
        parts = [self.values[index] for index in inputs(value)]
        own = frozenset({made.player}) if isinstance(made, checked.Playing) else frozenset()
        involves = own.union(*(part.involves for part in parts))
        steady = isinstance(made, checked.History | checked.GradientOf | checked.Placed)
        players = frozenset() if steady else own.union(*(part.players for part in parts))
        text = f"value {len(self.values)}"
        self.values.append(checked.StepValue(made, type, players, involves, text, HERE))
        return len(self.values) - 1

    def draw(self, data: spec.Data, *fields: str) -> list[int]:
        self.draws.append(checked.Draw(fields, data, fields, HERE))
        assert data.fields is not None
        number = len(self.draws) - 1
        return [self.add(checked.Drawn(number, f), data.fields[f]) for f in fields]

    def player(self, name: str, *steps: spec.Layer, optimizer: spec.Call | None = None) -> int:
        sources, shape = steps[0].sources, steps[-1].shape
        self.players.append(checked.Player(name, steps, sources, shape, optimizer, HERE))
        return self.add(checked.Playing(len(self.players) - 1), PLAYER)

    def apply(self, player: int, *inputs: int) -> int:
        return self.add(checked.Applied(player, inputs))

    def operation(self, name: str, module: str, inputs: dict[str, int], **args: Any) -> int:
        made = call("operation", name, f"std.operations.{module}", **args)
        return self.add(checked.Operation(made, tuple(inputs.items())), NUMBER)

    def combine(self, op: str, left: int, right: int | None = None) -> int:
        return self.add(checked.Combined(op, left, right), NUMBER)

    def goal(self, players: list[int], every: int = 1, **terms: int) -> None:
        objectives = tuple(checked.Objective(term, text) for text, term in terms.items())
        self.goals.append(checked.PlayerGoal(tuple(players), objectives, every, HERE))

    def phase(self, length: int, unit: Any = "epochs", players: set[int] | None = None) -> None:
        everyone = frozenset(range(len(self.players)))
        some = everyone if players is None else frozenset(players)
        self.phases.append(checked.Phase(some, length, unit, players is None))

    def pipeline(self) -> checked.Pipeline:
        return checked.Pipeline(
            "Hand",
            tuple(self.draws),
            tuple(self.players),
            tuple(self.values),
            (),
            tuple(self.goals),
            tuple(self.phases),
            tuple(self.outputs),
            HERE,
        )

    def job(self, **more: Any) -> checked.PipelineJob:
        settings: dict[str, Any] = {
            "name": "job",
            "pipeline": self.pipeline(),
            "optimizer": adam(),
            "schedule": None,
            "batch": 4,
            "reports": (),
            "keep": None,
            "clip": None,
            "seed": 3,
            "span": HERE,
        }
        return checked.PipelineJob(**(settings | more))


def vectors(examples: int, seed: int) -> Table:
    random = torch.Generator().manual_seed(seed)
    return Table(
        {
            "x": torch.rand(examples, 4, generator=random),
            "label": torch.randint(3, (examples,), generator=random),
        }
    )


def splits(train: int = 10, seed: int = 0) -> Splits:
    fields = {"x": VECTOR, "label": FieldType("label", (), 3)}
    parts = (vectors(train, seed), vectors(5, seed + 1), vectors(5, seed + 2))
    return Splits(*parts, fields)


def gan() -> Sketch:
    """Two generators in a cycle, a discriminator each, a history, a goal every second step."""
    sketch = Sketch()
    [x] = sketch.draw(data("clean", x=VECTOR), "x")
    [y] = sketch.draw(data("full", x=VECTOR), "x")
    there = sketch.player("G", linear(4, 6), activation("Tanh", 6), dropout(6), linear(6, 4))
    back = sketch.player("F", linear(4, 4))
    critic = sketch.player("D", linear(4, 6), activation("Tanh", 6), linear(6, 1))
    made = sketch.apply(there, x)
    fooled = sketch.operation("adversarial", "adversarial", {"d": critic, "x": made}, loss="log")
    cycled = sketch.apply(back, made)
    cycle = sketch.operation("l1", "arithmetic", {"a": cycled, "b": x})
    ten = sketch.add(checked.Fixed(10.0), NUMBER)
    cycle = sketch.combine("*", ten, cycle)
    past = sketch.add(checked.History(made, 6))
    told = sketch.operation(
        "discriminate", "adversarial", {"d": critic, "real": y, "fake": past}, loss="log"
    )
    sketch.goal([0, 1], fooled=fooled, cycle=cycle)
    sketch.goal([2], told=told, every=2)
    sketch.outputs = [("made", made)]
    return sketch


def weights_of(module: torch.nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in module.state_dict().items()}
