"""Where data sets are looked for when a spec does not say. All such paths are here."""

import os
from pathlib import Path

VARIABLE = "AUTODESIGN_DATA"
BESIDE_SPEC = "data"
DEBIAN = {"FashionMNIST": Path("/usr/share/datasets/fashion-mnist")}
"""Data sets that Debian and Ubuntu have as packages `dataset-...`."""
PEDESTRIANS = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")
"""The video of Debian's and Ubuntu's package opencv-doc"""


def roots(spec_folder: Path) -> list[Path]:
    """Folders that may hold several data sets, as torchvision lays them out."""
    named = os.environ.get(VARIABLE)
    return ([Path(named).expanduser()] if named else []) + [spec_folder / BESIDE_SPEC]
