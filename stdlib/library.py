"""The library that every spec has: modules of `extern` declarations and the torch-free rules.

A module `std.layers.convolution` is the file layers/convolution.ad with its Python half
layers/convolution.py beside it. Installed packages add modules of their own through the entry point
group `autodesign.libraries`; README.md beside this file says how a half is written.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.source import Source
from autodesign.dsl.spec import FieldType, Shape, Value

ENTRY_POINTS = "autodesign.libraries"
Rule = Callable[..., Any]
OUTSIDE_PRELUDE = ("std.metrics",)
"""Modules of the standard library that a spec takes with `use`: their names are short ones."""


@dataclass(frozen=True, slots=True)
class Root:
    """A tree of modules: `name` is the first part of their dotted names."""

    name: str
    package: str
    folder: Path

    def modules(self) -> tuple[str, ...]:
        return tuple(sorted(self._module(path) for path in self.folder.rglob("*.ad")))

    def _module(self, path: Path) -> str:
        parts = path.relative_to(self.folder).with_suffix("").parts
        return ".".join((self.name, *(part for part in parts if part != "__init__")))

    def path(self, module: str) -> Path:
        """The file of a module. Raises KeyError where there is none."""
        parts = module.split(".")[1:]
        if all(part.isidentifier() for part in parts):
            stem = self.folder.joinpath(*parts)
            for path in (stem.with_suffix(".ad"), stem / "__init__.ad"):
                if path.is_file():
                    return path
        raise KeyError(module)

    def source(self, module: str) -> Source:
        path = self.path(module)
        name = Path(self.name) / path.relative_to(self.folder)
        return Source(name.as_posix(), path.read_text(encoding="utf-8"))

    def half(self, module: str, suffix: str = "") -> ModuleType:
        """The Python half of a module: torch-free, or with `suffix` "_torch" the one for torch."""
        dotted = ".".join((self.package, *module.split(".")[1:]))
        return import_module(dotted + suffix)


class Modules:
    """The standard library and the installed ones, found when a spec first names them."""

    def __init__(self) -> None:
        self._roots = {"std": Root("std", "autodesign.stdlib", Path(__file__).parent)}
        self._std = self._roots["std"].modules()
        self.prelude = tuple(m for m in self._std if m not in OUTSIDE_PRELUDE)

    def modules(self) -> tuple[str, ...]:
        """All modules of the standard library, and of the installed ones named so far."""
        others = (root.modules() for name, root in self._roots.items() if name != "std")
        return (*self._std, *(module for modules in others for module in modules))

    def source(self, module: str) -> Source:
        """The text of a module. Raises KeyError for an unknown one."""
        return self._root(module).source(module)

    def half(self, module: str, suffix: str = "") -> ModuleType:
        """The Python half of a module, imported on first use. Raises KeyError, ImportError."""
        return self._root(module).half(module, suffix)

    def layer(
        self, module: str, name: str, sources: tuple[Shape, ...], args: Mapping[str, Value]
    ) -> Derived:
        """The rule of a declared layer. Raises Misfit."""
        rule = self._rules(module, "RULES").get(name)
        if rule is None:
            raise Misfit(f"is declared in {module}, which has no rule for it")
        derived: Derived = rule(sources, args)
        return derived

    def fields(
        self, module: str, name: str, args: Mapping[str, Value]
    ) -> Mapping[str, FieldType] | None:
        """The fields of a declared data source; None where only loading tells. Raises Misfit."""
        rule = self._rules(module, "FIELDS").get(name)
        if rule is None:
            return None
        fields: Mapping[str, FieldType] | None = rule(args)
        return fields

    def _rules(self, module: str, table: str) -> Mapping[str, Rule]:
        try:
            rules: Mapping[str, Rule] = getattr(self.half(module), table, {})
        except ImportError as error:
            raise Misfit(
                f"cannot be used: the Python half of {module} does not load ({error})",
                "install what it needs, or another version of that library",
            ) from error
        return rules

    def _root(self, module: str) -> Root:
        name = module.split(".", 1)[0]
        if name not in self._roots:
            self._roots[name] = installed(name)
        return self._roots[name]


def installed(name: str) -> Root:
    """The library that an installed package offers under a name. Raises KeyError."""
    from importlib.metadata import entry_points

    for point in entry_points(group=ENTRY_POINTS, name=name):
        found = find_spec(point.value)
        if found is not None and found.submodule_search_locations:
            return Root(name, point.value, Path(found.submodule_search_locations[0]))
    raise KeyError(name)


@cache
def standard() -> Modules:
    """The library of every spec; one for the whole process, since files do not change under it."""
    return Modules()
