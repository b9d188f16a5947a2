"""How long each node of a network takes on a device, by the number of examples that it gets.

All nodes are timed in turns, in the order in which a pass runs them: one that is called again and
again by itself finds its weights in the processor's nearest memory, and takes two thirds of the
time that it takes within a pass.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.network.module import DynamicNetwork, Node
from autodesign.interpreter.network.policy import GREEDY
from autodesign.interpreter.network.rows import Rows

SECONDS = 12.0
"""For all nodes together, as far as the least number of rounds allows."""
FEWEST, MOST = 5, 41
"""The fewest and the most times that something is timed; the median counts."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One node: its module, and for each stretch of it the shapes that it is given.

    A `controlled` one runs on some of a batch's examples, which are taken out of it first; one with
    `actions` decides, and what its decision makes of the batch belongs to its time.
    """

    path: str
    module: Node
    stretches: tuple[tuple[tuple[str, ...], tuple[spec.Shape, ...]], ...]
    controlled: bool
    actions: int


def node_times(
    net: DynamicNetwork, batch: int, device: torch.device, precision: str = "float32"
) -> dict[str, dict[int, float]]:
    """Microseconds of each node, by dotted path, for 1 example, a quarter, a half and all of a
    batch. A node that holds a network is timed without it; the nodes in there have their own.

    The network is put into evaluation mode and back; no random numbers are drawn from torch's own
    generators.
    """
    counts = sorted({1, max(batch // 4, 1), max(batch // 2, 1), batch})
    pieces = list(_pieces(net, ""))
    training = net.training
    net.eval()
    with (
        torch.inference_mode(),
        torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"),
    ):
        calls = [_call(piece, count, batch, device) for count in counts for piece in pieces]
        times = medians(calls, device, SECONDS)
    net.train(training)
    return {
        piece.path: dict(zip(counts, times[position :: len(pieces)], strict=True))
        for position, piece in enumerate(pieces)
    }


def medians(
    calls: Sequence[Callable[[], object]],
    device: torch.device,
    seconds: float,
    fewest: int = FEWEST,
) -> list[float]:
    """Microseconds of each call, the median of rounds in which each is called once: as many as
    `seconds` allow, at least `fewest`."""
    for call in calls:
        call()
    clock = _cuda_clock if device.type == "cuda" else _clock
    taken: list[list[float]] = [[] for _ in calls]
    start = perf_counter()
    for done in range(MOST):
        if done >= fewest and perf_counter() - start > seconds:
            break
        for times, call in zip(taken, calls, strict=True):
            times.append(clock(call, device))
    return [median(times) for times in taken]


def _clock(call: Callable[[], object], device: torch.device) -> float:
    start = perf_counter()
    call()
    if device.type == "mps":
        torch.mps.synchronize()
    return 1e6 * (perf_counter() - start)


def _cuda_clock(call: Callable[[], object], device: torch.device) -> float:
    with torch.cuda.device(device):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        start.record()
        call()
        end.record()
        end.synchronize()
        return 1e3 * float(start.elapsed_time(end))


def _call(piece: Piece, count: int, batch: int, device: torch.device) -> Callable[[], object]:
    """What a node does for `count` examples of a batch."""
    generator = torch.Generator().manual_seed(0)
    given = [
        (steps, [torch.rand(batch, *shape, generator=generator).to(device) for shape in shapes])
        for steps, shapes in piece.stretches
    ]
    rows = torch.arange(count, device=device) if piece.controlled and count < batch else None

    def run() -> None:
        value: Tensor | None = None
        for steps, values in given:
            taken = [_taken(value, rows, count) for value in values]
            value = piece.module.stretch(steps, taken, count)
        if piece.actions and value is not None:
            _decide(value, piece)

    return run


def _decide(scores: Tensor, piece: Piece) -> None:
    examples = Rows(len(scores))
    actions = GREEDY.actions(piece.path, scores, examples)
    for action in range(piece.actions):
        _ = examples.having(actions == action).index


def _taken(value: Tensor, rows: Tensor | None, count: int) -> Tensor:
    return value[:count] if rows is None else value.index_select(0, rows)


def _pieces(net: DynamicNetwork, prefix: str) -> Iterator[Piece]:
    for node in net.network.nodes:
        path, module = prefix + node.name, net.node(node.name)
        decides = bool(node.targets) and isinstance(node.steps[-1], spec.Layer)
        actions = len(node.targets) if decides else 0
        yield Piece(path, module, tuple(_stretches(node)), bool(node.controllers), actions)
        for step in node.steps:
            if isinstance(step, spec.Nested):
                yield from _pieces(module.nested(step.label), f"{path}.{step.label}.")


def _stretches(node: spec.Node) -> Iterator[tuple[tuple[str, ...], tuple[spec.Shape, ...]]]:
    """The layers between networks: their names in the module, and the shapes that they get."""
    names: list[str] = []
    shapes = tuple(edge.shape for edge in node.inputs)
    for position, step in enumerate(node.steps):
        if isinstance(step, spec.Layer):
            names.append(str(position))
            continue
        if names:
            yield tuple(names), shapes
        names, shapes = [], (step.shape,)
    if names:
        yield tuple(names), shapes
