"""Lines of journals that a search might have written."""

from hypothesis import strategies as st

from autodesign.interpreter.growth.journal import VERSION, Candidate, Entry, Goal, SearchLine, Step

DISTANCE = Goal(text="D", direction="minimize", distance=True, divided=True)
COST = Goal(text="cost", direction="minimize")
OPENING = SearchLine(version=VERSION, identity="abc", name="grown")

values = st.one_of(st.none(), st.integers(0, 5).map(float))


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    """A tree of candidates, in any order."""
    found: list[Candidate] = []
    for number in range(draw(st.integers(1, 12))):
        parent = found[draw(st.integers(0, number - 1))] if number else None
        one = Candidate(
            outcome=draw(st.sampled_from(["done", "done", "done", "diverged", "failed"])),
            id=f"{draw(st.integers(0, 2**20)):08x}{number:08x}",
            parent=parent.id if parent else None,
            move="upscale" if parent else None,
            step=parent.step + 1 if parent else 0,
            seed=0,
            budget=None,
            resolution=draw(st.sampled_from([8, 16])),
            values={"D": draw(values), "cost": draw(values)},
        )
        found.append(one)
    return draw(st.permutations(found))


@st.composite
def journals(draw: st.DrawFn) -> list[Entry]:
    found = draw(candidates())
    step = Step(
        step=1,
        considered=len(found),
        children=tuple(one.id for one in found),
        kept=(found[0].id,),
        keep=draw(st.integers(1, 20)),
        sample=draw(st.floats(0.01, 1)),
    )
    return [*found, step]
