"""The whole state of a job as one safetensors file, and back.

The file depends on the state alone: no times, tensors in safetensors' own order, everything else as
one JSON text (safetensors does not keep several in order). So a run that was resumed writes the
same bytes as one that was not.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from autodesign.interpreter.jobs import files

VERSION = 1
KEY = "autodesign"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Tensors by name, and what JSON can hold."""

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Whole or not at all. Raises RunError AD902."""
    tensors = {k: v.detach().cpu().contiguous().clone() for k, v in checkpoint.tensors.items()}
    facts = json.dumps({"version": VERSION, **checkpoint.facts}, sort_keys=True)
    files.write(path, save(tensors, {KEY: facts}))


def read(path: Path) -> Checkpoint:
    """Raises RunError AD903 where the file is not a whole checkpoint."""
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads((file.metadata() or {})[KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, ValueError) as problem:
        raise files.damaged(path) from problem
    return Checkpoint(tensors, facts)


def under(prefix: str, tensors: Mapping[str, T]) -> dict[str, T]:
    """`{"w": t}` -> `{"prefix.w": t}`"""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def below(prefix: str, tensors: Mapping[str, T]) -> dict[str, T]:
    """The inverse of `under`; other tensors are left out."""
    start = prefix + "."
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}


# --- optimizers and schedules ---------------------------------------------------------------------


def optimizer_state(optimizer: torch.optim.Optimizer) -> Checkpoint:
    """The state of an optimizer: `<parameter>.<name>` for tensors, the same for plain values."""
    state = optimizer.state_dict()
    tensors: dict[str, Tensor] = {}
    plain: dict[str, Any] = {}
    for parameter, entries in state["state"].items():
        for name, value in entries.items():
            if isinstance(value, Tensor):
                tensors[f"{parameter}.{name}"] = value
            else:
                plain[f"{parameter}.{name}"] = value
    return Checkpoint(tensors, {"groups": state["param_groups"], "plain": plain})


def restore_optimizer(optimizer: torch.optim.Optimizer, saved: Checkpoint) -> None:
    state: dict[int, dict[str, Any]] = {}
    for path, value in {**saved.tensors, **saved.facts["plain"]}.items():
        parameter, name = path.split(".", 1)
        state.setdefault(int(parameter), {})[name] = value
    optimizer.load_state_dict({"state": state, "param_groups": saved.facts["groups"]})


def schedule_state(state: Any) -> Any:
    """A schedule's `state_dict`, without what its constructor makes again."""
    if isinstance(state, dict):
        plain = {name: schedule_state(value) for name, value in state.items()}
        return {name: value for name, value in plain.items() if value is not None}
    if isinstance(state, list | tuple):
        items = [schedule_state(value) for value in state]
        return None if any(item is None for item in items) else items
    return state if isinstance(state, bool | int | float | str) else None


def merged(fresh: Any, saved: Any) -> Any:
    """A fresh schedule's `state_dict` with the saved values put into it."""
    if isinstance(fresh, dict) and isinstance(saved, dict):
        return {k: merged(v, saved[k]) if k in saved else v for k, v in fresh.items()}
    if isinstance(fresh, list) and isinstance(saved, list) and len(fresh) == len(saved):
        return [merged(one, other) for one, other in zip(fresh, saved, strict=True)]
    if isinstance(fresh, list | tuple):
        return type(fresh)(saved)
    return saved
