"""Boxes from COCO's json, Pascal VOC's xml and tables: read, checked, brought to one size."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from PIL import Image
from torch import Tensor

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.stdlib.data.reading.examples import Batch, Splits

Load = Callable[[str], Splits]
NAMES = ("cat", "dog")


def write_images(folder: Path, count: int = 10, width: int = 40, height: int = 20) -> None:
    """Image i has the brightness 10 i."""
    (folder / "photos").mkdir()
    for i in range(count):
        Image.new("L", (width, height), 10 * i).save(folder / "photos" / f"{i}.png")


def corners(i: int) -> tuple[int, int, int, int]:
    """Left, top, width and height of the box on image i."""
    return 2 * i, i, 10 + i, 2 + i


def coco(folder: Path, count: int = 10, **changes: Any) -> None:
    """Image i has the box `corners(i)` of category i % 2, and image 3 a crowd, too."""
    annotations = [
        {"id": 100 + i, "image_id": i, "category_id": 7 + i % 2, "bbox": corners(i), "iscrowd": 0}
        for i in range(count)
    ]
    crowd = {"id": 999, "image_id": 3, "category_id": 7, "bbox": [0, 0, 9, 9], "iscrowd": 1}
    content = {
        "images": [
            {"id": i, "file_name": f"{i}.png", "width": 40, "height": 20} for i in range(count)
        ],
        "annotations": [*annotations, crowd],
        "categories": [{"id": 7 + k, "name": name} for k, name in enumerate(NAMES)],
    }
    (folder / "boxes.json").write_text(json.dumps(content | changes))


def voc(folder: Path, count: int = 10) -> None:
    (folder / "xml").mkdir()
    for i in range(count):
        x, y, w, h = corners(i)
        bounds = f"<xmin>{x + 1}</xmin><ymin>{y + 1}</ymin><xmax>{x + w}</xmax><ymax>{y + h}</ymax>"
        (folder / "xml" / f"{i}.xml").write_text(
            f"<annotation><filename>{i}.png</filename>\n"
            "<size><width>40</width><height>20</height></size>\n"
            f"<object><name>{NAMES[i % 2]}</name>\n<bndbox>{bounds}</bndbox></object>\n"
            "<object><name>dog</name><difficult>1</difficult>"
            "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>4</xmax><ymax>4</ymax></bndbox></object>\n"
            "</annotation>"
        )


def table(folder: Path, count: int = 10, header: str = "image,class,x,y,w,h") -> None:
    rows = [f"{i}.png,{NAMES[i % 2]},{','.join(map(str, corners(i)))}" for i in range(count)]
    (folder / "boxes.csv").write_text("\n".join([header, *rows]) + "\n")


def everything(splits: Splits) -> Batch:
    """All examples of all parts, in the order of their brightness."""
    parts = [splits.train, splits.validation, splits.test]
    batches = [part.batch(torch.arange(len(part))) for part in parts]
    whole = {name: torch.cat([batch[name] for batch in batches]) for name in batches[0]}
    order = whole["image"].flatten(1).mean(1).argsort()
    return {name: column[order] for name, column in whole.items()}


def expected(i: int, scale: Tensor) -> Tensor:
    x, y, w, h = corners(i)
    return torch.tensor([x, y, x + w, y + h]) * scale


@pytest.mark.parametrize(
    ("write", "source"),
    [
        (coco, 'CocoBoxes("photos", "boxes.json", size=[10, 40], most=3)'),
        (voc, 'VocBoxes("photos", "xml", size=[10, 40], most=3)'),
        (table, 'CsvBoxes("photos", "boxes.csv", size=[10, 40], most=3)'),
    ],
)
def test_boxes_come_with_their_images(
    tmp_path: Path, read: Load, write: Callable[[Path], None], source: str
) -> None:
    write_images(tmp_path)
    write(tmp_path)
    splits = read(source)
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (7, 1, 2)
    assert splits.fields["box"].kind == "boxes"
    assert splits.fields["box"].shape == (3, 5)
    assert splits.fields["box"].classes == 2
    seen = everything(splits)
    assert seen["image"].shape == (10, 3, 10, 40)
    for i, box in enumerate(seen["box"]):
        # The images of 40x20 are brought to a width of 40 and a height of 10.
        torch.testing.assert_close(box[0, :4], expected(i, torch.tensor([1.0, 0.5, 1.0, 0.5])))
        assert box[0, 4] == i % 2
        assert (box[1:] == -1).all()


def test_chosen_classes_are_numbered_anew(tmp_path: Path, read: Load) -> None:
    write_images(tmp_path)
    coco(tmp_path)
    dogs = 'CocoBoxes("photos", "boxes.json", size=20, split=[0.5, 0.3, 0.2], classes=["dog"], '
    kept = everything(read(dogs + 'empty="leave_out")'))
    assert len(kept["image"]) == 5
    assert (kept["box"][:, 0, 4] == 0).all()
    all_ = everything(read(dogs + 'empty="keep")'))
    assert (all_["box"][0::2] == -1).all()
    assert (all_["box"][1::2, 0, 4] == 0).all()


def test_difficult_objects_where_asked_for(tmp_path: Path, read: Load) -> None:
    write_images(tmp_path)
    voc(tmp_path)
    box = everything(read('VocBoxes("photos", "xml", size=[20, 40], difficult=true)'))["box"]
    assert torch.equal(box[:, 1], torch.tensor([0.0, 0, 4, 4, 1]).expand(10, 5))


def test_tables_of_chest_x_rays(tmp_path: Path, read: Load) -> None:
    """BBox_List_2017.csv of NIH starts with just this line."""
    write_images(tmp_path)
    table(tmp_path, header="Image Index,Finding Label,Bbox [x,y,w,h],,,")
    seen = everything(
        read(
            'CsvBoxes("photos", "boxes.csv", size=[20, 40], channels=1, '
            'columns=["Image Index", "Finding Label", "Bbox [x", "y", "w", "h]"])'
        )
    )
    assert seen["image"].shape == (10, 1, 20, 40)
    torch.testing.assert_close(seen["box"][4, 0, :4], expected(4, torch.ones(4)))


def test_boxes_over_the_edge_by_rounding_are_cut_off(tmp_path: Path, read: Load) -> None:
    write_images(tmp_path)
    box = [{"id": i, "image_id": i, "category_id": 7, "bbox": [-0.4, 0, 41, 20]} for i in range(10)]
    coco(tmp_path, annotations=box)
    seen = everything(read('CocoBoxes("photos", "boxes.json", size=[20, 40])'))
    assert torch.equal(seen["box"][0, 0], torch.tensor([0.0, 0, 40, 20, 0]))


def test_modes_and_sizes_of_images_may_differ(tmp_path: Path, read: Load) -> None:
    write_images(tmp_path)
    Image.new("RGBA", (80, 40), (10, 20, 30, 255)).save(tmp_path / "photos/2.png")
    Image.fromarray(numpy.full((10, 10), 30 << 8, numpy.uint16)).save(tmp_path / "photos/3.png")
    (tmp_path / "boxes.csv").write_text(
        "image,class,x,y,w,h\n" + "\n".join(f"{i}.png,cat,1,1,4,4" for i in range(10))
    )
    seen = everything(read('CsvBoxes("photos", "boxes.csv", size=20)'))
    sizes = (seen["box"][:, 0, 2] - seen["box"][:, 0, 0]).tolist()
    assert sorted(sizes) == [1.0] + [2.0] * 8 + [8.0]  # on images 80, 40 and 10 wide


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "a/../../b.png", "C:\\x.png"])
def test_nothing_outside_the_folder_is_read(tmp_path: Path, read: Load, name: str) -> None:
    write_images(tmp_path)
    coco(tmp_path, images=[{"id": i, "file_name": name} for i in range(10)])
    with pytest.raises(SpecError) as found:
        read('CocoBoxes("photos", "boxes.json", size=20)')
    assert [one.code for one in found.value.diagnostics] == ["AD788"]


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        "null",
        "[" * 100_000,
        '{"images": 3}',
        '{"images": [4], "annotations": [], "categories": []}',
        '{"images": [{"id": 1}], "annotations": [], "categories": []}',
        '{"images": [], "annotations": [], "categories": [{"id": [], "name": "a"}]}',
        '{"images": [], "annotations": [], "categories": [{"id": 1}]}',
        '{"images": [{"id": 0, "file_name": "0.png"}], "annotations": [{"image_id": 0, '
        '"category_id": 1, "bbox": 3}], "categories": [{"id": 1, "name": "a"}]}',
    ],
)
def test_any_other_json_is_refused(tmp_path: Path, read: Load, text: str) -> None:
    write_images(tmp_path)
    (tmp_path / "boxes.json").write_text(text)
    with pytest.raises(SpecError) as found:
        read('CocoBoxes("photos", "boxes.json", size=20)')
    assert [one.code for one in found.value.diagnostics] == ["AD793"]


@pytest.mark.parametrize("box", [["a", 0, 1, 1], [1e400, 0, 1, 1], [True, 0, 2, 2], [10**400] * 4])
def test_boxes_that_are_no_numbers_are_refused(tmp_path: Path, read: Load, box: list[Any]) -> None:
    write_images(tmp_path)
    bad = [{"id": i, "image_id": i, "category_id": 7, "bbox": box} for i in range(10)]
    coco(tmp_path, annotations=bad)
    with pytest.raises(SpecError) as found:
        read('CocoBoxes("photos", "boxes.json", size=20)')
    assert [one.code for one in found.value.diagnostics] == ["AD787"]


def test_entities_in_xml_are_not_unpacked(tmp_path: Path, read: Load) -> None:
    write_images(tmp_path)
    voc(tmp_path)
    (tmp_path / "xml" / "4.xml").write_text(
        '<!DOCTYPE a [<!ENTITY b "bbbb">]><annotation><filename>&b;</filename></annotation>'
    )
    with pytest.raises(SpecError, match="entity"):
        read('VocBoxes("photos", "xml", size=20)')


def test_photos_have_images_only(tmp_path: Path, read: Load) -> None:
    write_images(tmp_path)
    splits = read('Photos("photos", size=[8, 16], channels=1)')
    assert {n: f.shape for n, f in splits.fields.items()} == {"image": (1, 8, 16)}
    seen = everything(splits)
    assert list(seen) == ["image"]
    levels = (seen["image"].mean((1, 2, 3)) * 255).round()
    assert levels.tolist() == [10.0 * i for i in range(10)]


def test_large_sets_stay_in_their_files(
    tmp_path: Path, read: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_images(tmp_path)
    coco(tmp_path)
    source = 'CocoBoxes("photos", "boxes.json", size=[20, 40])'
    small = everything(read(source))
    monkeypatch.setattr("autodesign.stdlib.data.reading.pictures.SMALL", 0)
    large = everything(read(source))
    assert all(torch.equal(small[name], large[name]) for name in small)


def codes(read: Load, source: str) -> list[str]:
    with pytest.raises(SpecError) as found:
        read(source)
    return [one.code for one in found.value.diagnostics]


def test_images_and_annotations_without_each_other(tmp_path: Path, read: Load) -> None:
    write_images(tmp_path, count=11)
    voc(tmp_path)
    source = 'VocBoxes("photos", "xml", size=[20, 40]'
    assert codes(read, source + ")") == ["AD789"]
    kept = everything(read(source + ', empty="keep")'))["box"]
    assert len(kept) == 11 and (kept[10] == -1).all()
    assert len(everything(read(source + ', empty="leave_out")'))["box"]) == 10
    (tmp_path / "photos/4.png").unlink()
    assert codes(read, source + ', empty="keep")') == ["AD788"]


def test_images_that_are_damaged_are_refused(tmp_path: Path, read: Load) -> None:
    write_images(tmp_path)
    coco(tmp_path)
    file = tmp_path / "photos/4.png"
    whole = file.read_bytes()
    for damaged in (b"", b"no image", whole[: len(whole) // 2]):
        file.write_bytes(damaged)
        assert codes(read, 'CocoBoxes("photos", "boxes.json", size=20)') == ["AD727"]
        assert codes(read, 'Photos("photos", size=20)') == ["AD727"]
