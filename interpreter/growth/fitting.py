"""What shows only when the data of a search are there: whether its networks can learn from them."""

import torch

from autodesign.dsl.check.growth.data import Unlearnable, check_fields
from autodesign.dsl.growth import Double, Search
from autodesign.interpreter.growth.learners import fed, sides
from autodesign.interpreter.jobs.failures import refused
from autodesign.stdlib.data.reading.examples import Examples, Splits

SEEN = 64
"""Examples that are looked at"""
SLACK = 1e-3
"""What resizing may go beyond by rounding"""


def check_examples(search: Search, data: Splits) -> None:
    """Raises SpecError AD615, AD616 where the data do not fit the networks, AD630 where the search
    grows beyond their images, AD640 where images for a generator are not in 0..1."""
    try:
        check_fields(search.growth, search.data.name, data.fields)
    except Unlearnable as why:
        label = why.label
        raise refused(why.code, why.message, search.data.span, label=label, help=why.help) from None
    against = any(grown.role == "generator" for grown in search.growth.networks)
    for grown in search.growth.networks:
        if grown.role != "generator":
            fields = fed(grown.network, data.fields)
            for name, begin in sides(grown.network, fields, data.fields).items():
                _check_end(search, begin, data.fields[name].shape[-2])
                if against:
                    _check_range(search, data.train, name)


def _check_end(search: Search, begin: int, height: int) -> None:
    ends = search.until.resolution
    if search.path:
        ends = begin << sum(isinstance(move.change, Double) for move in search.path)
    if ends is not None and ends > height:
        raise refused(
            "AD630",
            f"this search grows to the resolution {ends}, and the images of `{search.data.name}`"
            f" are {height} high",
            search.span,
            label="beyond the data",
            help=f"end at the resolution {height}, or take larger images",
        )


def _check_range(search: Search, examples: Examples, name: str) -> None:
    with torch.random.fork_rng(devices=()):
        images = examples.batch(torch.arange(min(SEEN, len(examples))))[name]
    low, high = float(images.min()), float(images.max())
    if low < -SLACK or high > 1 + SLACK:
        raise refused(
            "AD640",
            f"the images of `{search.data.name}` go from {low:.3g} to {high:.3g}, and generators"
            " learn from images in 0..1",
            search.data.span,
            label="not in 0..1",
            help="leave out what moves their values, such as `Normalize`: the networks see them"
            " in -1..1 as it is",
        )
