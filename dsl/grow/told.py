"""What there is to say of a growth and of a search before anything runs."""

from itertools import groupby

from autodesign.dsl.grow.fit import parameters
from autodesign.dsl.growth import Growth, Search, Training

SHOWN = 4
"""Networks that are told one by one"""


def told_growth(growth: Growth) -> str:
    """`DGGAN: 25 moves, from G of 214,529 and D of 32,129 parameters`"""
    sizes = [f"{g.name} of {parameters(g.network):,}" for g in growth.networks]
    begin = " and ".join(sizes)
    if len(sizes) > SHOWN:
        begin = f"{len(sizes)} networks of {sum(parameters(g.network) for g in growth.networks):,}"
    return f"{growth.name}: {many(len(growth.moves), 'move')}, from {begin} parameters"


def told_search(search: Search) -> tuple[str, ...]:
    """How many candidates a search trains, how large they may be, and what that costs."""
    space = search.space
    least, most = space.parameters
    sizes = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    lines = [f"{search.name}: {_candidates(search)}", f"  {sizes} parameters a candidate"]
    if search.training is not None:
        lines.append(f"  each trained for {_length(search.training, search.batch)}")
        if search.training.finish:
            more = f"{search.training.finish:,} {search.training.unit}"
            lines.append(f"  the best for {more} more")
    if space.multiplications:
        exact = space.likely == space.multiplications
        about = f"{space.likely:.1e}" if exact else f"about {space.likely:.0e}"
        bound = "" if exact else f", at most {space.multiplications:.0e}"
        lines.append(f"  {about} multiplications forward in all{bound}")
    return tuple(lines)


def _candidates(search: Search) -> str:
    space = search.space
    if "moves" in search.method.args:
        return f"{many(space.trainings, 'candidate')}, one after the other"
    about = "at most" if search.method.args.get("sample") == 1 else "about"
    starts = search.method.args.get("starts", 1)
    first = "the first" if starts == 1 else f"the first {starts} times"
    return (
        f"{about} {many(space.trainings, 'candidate')}: {first}, and {_runs(space.most)}"
        f" in {many(space.steps, 'step')}"
    )


def _runs(most: tuple[int, ...]) -> str:
    """`10, 100, 7 times 200 and 192`"""
    texts: list[str] = []
    for number, same in groupby(most):
        times = len(list(same))
        texts += [f"{times} times {number:,}"] if times > 2 else [f"{number:,}"] * times
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else texts[0]


def _length(training: Training, batch: int) -> str:
    if training.unit == "iterations":
        images = training.amount * batch
        return f"{training.amount:,} iterations of {batch:,} ({images:,} images)"
    return f"{training.amount:,} {training.unit}"


def many(number: int, noun: str) -> str:
    """`1 move`, `1,000 moves`"""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
