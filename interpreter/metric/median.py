"""The median of rows, by one sort of all of them."""

import torch
from torch import Tensor

from autodesign.interpreter.metric.axes import numel
from autodesign.interpreter.metric.reading import Rows


def median(rows: Rows) -> Tensor:
    """The middle value, or the mean of the two in the middle where their number is even.

    [..., *outer]; NaN where there are no rows or one that counts is undefined.
    """
    x = rows.flat(rows.counted(rows.value, torch.inf))
    owners = rows.owners()
    by_value = x.detach().argsort(dim=-1, stable=True)
    by_owner = owners[by_value].argsort(dim=-1, stable=True)
    x = x.gather(-1, by_value.gather(-1, by_owner))
    count = rows.count()
    sizes = [axis.size for axis in rows.outer]
    bare = count.shape[: count.ndim - len(sizes)]
    lead = torch.broadcast_shapes(x.shape[:-1], bare)  # type: ignore[no-untyped-call]
    kept = count.expand([*lead, *sizes]).reshape(*lead, numel(rows.outer)).long()
    outer = torch.arange(kept.shape[-1], device=x.device)
    first = torch.searchsorted(owners.sort().values, outer)
    x = x.expand([*lead, x.shape[-1]])
    if not x.shape[-1]:
        return x.new_full([*lead, *sizes], torch.nan)
    middle = [(first + half).clamp(0, x.shape[-1] - 1) for half in ((kept - 1) // 2, kept // 2)]
    both = (x.gather(-1, middle[0]) + x.gather(-1, middle[1])) / 2
    both = torch.where(kept == 0, torch.nan, both).reshape([*lead, *sizes])
    return torch.where(rows.sum(rows.value).isnan(), torch.nan, both)
