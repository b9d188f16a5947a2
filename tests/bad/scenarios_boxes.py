"""Annotations that are damaged, do not fit their images, or are missing: what `load` says of it."""

import contextlib
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import av
import torch
from PIL import Image

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, SpecError
from autodesign.dsl.load import load_text
from autodesign.stdlib import detection_torch
from autodesign.stdlib.data import load
from autodesign.stdlib.library import standard
from autodesign.stdlib.placement_torch import boxes_like

SOURCE = 'CocoBoxes("photos", "boxes.json", size=32)'


def refused(folder: Path, source: str) -> list[Diagnostic]:
    """What a source, declared in spec.ad of the folder, is refused with from there."""
    with contextlib.chdir(folder):
        Path("spec.ad").write_text(f"ad 1\n\ndata faces = {source}\n")
        spec, found = load_text(Path("spec.ad").read_text(), "spec.ad", standard(), {})
        if spec is None:
            return list(found)
        try:
            load(spec.data["faces"].call, cache=folder / "cache")
        except SpecError as error:
            return list(error.diagnostics)
    raise AssertionError(f"{source} was loaded")


def photos(folder: Path, count: int = 6) -> None:
    (folder / "photos").mkdir()
    for i in range(count):
        Image.new("RGB", (40, 20)).save(folder / "photos" / f"{i}.png")


def coco(folder: Path, source: str = SOURCE, **changes: Any) -> list[Diagnostic]:
    """Six images with a box each, but for the changes."""
    content = {
        "images": [{"id": i, "file_name": f"{i}.png", "width": 40, "height": 20} for i in range(6)],
        "annotations": [box(i) for i in range(6)],
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
    }
    (folder / "boxes.json").write_text(json.dumps(content | changes))
    return refused(folder, source)


def box(image: int, *corners: float, category: int = 1) -> dict[str, Any]:
    bbox = corners or (1, 2, 10, 10)
    return {"id": 100 + image, "image_id": image, "category_id": category, "bbox": bbox}


def table(folder: Path, *lines: str) -> list[Diagnostic]:
    photos(folder)
    (folder / "boxes.csv").write_text("\n".join(lines) + "\n")
    return refused(folder, 'CsvBoxes("photos", "boxes.csv", size=32)')


def xml(folder: Path, object: str) -> list[Diagnostic]:
    photos(folder)
    (folder / "xml").mkdir()
    text = f"<annotation>\n<filename>2.png</filename>\n{object}\n</annotation>\n"
    (folder / "xml" / "2.xml").write_text(text)
    return refused(folder, 'VocBoxes("photos", "xml", size=32, empty="keep")')


def AD787(tmp_path: Path) -> list[Diagnostic]:
    photos(tmp_path)
    boxes = [box(i) for i in range(6)]
    boxes[2] = box(2, 30, 4, 18, 5)
    return coco(tmp_path, annotations=boxes)


def AD787_area(tmp_path: Path) -> list[Diagnostic]:
    return table(tmp_path, "image,class,x,y,w,h", "1.png,cat,2,3,10,10", "2.png,cat,2,3,0,10")


def AD787_category(tmp_path: Path) -> list[Diagnostic]:
    photos(tmp_path)
    return coco(tmp_path, annotations=[box(0), box(1, category=9)])


def AD787_numbers(tmp_path: Path) -> list[Diagnostic]:
    bounds = "<xmin>1</xmin><ymin>ten</ymin>\n<xmax>9</xmax><ymax>20</ymax>"
    return xml(tmp_path, f"<object><name>cat</name>\n<bndbox>{bounds}</bndbox></object>")


def AD788(tmp_path: Path) -> list[Diagnostic]:
    photos(tmp_path)
    (tmp_path / "photos/2.png").unlink()
    return coco(tmp_path)


def AD788_several(tmp_path: Path) -> list[Diagnostic]:
    return table(tmp_path, "image,class,x,y,w,h", "a.png,cat,2,3,10,10", "b.png,cat,2,3,9,10")


