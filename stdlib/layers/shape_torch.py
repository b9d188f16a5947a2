from torch.nn import (
    Flatten,
    Identity,
    Unflatten,
)

__all__ = [
    "Flatten",
    "Identity",
    "Unflatten",
]
