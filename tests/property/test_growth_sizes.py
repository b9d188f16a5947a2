"""What is counted before a search runs holds for every candidate that it may come to."""

import random
from math import comb

from examples import many
from hypothesis import given, settings
from hypothesis import strategies as st
from random_growths import growths

from autodesign.dsl.grow import first, grow
from autodesign.dsl.grow.bounds import moves_of
from autodesign.dsl.grow.space import Plan, space_of
from autodesign.dsl.growth import Search, Until
from autodesign.dsl.library import Misfit
from autodesign.dsl.source import Source, Span
from autodesign.dsl.spec import Call, Data, FieldType
from autodesign.stdlib.library import standard

LIBRARY = standard()
HERE = Span(Source("any", ""), 0, 0)
FIELDS = {"image": FieldType("image", (2, 16, 16))}
DATA = Data("data", Call("data", "Any", "any", {}, HERE), FIELDS, HERE)
LAYERS = 4


def planned(growth, sample=1.0, keep=50, resolution=16) -> Search:
    method = Call("search", "top_k", "any", {"keep": keep, "sample": sample}, HERE)
    until = Until(resolution, LAYERS)
    plan = Plan(growth, DATA, method, (), until, None, 1)
    space = space_of(plan, LIBRARY)
    return Search(
        *("any", growth, DATA, (), method, (), None, until, "overlap", 1, 0, (), space),
        *(None, (), HERE),
    )


@settings(max_examples=many(60))
@given(growths(), st.integers(0, 2**32 - 1))
def test_every_candidate_is_within_what_was_counted(growth, seed):
    search = planned(growth)
    least, most = search.space.parameters
    draw = random.Random(seed)
    for _ in range(4):
        architecture = first(growth, LIBRARY)
        while moves := moves_of(search, architecture):
            assert least <= sum(architecture.parameters.values()) <= most
            try:
                architecture = grow(
                    growth, architecture, draw.choice(moves), LIBRARY, "overlap"
                ).settled
            except Misfit:
                continue
        assert least <= sum(architecture.parameters.values()) <= most
        assert len(architecture.moves) == LAYERS
        assert architecture.resolution == 16


@settings(max_examples=many(20))
@given(growths(), st.integers(1, 3), st.sampled_from([0.25, 0.5, 1.0]))
def test_what_was_counted_is_what_the_widest_parents_try_on_average(growth, keep, sample):
    """Each move with the probability `sample`, and one of each parent where that gives none."""
    search = planned(growth, sample, keep)
    parents = {first(growth, LIBRARY).resolution: first(growth, LIBRARY)}
    kept = 1
    for most in search.space.most:
        moves = [moves_of(search, architecture) for architecture in parents.values()]
        widest = max(map(len, moves))
        mean = sum(
            max(1, tried) * comb(widest, tried) * sample**tried * (1 - sample) ** (widest - tried)
            for tried in range(widest + 1)
        )
        assert abs(most - kept * mean) <= 0.5 + 1e-9  # rounded; sums differ in the last bit
        children = {}
        for architecture, some in zip(parents.values(), moves, strict=True):
            for move in some:
                child = grow(growth, architecture, move, LIBRARY, "overlap").settled
                children.setdefault(child.resolution, child)
        parents, kept = children, min(keep, most)
