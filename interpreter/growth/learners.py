"""How the candidates of a search learn, and for how long."""

from collections.abc import Mapping
from math import ceil

import torch

from autodesign.dsl import spec
from autodesign.dsl.check.feeds import field_for
from autodesign.dsl.growth import Role, Search, Training
from autodesign.interpreter.growth.adversarial import Adversarial
from autodesign.interpreter.growth.learning import Learning, Modules
from autodesign.interpreter.growth.pictures import Order, Pictures
from autodesign.interpreter.growth.supervised import Supervised
from autodesign.stdlib import build
from autodesign.stdlib.data.reading.examples import Splits


def learner(
    search: Search,
    training: Training,
    splits: Splits,
    modules: Modules,
    seed: int,
    device: torch.device,
) -> Learning:
    """What makes networks learn from the training split. Raises Unfed."""
    recipe, optimizer = training.recipe, training.optimizer
    against = isinstance(recipe, spec.Call)
    sees = modules[named(search, "discriminator" if against else "network")].network
    fields = fed(sees, splits.fields)
    order = Order(len(splits.train), search.batch, seed, against)
    pictures = Pictures(splits.train, order, sides(sees, fields, splits.fields))
    if not isinstance(recipe, spec.Call):
        return Supervised(modules, fields, recipe, optimizer, pictures, device)
    roles = named(search, "generator"), named(search, "discriminator")
    return Adversarial(modules, roles, build.recipe(recipe), optimizer, pictures, device)


def named(search: Search, role: Role) -> str:
    """The name of the network in a role."""
    return next(grown.name for grown in search.growth.networks if grown.role == role)


def fed(network: spec.Network, fields: Mapping[str, spec.FieldType]) -> tuple[str, ...]:
    """The fields that go into a network's inputs, whatever the size of images. Raises Unfed."""
    inputs = network.inputs
    return tuple(field_for(network.name, one.name, one.type, fields) for one in inputs)


def sides(
    network: spec.Network, names: tuple[str, ...], fields: Mapping[str, spec.FieldType]
) -> dict[str, int]:
    """The height that the network takes the images of each field at."""
    pairs = zip(names, network.inputs, strict=True)
    return {name: one.shape[-2] for name, one in pairs if fields[name].kind == "image"}


def iterations(training: Training, learning: Learning, finish: bool) -> int:
    """How many iterations a training has, at least one."""
    amount = training.finish if finish else training.amount
    order, batches = learning.pictures.order, learning.batches
    if training.unit == "iterations":
        return amount
    if training.unit == "epochs":
        return max(ceil(amount * order.steps / batches), 1)
    return ceil(amount / (batches * order.size))
