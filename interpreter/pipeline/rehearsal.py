"""Before the first step: whether what a pipeline unrolls can be differentiated."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

import torch
from torch import nn

from autodesign.dsl import pipeline as checked
from autodesign.dsl.pipeline import Index, Pipeline
from autodesign.interpreter.pipeline.draws import Draws
from autodesign.interpreter.pipeline.needs import Plan, Pursued, plan, pursued
from autodesign.interpreter.pipeline.played import Played
from autodesign.interpreter.pipeline.step import gradients
from autodesign.interpreter.pipeline.tools import Place, Tools
from autodesign.interpreter.pipeline.twice import check_twice
from autodesign.interpreter.pipeline.values import Values, put
from autodesign.stdlib.data.reading.examples import Examples

EXAMPLES = 2
"""Some layers take more than one while they learn."""


def rehearse(
    pipeline: Pipeline,
    modules: Sequence[nn.Module],
    data: Sequence[Examples],
    places: Mapping[Index, Place],
    device: torch.device,
) -> None:
    """Takes the gradients of a step of each phase with an unrolled player, on two examples.

    Nothing changes: players, buffers, histories, random numbers. Raises SpecError (AD570).
    """
    players = [Played(module).still() for module in modules]
    weights = [list(one.named_weights().values()) for one in players]
    named = {p.name: m for p, m in zip(pipeline.players, modules, strict=True)}
    tools = Tools(pipeline)

    def step(goals: Sequence[Pursued], needs: Plan) -> None:
        source = Draws(pipeline.draws, data, None)
        fields = {draw: source.take(draw, EXAMPLES) for draw in range(len(pipeline.draws))}
        drawn = put(needs, pipeline, fields, source.rows, places, device)
        gradients(Values(pipeline, needs, tools, players, drawn, replay=False), goals, weights)

    with _training(modules, device):
        for goals, needs, index in _unrolled(pipeline):
            span = pipeline.values[index].span
            check_twice(partial(step, goals, needs), named, _name(pipeline, index), span)


@contextmanager
def _training(modules: Sequence[nn.Module], device: torch.device) -> Iterator[None]:
    """Modules in training mode; that and the random numbers to come are afterwards as before."""
    modes = [module.training for module in modules]
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        for module in modules:
            module.train()
        try:
            yield
        finally:
            for module, mode in zip(modules, modes, strict=True):
                module.train(mode)


def _unrolled(pipeline: Pipeline) -> Iterator[tuple[Sequence[Pursued], Plan, Index]]:
    """The goals of each phase in which a player is unrolled, what they need, and its value."""
    for phase in pipeline.phases:
        goals = pursued(pipeline, phase)
        needs = plan(pipeline, goals)
        if needs.loops:
            yield goals, needs, min(needs.loops)


def _name(pipeline: Pipeline, index: Index) -> str:
    made = pipeline.values[index].made
    while isinstance(made, checked.After):
        made = pipeline.values[made.player].made
    assert isinstance(made, checked.Playing)
    return pipeline.players[made.player].name
