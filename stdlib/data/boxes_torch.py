"""Reads images with boxes: COCO's json, Pascal VOC's xml, and tables."""

from pathlib import Path

from autodesign.stdlib.data.folder_torch import images
from autodesign.stdlib.data.reading.annotated import splits
from autodesign.stdlib.data.reading.coco import read_coco
from autodesign.stdlib.data.reading.examples import Splits
from autodesign.stdlib.data.reading.request import Request
from autodesign.stdlib.data.reading.rows import read_rows
from autodesign.stdlib.data.reading.voc import read_voc


def CocoBoxes(request: Request) -> Splits:
    return splits(request, *read_coco(request, request.path("annotations")))


def VocBoxes(request: Request) -> Splits:
    def listed(folder: Path) -> list[Path]:
        return images(request, folder)

    return splits(request, *read_voc(request, request.path("annotations"), listed))


def CsvBoxes(request: Request) -> Splits:
    return splits(request, *read_rows(request, request.path("annotations")))
