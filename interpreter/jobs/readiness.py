"""What can be seen before a run starts, without its data."""

import torch

from autodesign.dsl import spec
from autodesign.interpreter.jobs.failures import refused
from autodesign.interpreter.jobs.terms import outputs_in


def check_ready(job: spec.Train, device: torch.device, precision: str) -> None:
    """Raises SpecError AD771 or AD774."""
    if precision == "bfloat16" and not _has_bfloat16(device):
        raise refused(
            "AD774",
            f"the device {device} does not compute in bfloat16",
            help="leave --precision out, or name another device with --device",
        )
    rewards = [goal for goal in job.goals if goal.method.name == "q_learning"]
    trained = {n for g in job.goals if g not in rewards for n in outputs_in(g.term)}
    for goal in rewards:
        acting = sorted(set(outputs_in(goal.term)) - trained)
        _check_scores(job, goal, acting)


def _check_scores(job: spec.Train, goal: spec.Goal, acting: list[str]) -> None:
    shapes = {output.name: output.edge.shape for output in job.network.outputs}
    for name in acting:
        if len(shapes[name]) != 1 or shapes[name][0] < 2:
            raise refused(
                "AD771",
                f"the output `{name}` is {list(shapes[name])}, so its values cannot stand for "
                "actions",
                goal.span,
                notes=[
                    "An output in a reward that has no loss of its own is trained like a control "
                    "node: each of its scores predicts the reward of one answer."
                ],
                help=f"give `{name}` one score for each answer, or a loss of its own "
                f"(`minimize CrossEntropyLoss({name}, label)`)",
            )


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu"
