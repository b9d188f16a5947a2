"""How long each node of a network takes on a device, by the number of examples that it gets."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import torch
from torch import Tensor

from autodesign.dsl import spec
from autodesign.interpreter.network.module import DynamicNetwork, Node

SECONDS = 12.0
"""For all nodes together, as far as the least number of rounds allows."""
FEWEST, MOST = 5, 41
"""The fewest and the most times that something is timed; the median counts."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One node: its module, and for each stretch of it the shapes that it is given. A `controlled`
    one runs on some of a batch's examples, which are taken out of it first."""

    path: str
    module: Node
    stretches: tuple[tuple[tuple[str, ...], tuple[spec.Shape, ...]], ...]
    controlled: bool


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
        seconds = SECONDS / max(len(pieces), 1)
        found = {piece.path: _timed(piece, counts, device, seconds) for piece in pieces}
    net.train(training)
    return found


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


def _timed(
    piece: Piece, counts: Sequence[int], device: torch.device, seconds: float
) -> dict[int, float]:
    batch = counts[-1]
    generator = torch.Generator().manual_seed(0)
    given = [
        (steps, [torch.rand(batch, *shape, generator=generator).to(device) for shape in shapes])
        for steps, shapes in piece.stretches
    ]
    whole = torch.arange(batch, device=device)

    def call(count: int) -> Callable[[], object]:
        rows = None if count == batch or not piece.controlled else whole[:count]

        def run() -> None:
            for steps, values in given:
                piece.module.stretch(steps, [_taken(v, rows, count) for v in values], count)

        return run

    times = medians([call(count) for count in counts], device, seconds)
    return dict(zip(counts, times, strict=True))


def _taken(value: Tensor, rows: Tensor | None, count: int) -> Tensor:
    return value[:count] if rows is None else value.index_select(0, rows)


def _pieces(net: DynamicNetwork, prefix: str) -> Iterator[Piece]:
    for node in net.network.nodes:
        path, module = prefix + node.name, net.node(node.name)
        yield Piece(path, module, tuple(_stretches(node)), bool(node.controllers))
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
