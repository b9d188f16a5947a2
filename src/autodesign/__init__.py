"""autodesign: write what a network should achieve; the interpreter derives and trains it.

Names are loaded on first use, so that `import autodesign` costs nothing and loads no torch.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autodesign.interpreter.api import Spec, SpecError, load, loads, metric

__version__ = "0.1.0"
__all__ = ["Spec", "SpecError", "load", "loads", "metric"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'autodesign' has no attribute {name!r}")
    from autodesign.interpreter import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