def AD788_unlisted(tmp_path: Path) -> list[Diagnostic]:
    photos(tmp_path)
    return coco(tmp_path, annotations=[box(0), box(17)])


def AD788_outside(tmp_path: Path) -> list[Diagnostic]:
    return table(tmp_path, "image,class,x,y,w,h", "../2.png,cat,2,3,10,10")


def AD789(tmp_path: Path) -> list[Diagnostic]:
    photos(tmp_path)
    return coco(tmp_path, annotations=[box(i) for i in (0, 2, 3, 5)])


def AD793(tmp_path: Path) -> list[Diagnostic]:
    return table(tmp_path, "image,klass,x,y,w,h", "2.png,cat,2,3,10,10")


def AD793_json(tmp_path: Path) -> list[Diagnostic]:
    photos(tmp_path)
    (tmp_path / "boxes.json").write_text('{"images": [\n  {"id": 3,}\n]}')
    return refused(tmp_path, SOURCE)


def AD793_list(tmp_path: Path) -> list[Diagnostic]:
    photos(tmp_path)
    return coco(tmp_path, categories={})


def AD793_row(tmp_path: Path) -> list[Diagnostic]:
    return table(tmp_path, "image,class,x,y,w,h", "2.png,cat,2,3,10,10", "3.png,cat,2")


def AD793_twice(tmp_path: Path) -> list[Diagnostic]:
    photos(tmp_path)
    return coco(tmp_path, images=[{"id": 1, "file_name": "1.png"}] * 2)


def AD793_xml(tmp_path: Path) -> list[Diagnostic]:
    return xml(tmp_path, "<object>\n<name>cat</name></object>")


def AD793_none(tmp_path: Path) -> list[Diagnostic]:
    photos(tmp_path)
    return refused(tmp_path, 'VocBoxes("photos", "photos", size=32)')


def AD794(tmp_path: Path) -> list[Diagnostic]:
    photos(tmp_path)
    return coco(
        tmp_path, SOURCE[:-1] + ", most=2)", annotations=[*map(box, range(6)), *[box(2)] * 2]
    )


def AD795(tmp_path: Path) -> list[Diagnostic]:
    photos(tmp_path)
    Image.new("RGB", (80, 40)).save(tmp_path / "photos/2.png")
    return coco(tmp_path)


def AD796(tmp_path: Path) -> list[Diagnostic]:
    photos(tmp_path)
    return coco(tmp_path, SOURCE[:-1] + ', empty="keep")', annotations=[])


def AD797(tmp_path: Path) -> list[Diagnostic]:
    photos(tmp_path)
    return coco(tmp_path, SOURCE[:-1] + ', classes=["cats"])')


def AD797_twice(tmp_path: Path) -> list[Diagnostic]:
    return refused(tmp_path, SOURCE[:-1] + ', classes=["cat", "cat"])')


def AD590(tmp_path: Path) -> list[Diagnostic]:
    with patch.dict("sys.modules", {"pycocotools.cocoeval": None}):
        try:
            detection_torch.AP(iou=None)
        except SpecError as error:
            return list(error.diagnostics)
    raise AssertionError("computed without its package")


def AD591(tmp_path: Path) -> list[Diagnostic]:
    images = torch.rand(3, 3, 8, 8)
    try:
        boxes_like(shift=0.1)([images], [(images, torch.full((3, 2, 5), -1.0))])
    except SpecError as error:
        return list(error.diagnostics)
    raise AssertionError("placed like nothing")


def AD799(tmp_path: Path) -> list[Diagnostic]:
    with av.open(str(tmp_path / "still.avi"), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "bgr0"
        for _ in range(20):
            still = av.VideoFrame.from_image(Image.new("RGB", (64, 64), "grey"))
            container.mux(stream.encode(still))
        container.mux(stream.encode())
    return refused(tmp_path, 'Pedestrians("still.avi")')
