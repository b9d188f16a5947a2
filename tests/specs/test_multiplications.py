"""The multiplications of specs/dynamic/README.md: what the checker counts is the count by hand."""

import re
from collections.abc import Iterator
from math import prod
from pathlib import Path

import pytest

import autodesign as ad

FOLDER = Path(__file__).parents[2] / "specs" / "dynamic"
PAGE = (FOLDER / "README.md").read_text("utf-8")
TABLES = re.findall(r"^### (\w+\.ad) (\w+)$(.*?)(?=^### |\Z)", PAGE, re.M | re.S)
LINE = re.compile(r"^\| ([\w, ]+) \| ([\d× +]+) \| ([\d,]+) \|$", re.M)


def lines(section: str) -> Iterator[tuple[list[str], int, int]]:
    """Nodes, their multiplications by hand reckoned out, and as they stand in the last column."""
    for names, hand, told in LINE.findall(section):
        terms = [[int(n) for n in re.findall(r"\d+", term)] for term in hand.split("+")]
        yield names.split(", "), sum(map(prod, terms)), int(told.replace(",", ""))


@pytest.mark.parametrize(("file", "network", "section"), TABLES, ids=lambda part: part[:20])
def test_checker_counts_as_by_hand(file: str, network: str, section: str) -> None:
    checked = ad.load(FOLDER / file).checked.networks[network]
    counted = {node.name: (node.least, node.greatest) for node in checked.nodes}
    by_hand = {}
    for names, reckoned, told in lines(section):
        assert reckoned == told, names
        by_hand.update(dict.fromkeys(names, (reckoned, reckoned)))
    assert counted == by_hand


def test_the_page_has_all_networks() -> None:
    others = ("_small", "_curve", "_time", "layers")
    files = {path.name for path in FOLDER.glob("*.ad") if not path.stem.endswith(others)}
    assert {file for file, _, _ in TABLES} == files


def test_cascade_takes_what_the_issue_counts() -> None:
    """N1 169k, N3 1.11M, N5 3.10M, N7 18.16M, all regular nodes 22.55M."""
    checked = ad.load(FOLDER / "cascade.ad").checked.networks["Cascade"]
    cost = {node.name: node.greatest for node in checked.nodes}
    stages = [round(cost[name] / 1e4) for name in ("N1", "N3", "N5", "N7")]
    assert stages == [17, 111, 310, 1816]
    regular = sum(n.greatest for n in checked.nodes if n.kind == "regular")
    assert round(regular / 1e4) == 2255
