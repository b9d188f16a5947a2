"""One data source to be read: its arguments, where it was written, and how to refuse it."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.spec import Call
from autodesign.stdlib.data.declared import Args, Fields, declared_fields


@dataclass(frozen=True)
class Request:
    """`call` is the source as declared, `cache` the folder for data kept between runs."""

    call: Call
    cache: Path

    @property
    def args(self) -> Args:
        return self.call.args

    def whole(self, name: str) -> int:
        value = self.args[name]
        assert isinstance(value, int)
        return value

    def text(self, name: str) -> str:
        value = self.args[name]
        assert isinstance(value, str)
        return value

    def path(self, name: str) -> Path:
        """An argument that names a file or folder, relative to the folder of the spec."""
        return self.folder() / Path(self.text(name)).expanduser()

    def folder(self) -> Path:
        """The folder of the file in which the source is written."""
        written_in = Path(self.call.span.source.name)
        return written_in.parent if written_in.is_file() else Path()

    def fields(self) -> Fields:
        """The fields, where the declaration knows them all."""
        fields = declared_fields(self.call)
        assert fields is not None
        return fields

    def refusal(self, code: str, message: str, help: str = "", *notes: str) -> SpecError:
        """The error to raise: a diagnostic that points at the source in the spec."""
        return SpecError([Diagnostic(code, message, self.call.span, notes=notes, help=help)])

    def package(self, module: str, distribution: str, extra: str = "data") -> Any:
        """Import what the source is read with, or say how to install it."""
        try:
            return importlib.import_module(module)
        except (ImportError, RuntimeError) as error:
            raise self.refusal(
                "AD723",
                f"{self.call.name} needs the package {distribution}, which cannot be imported",
                f"install it with: pip install 'autodesign[{extra}]'",
                str(error),
            ) from None

    @contextmanager
    def inside(self, distribution: str) -> Iterator[None]:
        """Say so where the data inside a package cannot be read, or is not what it was."""
        try:
            yield
        except (OSError, ValueError, LookupError) as error:
            raise self.refusal(
                "AD725",
                f"the data inside the package {distribution} is damaged",
                f"install it again: pip install --force-reinstall {distribution}",
                str(error),
            ) from None

    @contextmanager
    def opening(self, path: Path, missing: str) -> Iterator[None]:
        """Say what is the matter with a file or folder that cannot be opened or read.

        `missing` is the mend for one that is not there.
        """
        try:
            yield
        except (FileNotFoundError, NotADirectoryError):
            raise self.refusal("AD724", f"I cannot find {path}", missing) from None
        except IsADirectoryError:
            raise self.refusal(
                "AD724", f"{path} is a folder, and a file is needed", "name the file in it"
            ) from None
        except PermissionError:
            raise self.refusal(
                "AD733", f"I am not allowed to read {path}", "give yourself the right to read it"
            ) from None
        except OSError as error:
            raise self.refusal(
                "AD725", f"{path} is damaged, or its disk is", "get the file again", str(error)
            ) from None
