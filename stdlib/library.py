"""The library that every spec has: modules of `extern` declarations and the torch-free rules.

A module `std.layers.convolution` is the file layers/convolution.ad with its Python half
layers/convolution.py beside it. Installed packages add modules of their own through the entry point
group `autodesign.libraries`; README.md beside this file says how a half is written.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, cast

from autodesign.dsl.library import Derived, Misfit
from autodesign.dsl.source import Source
from autodesign.dsl.spec import FieldType, Shape, Value

ENTRY_POINTS = "autodesign.libraries"
Rule = Callable[..., Any]
Direction = Literal["minimize", "maximize"]
OUTSIDE_PRELUDE = ("std.metrics",)
"""Modules of the standard library that a spec takes with `use`: their names are short ones."""


@dataclass(frozen=True, slots=True)
class Root:
    """A tree of modules in one folder; `package` is the Python package that the folder is."""

    package: str
    folder: Path
    paths: Mapping[str, Path]

    def source(self, module: str) -> Source:
        """The text of a module, under a name that is the same on every machine."""
        path = self.paths[module]
        name = Path(module.split(".", 1)[0]) / path.relative_to(self.folder)
        return Source(name.as_posix(), path.read_text(encoding="utf-8"))

    def half(self, module: str, suffix: str = "") -> ModuleType:
        """The Python half of a module: torch-free, or with `suffix` "_torch" the one for torch."""
        dotted = ".".join((self.package, *module.split(".")[1:]))
        return import_module(dotted + suffix)


def root(name: str, package: str, folder: Path) -> Root:
    """The modules `name.a.b` of a folder: its files a/b.ad."""
    paths = {_dotted(name, path.relative_to(folder)): path for path in folder.rglob("*.ad")}
    return Root(package, folder, dict(sorted(paths.items())))


def _dotted(name: str, path: Path) -> str:
    return ".".join((name, *(part for part in path.with_suffix("").parts if part != "__init__")))


class Modules:
    """The standard library and the installed ones, found when a spec first names them."""

    def __init__(self) -> None:
        self._roots = {"std": root("std", "autodesign.stdlib", Path(__file__).parent)}
        self._sources: dict[str, Source] = {}
        self.prelude = tuple(m for m in self.modules() if m not in OUTSIDE_PRELUDE)

    def modules(self) -> tuple[str, ...]:
        """All modules of the standard library, and of the installed ones named so far."""
        return tuple(module for known in self._roots.values() for module in known.paths)

    def source(self, module: str) -> Source:
        """The text of a module, read once. Raises KeyError for an unknown one."""
        if module not in self._sources:
            self._sources[module] = self._root(module).source(module)
        return self._sources[module]

    def half(self, module: str, suffix: str = "") -> ModuleType:
        """The Python half of a module, imported on first use. Raises KeyError, ImportError."""
        return self._root(module).half(module, suffix)

    def layer(
        self, module: str, name: str, sources: tuple[Shape, ...], args: Mapping[str, Value]
    ) -> Derived:
        """The rule of a declared layer. Raises Misfit."""
        derived: Derived = self._rule(module, "RULES", name)(sources, args)
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

    def method(
        self, module: str, name: str, args: Mapping[str, Value], written: Collection[str]
    ) -> None:
        """Whether the arguments of a way of training go together. Raises Misfit."""
        rule = self._rules(module, "METHODS").get(name)
        if rule is not None:
            rule(args, written)

    def loss(
        self,
        module: str,
        name: str,
        shapes: tuple[Shape | None, ...],
        args: Mapping[str, Value],
    ) -> None:
        """Whether a loss can be taken of tensors of these shapes. Raises Misfit."""
        rule = self._rules(module, "LOSSES").get(name)
        if rule is not None:
            rule(shapes, args)

    def operation(
        self, module: str, name: str, types: Mapping[str, FieldType], args: Mapping[str, Value]
    ) -> tuple[FieldType, Mapping[str, tuple[Shape, ...]]]:
        """What an operation gives, and the shapes its players are applied to. Raises Misfit."""
        given: tuple[FieldType, Mapping[str, tuple[Shape, ...]]]
        given = self._rule(module, "OPERATIONS", name)(types, args)
        return given

    def detector(self, module: str, name: str, image: Shape, args: Mapping[str, Value]) -> None:
        """Whether a detector can be applied to images of this shape. Raises Misfit."""
        rule = self._rules(module, "DETECTORS").get(name)
        if rule is not None:
            rule(image, args)

    def placement(
        self, module: str, name: str, types: Mapping[str, FieldType], args: Mapping[str, Value]
    ) -> FieldType:
        """The type of what a placement gives. Raises Misfit."""
        placed: FieldType = self._rule(module, "PLACEMENTS", name)(types, args)
        return placed

    def criterion(
        self,
        module: str,
        name: str,
        roles: Collection[str],
        image: Shape | None,
        args: Mapping[str, Value],
    ) -> tuple[Misfit, ...]:
        """Whether a criterion can judge a growth, and what is doubtful about it. Raises Misfit."""
        rule = self._rules(module, "CRITERIA").get(name)
        return () if rule is None else rule(roles, image, args)

    def direction(self, module: str, name: str) -> Direction | None:
        """Which way a criterion is better; None: not said."""
        directions = cast(Mapping[str, Direction], self._rules(module, "DIRECTIONS"))
        return directions.get(name)

    def _rule(self, module: str, table: str, name: str) -> Rule:
        rule = self._rules(module, table).get(name)
        if rule is None:
            raise Misfit(f"is declared in {module}, which has no rule for it")
        return rule

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
            return root(name, point.value, Path(found.submodule_search_locations[0]))
    raise KeyError(name)


@cache
def standard() -> Modules:
    """The library of every spec; one for the whole process, since files do not change under it."""
    return Modules()
