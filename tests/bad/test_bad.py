"""A spec (or a scenario) for every diagnostic code, beside it the text that it must give.

`AD302.ad` and `AD302-two-controls.ad` are specs that give AD302; their text is in the `.txt` of the
same name. A comment `# --set lam=2` in a spec is what the command line would say; files that a spec
takes names from lie in `parts/`.

What only a run can provoke is a function `AD901(tmp_path)` in `scenarios_*.py` that returns its
diagnostics; its text is in `AD901.txt`, that of `AD901_again` in `AD901-again.txt`.
"""

import importlib.util
import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.diagnostics.explain import codes
from autodesign.dsl.diagnostics.terminal import render_all
from autodesign.dsl.load import load_text
from autodesign.dsl.syntax.decode import decode
from autodesign.stdlib.library import standard

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
INTERNAL = re.compile(
    r"Traceback|<class|<function|NoneType|autodesign\.|\bdsl\.|\bself\b|object at 0x|"
    r"\b\w*(?:TypeError|ValueError|KeyError|IndexError|AttributeError|RuntimeError|OSError)\b"
)
"""What a Python program says of itself, and a diagnostic never does."""


def code_of(name: str) -> str:
    return name.partition("-")[0]


def specs() -> list[Path]:
    return sorted(HERE.glob("AD*.ad"))


def scenarios() -> dict[str, Callable[[Path], list[Diagnostic]]]:
    found: dict[str, Callable[[Path], list[Diagnostic]]] = {}
    for path in sorted(HERE.glob("scenarios_*.py")):
        described = importlib.util.spec_from_file_location(f"bad_{path.stem}", path)
        assert described and described.loader
        module = importlib.util.module_from_spec(described)
        described.loader.exec_module(module)
        functions = inspect.getmembers(module, inspect.isfunction)
        found |= {name: function for name, function in functions if name.startswith("AD")}
    return found


SCENARIOS = scenarios()


def compare(
    diagnostics: Sequence[Diagnostic], name: str, update: bool, hide: Iterable[Path] = ()
) -> None:
    """The diagnostics name the code, look as written in `NAME.txt`, and betray nothing."""
    assert code_of(name) in [one.code for one in diagnostics]
    text = render_all(diagnostics, color=False) + "\n"
    for path in hide:
        text = text.replace(str(path), "DIRECTORY")
    assert not INTERNAL.search(text), text
    expected = HERE / f"{name}.txt"
    if update:
        expected.write_text(text, encoding="utf-8")
    assert expected.exists(), f"{expected.name} is missing: python -m pytest tests/bad --update"
    assert text == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", specs(), ids=lambda path: path.stem)
def test_spec_is_refused_with_its_text(path: Path, update: bool) -> None:
    source = decode(path.read_bytes(), path.name)
    if isinstance(source, Diagnostic):
        compare([source], path.stem, update)
    else:
        settings = dict(re.findall(r"^# --set (\S+?)=(.*)$", source.text, re.MULTILINE))
        _, diagnostics = load_text(source.text, path.name, standard(), settings, HERE)
        compare(diagnostics, path.stem, update)


@pytest.mark.parametrize("code", sorted(SCENARIOS))
def test_scenario_is_refused_with_its_text(code: str, update: bool) -> None:
    name = code.replace("_", "-")
    with TemporaryDirectory() as folder:  # a short path: a long one is cut in a message
        compare(SCENARIOS[code](Path(folder)), name, update, hide=[Path(folder)])


def provoked() -> set[str]:
    return {code_of(path.stem) for path in specs()} | {code.split("_")[0] for code in SCENARIOS}


def used() -> set[str]:
    """Codes that stand as string literals in the sources."""
    found: set[str] = set()
    for room in ("dsl", "stdlib", "interpreter"):
        for path in (ROOT / room).rglob("*.py"):
            found |= set(re.findall(r"""["'](AD\d{3})["']""", path.read_text(encoding="utf-8")))
    return found


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert used() == set(codes())


def test_every_page_has_a_bad_spec_or_a_scenario() -> None:
    assert provoked() == set(codes())


def test_every_text_belongs_to_a_spec_or_a_scenario() -> None:
    names = {path.stem for path in specs()} | {name.replace("_", "-") for name in SCENARIOS}
    assert {path.stem for path in HERE.glob("AD*.txt")} == names


def test_there_are_at_least_sixty_codes() -> None:
    assert len(codes()) >= 60  # "Must show", 3, of the language's first part
