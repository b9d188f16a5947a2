"""What a run keeps of its spec can be run again by itself."""

from pathlib import Path

from autodesign.dsl.load import load_file
from autodesign.interpreter.jobs.settled import settled
from autodesign.stdlib.library import standard


def test_the_spec_and_the_files_it_uses_hold_the_params_in_force(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "blocks.ad").write_text(
        "ad 1\nparam width: int = 3\nblock fc = Linear(width) | ReLU\n"
    )
    (tmp_path / "main.ad").write_text(
        'ad 1\nuse "parts/blocks.ad" (fc)\nparam last: int = 2\n'
        "network Net { input x: vector[4]  node N(x) = fc | Linear(last)  output y = N }\n"
    )
    spec, _ = load_file(tmp_path / "main.ad", standard(), {"width": "7", "last": "5"})
    assert spec is not None
    texts = settled(spec)
    again = tmp_path / "again"
    for path, text in texts.items():
        (again / path).parent.mkdir(parents=True, exist_ok=True)
        (again / path).write_text(text)
    same, _ = load_file(again / "spec.ad", standard())
    assert same is not None
    assert same.networks == spec.networks
    assert sorted(texts) == ["parts/blocks.ad", "spec.ad"]
