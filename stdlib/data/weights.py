"""Fields of Checkpoint: none, it is no set of examples."""

from autodesign.stdlib.data.declared import Args, Fields, Rule


def checkpoint(args: Args) -> Fields:
    return {}


FIELDS: dict[str, Rule] = {"Checkpoint": checkpoint}
