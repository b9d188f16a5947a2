"""A drawing shows every node and every edge of a network, once, and trusts no name."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autodesign.dsl import spec
from autodesign.dsl.load import load_file, load_text
from autodesign.interpreter.drawing.command import draw_into, svg_of
from autodesign.stdlib.library import standard

ROOT = Path(__file__).parents[3]
SVG = "{http://www.w3.org/2000/svg}"

PARTS = """ad 1
network Choice(d) {
  input   x: vector[16]
  control Q(x) = Linear ~> wide, thin
  node    wide(x) = Linear(8 * d) | ReLU | Linear(d)
  node    thin(x) = Linear(d)
  output  y = wide ?? thin
}
network Outer {
  input  x: vector[16]
  input  z: vector[16]
  node   a(x) = Choice(16) | ReLU | Choice(4) | Linear(16)
  node   D() = const(0.5)
  control Q(z) = Linear(4) | Linear ~> {b, D}, skip, c
  node   b(a ?? D) = repeat(30, Linear(16) | ReLU) | Linear(4)
  node   c(a, b ?? 0, z) = concat | Linear(4)
  output y = c ?? b ?? 0
  output raw = a
}
"""


def network(text: str, name: str) -> spec.Network:
    checked, found = load_text(text, "parts.ad", standard(), {})
    assert checked is not None, [str(one) for one in found]
    return checked.networks[name]


def groups(svg: str, kind: str) -> list[ElementTree.Element]:
    """The groups of a kind, those within others among them."""
    words = kind.split()
    found = ElementTree.fromstring(svg).iter(f"{SVG}g")
    return [g for g in found if set(words) <= set(g.attrib["class"].split())]


def said(group: ElementTree.Element) -> str:
    return "\n".join(text.text or "" for text in group.iter(f"{SVG}text"))


def edges_of(net: spec.Network, prefix: str = "") -> Iterator[tuple[str, str, str, str, str]]:
    """(kind, from, to, mark, default) of what the spec says, `choice` standing for `??`."""
    turns = ["1st", "2nd", "3rd", "4th"]
    for node in net.nodes:
        for action, targets in enumerate(node.targets):
            for target in [prefix + t for t in targets] or ["skip"]:
                yield "control", prefix + node.name, target, str(action), ""
        for step in node.steps:
            if isinstance(step, spec.Nested):
                yield from edges_of(step.network, f"{prefix}{node.name}.{step.label}.")
    arriving = [(n.name, e) for n in net.nodes for e in n.inputs]
    for target, edge in [*arriving, *((o.name, o.edge) for o in net.outputs)]:
        default = "" if edge.default is None else f"{edge.default:g}"
        if len(edge.sources) == 1:
            yield "data", prefix + edge.sources[0], prefix + target, "", default
            continue
        for turn, source in zip(turns, edge.sources, strict=False):
            yield "data", prefix + source, "choice", turn, ""
        yield "data", "choice", prefix + target, "", default


def names_of(net: spec.Network, prefix: str = "") -> Iterator[tuple[str, str]]:
    for one in net.inputs:
        yield "input", prefix + one.name
    for output in net.outputs:
        yield "output", prefix + output.name
    for node in net.nodes:
        yield node.kind, prefix + node.name
        for step in node.steps:
            if isinstance(step, spec.Nested):
                yield from names_of(step.network, f"{prefix}{node.name}.{step.label}.")


def bench() -> spec.Network:
    checked, _ = load_file(ROOT / "bench" / "cascade.ad", standard())
    assert checked is not None
    return checked.networks["Cascade"]


@pytest.mark.parametrize("net", [bench(), network(PARTS, "Outer")], ids=lambda net: net.name)
def test_every_node_and_edge_is_drawn_once(net: spec.Network) -> None:
    svg = svg_of(net)
    assert svg is not None
    vertices = [
        (g.attrib["class"].split()[1], g.attrib["data-name"])
        for g in groups(svg, "vertex")
        if "data-name" in g.attrib
    ]
    assert sorted(vertices) == sorted(names_of(net))
    edges = [
        (
            g.attrib["class"].split()[1],
            *(g.attrib.get(f"data-{part}", "") for part in ("from", "to", "mark", "default")),
        )
        for g in groups(svg, "edge")
    ]
    assert sorted(edges) == sorted(edges_of(net))


def test_a_node_tells_its_layers_and_multiplications() -> None:
    svg = svg_of(bench())
    assert svg is not None
    [one] = [g for g in groups(svg, "regular") if g.attrib["data-name"] == "N3"]
    # By hand: 112 * 112 * 2 * 3 * 9 + 55 * 55 * 8 * 2 * 9 multiplications.
    assert said(one) == (
        "N3\nConv2d(2, 3, padding=1) | ReLU\nMaxPool2d(3, stride=2)\n"
        "Conv2d(8, 3, padding=1) | ReLU\nMaxPool2d(3, stride=2)\n1.11M mult."
    )
    assert one.find(f"{SVG}title") is not None
    assert "1,112,976 multiplications" in str(one.findtext(f"{SVG}title"))


def test_repetitions_are_told_in_short() -> None:
    svg = svg_of(network(PARTS, "Outer"))
    assert svg is not None
    [one] = [g for g in groups(svg, "regular") if g.attrib["data-name"] == "b"]
    assert said(one).splitlines()[1:3] == ["30 × (Linear(16) | ReLU)", "Linear(4)"]


def test_the_same_network_gives_the_same_bytes() -> None:
    words = [sys.executable, "-c", DRAWN_ELSEWHERE]
    others = [
        subprocess.run(
            words,
            cwd=ROOT,
            env={"PYTHONPATH": "src", "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout.decode()
        for seed in (1, 2)
    ]
    assert others == [svg_of(bench())] * 2


DRAWN_ELSEWHERE = """
import sys
from pathlib import Path
from autodesign.dsl.load import load_file
from autodesign.stdlib.library import standard
from autodesign.interpreter.drawing.command import svg_of
checked, _ = load_file(Path("bench/cascade.ad"), standard())
sys.stdout.buffer.write(svg_of(checked.networks["Cascade"]).encode())
assert "torch" not in sys.modules and "matplotlib" not in sys.modules
"""


def test_names_and_texts_are_a_strangers() -> None:
    text = """ad 1
