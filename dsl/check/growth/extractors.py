"""The jobs whose networks give the features that criteria look at."""

from collections.abc import Iterable

from autodesign.dsl.check.extractors import TRAINED
from autodesign.dsl.check.growth.reading import Seeking
from autodesign.dsl.check.named import jobs_named
from autodesign.dsl.growth import Criterion
from autodesign.dsl.spec import Call, Train


def extractors_of(at: Seeking, criteria: Iterable[Criterion]) -> tuple[Train, ...]:
    """The jobs that criteria name, each once; one below the search is refused."""
    calls = [one.value for one in criteria if isinstance(one.value, Call)]
    names = dict.fromkeys(name for call in calls for name in jobs_named(call, TRAINED))
    own = list(at.entry.scope.own)
    here = at.declaration.name.id
    for name in names:
        if name in own and here in own and own.index(name) > own.index(here):
            at.refuse(
                "AD623",
                f"`{name}` is trained after this search has run",
                at.declaration.name.span,
                f"looks through the network of `{name}`",
                help=f"write the job `{name}` above this search",
            )
    return tuple(at.program.extractors[name] for name in names)
