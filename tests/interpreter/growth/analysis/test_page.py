"""`interpret analyse`: whatever state a journal is in, and whatever stands in it."""

import io
import json
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import journals
import pytest
from rich.console import Console

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.interpreter.cli import main
from autodesign.interpreter.growth.analysis import page, tree
from autodesign.interpreter.growth.analysis.command import analyse
from autodesign.interpreter.growth.analysis.history import read


def quiet() -> Console:
    return Console(file=io.StringIO(), width=200)


def test_page_and_tables_of_a_finished_search(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journals.write(tmp_path / "grown", journals.gan())
    with pytest.raises(SystemExit) as ended:
        main(["analyse", str(tmp_path)])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "grown: the best" in shown and "upscale" in shown
    text = (tmp_path / "grown" / "analysis.html").read_text("utf-8")
    assert text.count("<svg") == 6 and "not over" not in text
    data = json.loads((tmp_path / "grown" / "analysis.json").read_text("utf-8"))
    assert data["over"] and data["totals"]["candidates"] == len(
        [line for line in journals.gan() if line["kind"] == "candidate"]
    )


def test_the_same_journal_gives_the_same_page(tmp_path: Path) -> None:
    folders = [journals.write(tmp_path / name / "grown", journals.gan()) for name in "ab"]
    for folder in folders:
        page.write(folder)
    one, other = ((folder / "analysis.html").read_bytes() for folder in folders)
    assert one == other


def test_a_search_at_every_length_of_its_journal(tmp_path: Path) -> None:
    lines = journals.gan(steps=2, keep=2, sample=0.3)
    for length in (2, 3, 4, 7, len(lines) - 1, len(lines)):
        folder = journals.write(tmp_path / str(length) / "grown", lines[:length])
        assert analyse(folder, quiet()) == []
        over = length == len(lines)
        assert ("The search is not over" in (folder / "analysis.html").read_text()) != over


def test_a_line_that_is_being_written_is_not_damaged(tmp_path: Path) -> None:
    folder = journals.write(tmp_path / "grown", journals.gan())
    content = (folder / "journal.jsonl").read_bytes()
    (folder / "journal.jsonl").write_bytes(content + b'{"kind": "cand')
    assert analyse(folder, quiet()) == []


def test_damaged_lines_are_passed_over_and_told(tmp_path: Path) -> None:
    lines = [json.dumps(line) for line in journals.gan()]
    lines[4] = "\x00\x00\xff" + lines[4][:40]
    folder = journals.write(tmp_path / "grown", lines)
    [warning] = analyse(folder, quiet())
    assert warning.code == "AD697" and "line 5" in warning.message
    assert "damaged, and were passed over: 5" in (folder / "analysis.html").read_text()
    whole = {line["id"] for line in journals.gan() if line["kind"] == "candidate"}
    assert len(whole - read(folder).candidates.keys()) == 1


def test_children_of_a_candidate_that_is_missing_begin_the_tree(tmp_path: Path) -> None:
    lines = [line for line in journals.gan() if line.get("id") != "first"]
    found = read(journals.write(tmp_path / "grown", lines))
    assert all(one.parent is None for one in found.candidates.values() if one.step == 1)
    assert analyse(found.directory, quiet()) == []


def test_a_search_that_only_failed(tmp_path: Path) -> None:
    lost = {"outcome": "failed", "values": {}, "normalised": {}, "error": "out of memory"}
    lines = [line | lost if "outcome" in line else line for line in journals.gan(ended=False)[:2]]
    folder = journals.write(tmp_path / "grown", lines)
    assert analyse(folder, quiet()) == []
    assert "failed: out of memory" in (folder / "analysis.html").read_text()


def test_all_searches_of_a_run_are_analysed(tmp_path: Path) -> None:
    journals.write(tmp_path / "grown", journals.gan())
    journals.write(tmp_path / "classified", journals.classifier())
    analyse(tmp_path, quiet())
    assert len(list(tmp_path.glob("*/analysis.html"))) == 2


def test_a_run_without_a_search_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as refusal:
        analyse(tmp_path, quiet())
    assert refusal.value.diagnostics[0].code == "AD695"


def test_what_a_stranger_wrote_is_shown_as_text(tmp_path: Path) -> None:
    lines = journals.gan(baseline=None)
    lines[0]["name"] = lines[0]["criteria"][0]["shown"] = "<script>alert(1)</script>"
    lines[2]["move"] = "<img src=x onerror=alert(1)>"
    lines[2] |= {"outcome": "failed", "error": "</td><script>alert(2)</script>"}
    folder = journals.write(tmp_path / "grown", lines)
    analyse(folder, quiet())
    text = (folder / "analysis.html").read_text()
    assert "<script" not in text and "<img src=x" not in text
    assert "&lt;script&gt;alert(2)" in text


def test_images_of_the_best_are_in_the_page(tmp_path: Path) -> None:
    folder = journals.write(tmp_path / "grown", journals.gan())
    best = str(read(folder).best)
    (folder / "candidates" / best).mkdir(parents=True)
    (folder / "candidates" / best / "images.png").write_bytes(b"\x89PNG made up")
    analyse(folder, quiet())
    text = (folder / "analysis.html").read_text()
    assert b64encode(b"\x89PNG made up").decode() in text
    assert text.count("<figure>") == 1


def test_analysis_loads_no_torch(tmp_path: Path) -> None:
    folder = journals.write(tmp_path / "grown", journals.gan())
    program = (
        "import sys; from pathlib import Path;"
        "from autodesign.interpreter.growth.analysis.page import write;"
        "write(Path(sys.argv[1])); print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        capture_output=True,
        text=True,
        timeout=100,
        env={"PYTHONPATH": "src"},
        check=True,
    )
    assert done.stdout.strip() == "False"


def test_children_stand_in_the_order_of_their_parents(tmp_path: Path) -> None:
    found = read(journals.write(tmp_path / "grown", journals.gan(keep=5, steps=4)))
    places = tree.placed(found)
    for one in found.candidates.values():
        for other in found.candidates.values():
            if one.step == other.step and one.parent and other.parent:
                above = places[one.parent][1] < places[other.parent][1]
                assert not above or places[one.id][1] < places[other.id][1]