## <script>alert("1")</script> & more
network Net {
  input  x': vector[4]
  ## <b>bold</b> ]]> "quoted"
  node   Ň''(x') = Linear(2)
  output 名前 = Ň''
}
"""
    svg = svg_of(network(text, "Net"))
    assert svg is not None
    assert "<script" not in svg and "<b>" not in svg
    names = {g.attrib["data-name"] for g in groups(svg, "vertex")}
    assert names == {"x'", "Ň''", "名前"}
    assert not re.search(r"\b(?:href|src|onload|style)=", svg)


def test_long_names_are_cut_and_told_in_full() -> None:
    long = "N" * 200
    text = (
        f"ad 1\nnetwork Net {{ input x: vector[4] node {long}(x) = Linear(2) output y = {long} }}"
    )
    svg = svg_of(network(text, "Net"))
    assert svg is not None
    [one] = groups(svg, "regular")
    assert said(one).splitlines()[0] == "N" * 19 + "…"
    assert long in str(one.findtext(f"{SVG}title"))


def used(tmp_path: Path, **rates: float) -> Path:
    """The folder of a run whose job `job` is done."""
    (tmp_path / "run" / "job").mkdir(parents=True)
    told = {"job": "job", "epochs": 1, "best_epoch": 1, "examples": 360, "values": {}}
    told |= {"cost": 1.0, "least": 1, "greatest": 1, "rates": rates, "paths": {}}
    (tmp_path / "run" / "job" / "result.json").write_text(json.dumps(told))
    return tmp_path / "run"


def trained() -> spec.Spec:
    job = """
data digits = Digits()
network Net {
  input  x: image[1, 8, 8]
  node   a(x) = Flatten | Part
  output y = a
}
network Part {
  input   x: vector[64]
  control Q(x) = Linear ~> b, c
  node    b(x) = Linear(10)
  node    c(x) = Linear(10)
  output  y = b ?? c
}
train job = Net on digits {
  minimize CrossEntropyLoss(y, label) using SGD(lr=0.1) epochs 1 batch 64
}
"""
    checked, found = load_text(PARTS + job, "parts.ad", standard(), {})
    assert checked is not None, [str(one) for one in found]
    return checked


def test_nodes_are_coloured_by_how_often_a_run_ran_them(tmp_path: Path) -> None:
    rates = {"a": 1.0, "a.Part.Q": 1.0, "a.Part.b": 0.25, "a.Part.c": 0.75}
    draw_into(trained(), "Net", tmp_path / "net.svg", used(tmp_path, **rates))
    svg = (tmp_path / "net.svg").read_text()
    told = {g.attrib["data-name"]: said(g).splitlines()[-1] for g in groups(svg, "regular")}
    assert told["a.Part.b"] == "640 mult. · 25%" and told["a.Part.c"] == "640 mult. · 75%"
    fills = [
        path.attrib["fill"]
        for g in groups(svg, "regular")
        if (path := g.find(f"{SVG}path")) is not None
    ]
    assert len(set(fills)) == 3
    assert "360 test examples of job" in svg


@pytest.mark.parametrize(("suffix", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_a_network_is_drawn_as_png_and_pdf(suffix: str, magic: bytes, tmp_path: Path) -> None:
    drawn = []
    for name in ("one", "two"):
        output = tmp_path / f"{name}.{suffix}"
        draw_into(trained(), "Outer", output)
        drawn.append(output.read_bytes())
    assert drawn[0] == drawn[1] and drawn[0].startswith(magic)


def test_a_png_shows_what_the_svg_says(tmp_path: Path) -> None:
    """A pixel inside of each node has the colour that the SVG gives it."""
    from PIL import Image

    for suffix in ("svg", "png"):
        draw_into(trained(), "Outer", tmp_path / f"net.{suffix}")
    picture = Image.open(tmp_path / "net.png").convert("RGB")
    svg = (tmp_path / "net.svg").read_text()
    wide = float(ElementTree.fromstring(svg).attrib["width"])
    scale = picture.width / wide
    assert scale == pytest.approx(2, abs=0.01)
    for group, (_, left, top, _, bottom) in zip(plain(svg), boxes(svg), strict=True):
        if group.attrib["class"] == "vertex regular":
            path = group.find(f"{SVG}path")
            assert path is not None
            at = round((left + 3) * scale), round((top + bottom) / 2 * scale)
            assert "#{:02x}{:02x}{:02x}".format(*picture.getpixel(at)) == path.attrib["fill"]


def test_the_picture_in_the_documentation_is_what_is_drawn() -> None:
    """Drawn anew with: interpret graph bench/cascade.ad Cascade -o docs/pictures/cascade.svg"""
    assert (ROOT / "docs/pictures/cascade.svg").read_text("utf-8") == svg_of(bench())


def plain(svg: str) -> Iterator[ElementTree.Element]:
    """The vertices that hold no other."""
    for group in groups(svg, "vertex"):
        if not any("vertex" in g.attrib["class"] for g in group.iter(f"{SVG}g") if g is not group):
            yield group


def boxes(svg: str) -> Iterator[tuple[str, float, float, float, float]]:
    """The outline of each vertex that holds no other: left, top, right, bottom."""
    for group in plain(svg):
        path = group.find(f"{SVG}path")
        assert path is not None
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", path.attrib["d"])]
        xs, ys = numbers[::2], numbers[1::2]
        yield group.attrib.get("data-name", "?"), min(xs), min(ys), max(xs), max(ys)


@pytest.mark.parametrize("net", [bench(), network(PARTS, "Outer")], ids=lambda net: net.name)
def test_no_two_nodes_overlap_and_all_are_within_the_picture(net: spec.Network) -> None:
    svg = svg_of(net)
    assert svg is not None
    root = ElementTree.fromstring(svg)
    wide, high = float(root.attrib["width"]), float(root.attrib["height"])
    found = list(boxes(svg))
    for i, (_, left, top, right, bottom) in enumerate(found):
        assert 0 <= left < right <= wide and 0 <= top < bottom <= high
        for _, left2, top2, right2, bottom2 in found[:i]:
            assert left >= right2 or left2 >= right or top >= bottom2 or top2 >= bottom


def test_data_and_control_lead_down() -> None:
    svg = svg_of(bench())
    assert svg is not None
    for group in groups(svg, "edge"):
        path = group.find(f"{SVG}path")
        assert path is not None
        ys = [float(n) for n in re.findall(r"-?[\d.]+", path.attrib["d"])][1::2]
        assert ys == sorted(ys)


def test_networks_of_a_growth_are_named_with_it(tmp_path):
    checked, problems = load_text(
        """ad 1
        growth Deep {
          network C {
            input x: image[1, 8, 8]
            node stem(x) = Conv2d(8, 3, padding=1)
            node head(stem) = Flatten | Linear(10)
            output y = head
          }
          action wider(filters in {8, 16}) = Conv2d(filters, 3, padding=1) after C.stem
        }""",
        "deep.ad",
        standard(),
        {},
    )
    assert checked is not None, problems
    draw_into(checked, "Deep.C", tmp_path / "c.svg")
    assert "stem" in (tmp_path / "c.svg").read_text(encoding="utf-8")
