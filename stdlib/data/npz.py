"""Fields of Npz: only its file knows them."""

from autodesign.stdlib.data.declared import Args, Rule, fractions


def npz(args: Args) -> None:
    fractions(args)


FIELDS: dict[str, Rule] = {"Npz": npz}
