"""`use`: the library's modules and the user's other files, each read once."""

from collections.abc import Callable
from pathlib import PurePosixPath

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, Problems
from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.dsl.library import Library
from autodesign.dsl.resolve.prelude import Prelude
from autodesign.dsl.resolve.scope import Scope, declare, twice
from autodesign.dsl.source import Source, Span
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.parse import parse, parse_library

ReadFile = Callable[[str], Source | Diagnostic]
"""Reads a file named in a `use`, relative to the folder of the spec that was asked for."""


class Modules:
    """Scopes of all files that a spec reaches: the library's and its own neighbours."""

    def __init__(self, library: Library, read: ReadFile, problems: Problems) -> None:
        self.library = library
        self.read = read
        self.problems = problems
        self._libraries: dict[str, Scope] = {}
        self._files: dict[str, Scope | None] = {}
        self.texts: dict[str, str] = {}
        self.prelude = Prelude(library, self.library_scope)

    def scope(self, file: ast.File, folder: PurePosixPath) -> Scope:
        """The scope of a file of the user's; `folder` is where its own `use` paths start."""
        scope = Scope(prelude=self.prelude)
        declare(scope, file, None, self.problems)
        for declaration in file.declarations:
            if isinstance(declaration, ast.ExternDeclaration):
                self._refuse_extern(declaration)
        for use in file.uses:
            self._use(scope, use, folder)
        return scope

    def library_scope(self, module: str) -> Scope:
        """The scope of a library module. Raises KeyError for an unknown one."""
        if module not in self._libraries:
            source = self.library.source(module)
            scope = Scope()
            self._libraries[module] = scope
            declare(scope, parse_library(source), module, self.problems)
            if module not in self.library.prelude:
                scope.prelude = self.prelude
        return self._libraries[module]

    def _refuse_extern(self, declaration: ast.ExternDeclaration) -> None:
        self.problems.error(
            "AD215",
            f"`extern {declaration.kind.id} {declaration.name.id}` stands in a spec",
            declaration.name.span,
            "only a library can declare what Python supplies",
            help="write it as a `block` of existing layers, or put it into an installed library",
        )

    def _use(self, scope: Scope, use: ast.Use, folder: PurePosixPath) -> None:
        other = self._file(use, folder) if use.is_file else self._module(use)
        if other is None:
            scope.lost.update(wanted.alias.id for wanted in use.names)
            return
        for wanted in use.names:
            self._take(scope, use, wanted, other)

    def _take(self, scope: Scope, use: ast.Use, wanted: ast.UseName, other: Scope) -> None:
        entry = other.own.get(wanted.name.id)
        if entry is None:
            self.problems.error(
                "AD205",
                f"{use.module} has nothing named `{wanted.name.id}`",
                wanted.name.span,
                "not declared there",
                help=did_you_mean(wanted.name.id, other.own)
                or f"it declares {', '.join(sorted(other.own)[:8]) or 'nothing'}",
            )
            scope.lost.add(wanted.alias.id)
            return
        other.used.add(wanted.name.id)
        name = wanted.alias
        if name.id in scope.own:
            twice(self.problems, name, scope.own[name.id].declaration.name.span)
        elif name.id in scope.taken:
            twice(self.problems, name, scope.taken[name.id][1])
        else:
            scope.taken[name.id] = (entry, name.span)

    def _module(self, use: ast.Use) -> Scope | None:
        try:
            return self.library_scope(use.module)
        except KeyError:
            self.problems.error(
                "AD204",
                f"there is no library module `{use.module}`",
                use.module_span,
                "not found",
                help=did_you_mean(use.module, self.library.modules())
                or 'a file beside this one is taken with quotes: use "blocks.ad" (name)',
            )
            return None

    def _file(self, use: ast.Use, folder: PurePosixPath) -> Scope | None:
        path = _inside(folder, use.module)
        if path is None:
            self.problems.error(
                "AD207",
                f'"{use.module}" does not name an .ad file in the folder of the spec',
                use.module_span,
                "refused",
                help="a spec takes names only from .ad files in its own folder and those below it",
            )
            return None
        if path in self._files:
            if self._files[path] is None:
                self._refuse_circle(use.module, use.module_span)
            return self._files[path]
        source = self.read(path)
        if isinstance(source, Diagnostic):
            self.problems.error("AD206", source.message, use.module_span, help=source.help)
            return None
        self._files[path] = None
        self.texts[path] = source.text
        file, found = parse(source)
        self.problems.found.extend(found)
        self._files[path] = self.scope(file, PurePosixPath(path).parent)
        return self._files[path]

    def _refuse_circle(self, module: str, span: Span) -> None:
        self.problems.error(
            "AD208",
            f'"{module}" takes names from a file that takes names from it',
            span,
            "this closes a circle",
            help="move what both files need into a third one",
        )


def _inside(folder: PurePosixPath, written: str) -> str | None:
    """The path from the spec's folder, or None where it leads outside or is no .ad file."""
    if written.startswith("/") or "\\" in written or "\0" in written or ":" in written:
        return None
    parts: list[str] = []
    for part in (folder / written).parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts) if written.endswith(".ad") and parts else None
