"""What only another library than the standard one provokes."""

from collections.abc import Mapping
from pathlib import Path

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.library import Misfit
from autodesign.dsl.load import load_text
from autodesign.dsl.source import Source
from autodesign.dsl.spec import FieldType, Value
from autodesign.stdlib.library import Modules


class Lab(Modules):
    """The standard library and a module `lab.data` whose only source is never content."""

    def source(self, module: str) -> Source:
        if module == "lab.data":
            return Source("lab/data.ad", "ad 1\nextern data Samples(first: int, last: int)\n")
        return super().source(module)

    def fields(
        self, module: str, name: str, args: Mapping[str, Value]
    ) -> Mapping[str, FieldType] | None:
        if module == "lab.data":
            raise Misfit("ends before it begins", "give a `last` above `first`", "last")
        return super().fields(module, name, args)


def AD231(tmp_path: Path) -> list[Diagnostic]:
    text = "ad 1\n\nuse lab.data (Samples)\n\ndata mine = Samples(first=7, last=3)\n"
    return list(load_text(text, "AD231.ad", Lab())[1])
