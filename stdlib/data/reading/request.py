"""One data source to be read: its arguments, where it was written, and how to refuse it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.spec import Call, FieldType
from autodesign.stdlib.data.declared import declared_fields


@dataclass(frozen=True)
class Request:
    """`call` is the source as declared, `cache` the folder for data kept between runs."""

    call: Call
    cache: Path

    def whole(self, name: str) -> int:
        value = self.call.args[name]
        assert isinstance(value, int)
        return value

    def text(self, name: str) -> str:
        value = self.call.args[name]
        assert isinstance(value, str)
        return value

    def path(self, name: str) -> Path:
        """An argument that names a file or folder, relative to the folder of the spec."""
        return self.folder() / Path(self.text(name)).expanduser()

    def folder(self) -> Path:
        """The folder of the file in which the source is written."""
        written_in = Path(self.call.span.source.name)
        return written_in.parent if written_in.is_file() else Path()

    def declared(self) -> Mapping[str, FieldType]:
        """The fields, where the declaration knows them all."""
        fields = declared_fields(self.call)
        assert fields is not None
        return fields

    def refusal(self, code: str, message: str, help: str = "", *notes: str) -> SpecError:
        """The error to raise: a diagnostic that points at the source in the spec."""
        return SpecError([Diagnostic(code, message, self.call.span, notes=notes, help=help)])
