"""Pedestrians: boxes around what moves before a camera that stands still."""

from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
import torch

from autodesign.dsl.diagnostics.diagnostic import SpecError
from autodesign.stdlib.data.places import PEDESTRIANS
from autodesign.stdlib.data.reading.examples import Batch, Examples, Splits

Load = Callable[[str], Splits]
av = pytest.importorskip("av")
WIDTH, HEIGHT, FRAMES = 96, 64, 60


def scene() -> numpy.ndarray:
    """What stands still: grey in patches."""
    patches = numpy.random.default_rng(0).integers(60, 140, (8, 12, 3))
    return patches.repeat(8, 0).repeat(8, 1).astype(numpy.uint8)


def place(i: int) -> tuple[int, int]:
    """Left and top of who walks through frame i, 6 wide and 16 high."""
    return 2 + i, 20 + i % 7


def write(file: Path, walking: bool = True) -> None:
    with av.open(str(file), "w") as container:
        stream = container.add_stream("ffv1", rate=10)  # lossless
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "bgr0"
        for i in range(FRAMES):
            pixels = scene()
            if walking:
                x, y = place(i)
                pixels[y : y + 16, x : x + 6] = 255
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def everything(examples: Examples) -> Batch:
    return examples.batch(torch.arange(len(examples)))


def test_boxes_are_around_who_walks(tmp_path: Path, read: Load) -> None:
    write(tmp_path / "street.avi")
    source = f'Pedestrians("street.avi", size=[{HEIGHT}, {WIDTH}], every=3, most=2)'
    splits = read(source)
    assert [len(p) for p in (splits.train, splits.validation, splits.test)] == [14, 3, 3]
    batches = [everything(p) for p in (splits.train, splits.validation, splits.test)]
    boxes = torch.cat([batch["box"] for batch in batches])
    for i, rows in enumerate(boxes):  # in the order of time
        x, y = place(3 * i)
        assert rows[0].tolist() == [x, y, x + 6, y + 16, 0]
        assert (rows[1] == -1).all()
    image = batches[0]["image"][0]
    x, y = place(0)
    assert (image[:, y : y + 16, x : x + 6] == 1).all()


def test_clean_frames_are_the_background(tmp_path: Path, read: Load) -> None:
    write(tmp_path / "street.avi")
    source = f'Pedestrians("street.avi", size=[{HEIGHT}, {WIDTH}], every=3, clean=true)'
    splits = read(source)
    assert set(splits.fields) == {"image"}
    background = torch.from_numpy(scene()).permute(2, 0, 1).float() / 255
    for image in everything(splits.train)["image"]:
        torch.testing.assert_close(image, background)


def test_files_that_are_no_video_are_refused(tmp_path: Path, read: Load) -> None:
    (tmp_path / "street.avi").write_bytes(b"RIFF" + bytes(1000))
    with pytest.raises(SpecError) as found:
        read('Pedestrians("street.avi")')
    assert [one.code for one in found.value.diagnostics] == ["AD725"]


def test_what_to_install_is_told(
    tmp_path: Path, read: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "street.avi")
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(SpecError, match="autodesign\\[video\\]"):
        read('Pedestrians("street.avi", every=7)')
    missing = tmp_path / "vtest.avi"
    monkeypatch.setattr("autodesign.stdlib.data.pedestrians_torch.PEDESTRIANS", missing)
    with pytest.raises(SpecError, match="apt install opencv-doc"):
        read("Pedestrians()")


@pytest.mark.skipif(not PEDESTRIANS.is_file(), reason="without Debian's package opencv-doc")
def test_the_street_of_opencv(read: Load) -> None:
    """795 frames of 768x576; some three to eight people are in sight at any time."""
    splits = read("Pedestrians(every=15, size=[144, 192])")
    boxes = torch.cat(
        [everything(p)["box"] for p in (splits.train, splits.validation, splits.test)]
    )
    assert len(boxes) == 53
    there = boxes[..., 4] >= 0
    assert there[:, 0].float().mean() > 0.9 and 2 < there.sum(1).float().mean() < 8
    x1, y1, x2, y2, _ = boxes[there].unbind(1)
    assert ((x1 >= 0) & (y1 >= 0) & (x2 <= 192) & (y2 <= 144)).all()
    assert (y2 - y1 >= 0.08 * 144).all() and ((y2 - y1) > (x2 - x1)).float().mean() > 0.7
