"""From a metric's definition to its explicit form: comparisons, binaries, value."""

from autodesign.dsl.derive.derivation import Derivation, derive
from autodesign.dsl.derive.text import to_text

__all__ = ["Derivation", "derive", "to_text"]
