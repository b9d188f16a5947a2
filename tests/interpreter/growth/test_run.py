"""Searches as part of a run: after their baseline, beside jobs, continued with other settings."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import autodesign as ad
from autodesign.dsl.growth import Search
from autodesign.dsl.load import load_text
from autodesign.interpreter.growth.running import (
    as_asked,
    candidate_threads,
    engine_for,
    usual_workers,
    with_baselines,
)
from autodesign.interpreter.jobs.request import Request, resume_with
from autodesign.stdlib.library import standard

SPEC = """ad 1
use std.metrics (Accuracy)

data digits = Digits()
growth Small {
  network C {
    input  x: image[1, 8, 8]
    node   stem(x) = Conv2d(2, 3, padding="same") | ReLU
    node   score(stem) = Flatten | Linear(10)
    output y = score
  }
  action deeper(size in {1, 3}, filters in {2, 3}) =
    Conv2d(filters, size, padding="same") | ReLU after C.stem
}
search grown = Small on digits {
  maximize Accuracy(y, label)
  by       top_k(keep=1, sample=0.3)
  train    CrossEntropyLoss(y, label) using Adam(lr=3e-3) for 5 iterations
  until    layers 2
}
"""
CPU = torch.device("cpu")


@pytest.mark.slow
def test_a_run_of_a_search_and_its_continuation_with_another_k_and_p(tmp_path: Path) -> None:
    spec = ad.loads(SPEC)
    first = spec.run(out=tmp_path / "run", device="cpu", quiet=True, processes=2).searches["grown"]
    place = tmp_path / "run" / "grown"
    assert (place / "analysis.html").exists()
    assert f"{len(first.tree.nodes)} candidates" in (tmp_path / "run" / "report.html").read_text()
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    assert facts["candidate_threads"] >= 1
    assert facts["jobs"]["grown"]["growth"] == "Small"

    settings = {"device": "cpu", "quiet": True, "processes": 2, "keep": 2, "sample": 0.7}
    resumed = spec.run(out=tmp_path / "run", resume=True, **settings).searches["grown"]
    fresh = spec.run(out=tmp_path / "fresh", **settings).searches["grown"]
    assert len(fresh.tree.nodes) > len(first.tree.nodes)
    assert resumed.steps == fresh.steps
    for one in fresh.tree.nodes.values():
        assert resumed.tree.nodes[one.id].values == one.values
        weights = [
            run / "candidates" / one.id / "networks.safetensors"
            for run in (place, tmp_path / "fresh" / "grown")
        ]
        assert weights[0].read_bytes() == weights[1].read_bytes()

    other = ad.loads(SPEC.replace("lr=3e-3", "lr=4e-3"))
    with pytest.raises(ad.SpecError, match="AD768") as refused:
        other.run(out=tmp_path / "run", resume=True, device="cpu", quiet=True)
    assert "0.004" in str(refused.value)


def searched() -> Search:
    checked, found = load_text(SPEC, "grown.ad", standard(), {})
    assert checked is not None, found
    return checked.searches["grown"]


def test_a_baseline_is_run_first_and_once() -> None:
    base = replace(searched(), name="base")
    one, two = (replace(searched(), name=name, baseline=base) for name in ("one", "two"))
    assert [s.name for s in with_baselines([one, base, two])] == ["base", "one", "two"]


def test_settings_of_the_request_count() -> None:
    search = searched()
    assert as_asked(search, Request()) == search
    asked = as_asked(search, Request(keep=3, sample=1.0))
    assert (asked.method.args["keep"], asked.method.args["sample"]) == (3, 1.0)
    assert asked.space.most == (4, 12)


def test_threads_depend_neither_on_the_workers_asked_for_nor_on_keep_and_sample() -> None:
    search = as_asked(searched(), Request(sample=1.0))
    workers = usual_workers([search], CPU)
    threads = candidate_threads([search], CPU)
    few = as_asked(searched(), Request(keep=1, sample=0.01))
    assert (usual_workers([few], CPU), candidate_threads([few], CPU)) == (workers, threads)
    assert workers * threads <= max(torch.get_num_threads(), workers)
    engine = engine_for([search], Request(processes=7), CPU, threads)
    try:
        assert engine.workers == 7
        assert candidate_threads([search], CPU) == threads
    finally:
        engine.close()


def test_the_command_that_continues_names_all_settings(tmp_path: Path) -> None:
    request = Request(job="grown", processes=2, engine="ray", keep=8, sample=0.2)
    assert resume_with("g.ad", request, tmp_path) == (
        f"interpret g.ad --resume --out {tmp_path} --job grown --workers 2 --engine ray "
        "--keep 8 --sample 0.2"
    )
