"""The names that every spec has without a `use`."""

import re
from collections.abc import Callable, Iterator, Mapping

from autodesign.dsl.library import Library
from autodesign.dsl.resolve.scope import Entry, Scope

DECLARED = re.compile(r"^[ \t]*(?:extern\s+\w+|block|network|metric)\s+(\w+)", re.MULTILINE)


class Prelude(Mapping[str, Entry]):
    """What the prelude's modules declare. A module is parsed when one of its names is looked up:
    most specs need a few of them, and reading all would take longer than the check."""

    def __init__(self, library: Library, scope: Callable[[str], Scope]) -> None:
        self._scope = scope
        self._modules = {
            name: module
            for module in library.prelude
            for name in DECLARED.findall(library.source(module).text)
        }

    def __getitem__(self, name: str) -> Entry:
        return self._scope(self._modules[name]).own[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)
