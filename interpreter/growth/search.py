"""A search from its first candidate to its best (thesis algorithm 1).

It is a function of the spec, `keep` and `sample`: it is computed anew each time, and what its
journal tells of is not done again. So it can be killed anywhere, and continued with other settings.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.growth import Move
from autodesign.interpreter.growth.assignment import Assignment, Outcome
from autodesign.interpreter.growth.children import Nursery, Sprout
from autodesign.interpreter.growth.engine import Ending, Engine
from autodesign.interpreter.growth.identity import opening
from autodesign.interpreter.growth.journal import Budget, Candidate, End, Journal, Step, opened
from autodesign.interpreter.growth.lineage import OPTIMIZER
from autodesign.interpreter.growth.perform import Train, Work
from autodesign.interpreter.growth.ranking import best, best_at, normalised, ordered
from autodesign.interpreter.growth.refusals import interrupted, nothing_left, passed_over
from autodesign.interpreter.growth.result import Plan, SearchResult
from autodesign.interpreter.growth.sampling import candidate_seed
from autodesign.interpreter.growth.tree import Tree, moves_to
from autodesign.interpreter.jobs.failures import RunError
from autodesign.interpreter.jobs.interruption import Interruption
from autodesign.interpreter.jobs.listener import Listener
from autodesign.stdlib.library import standard

CANDIDATES = "candidates"


def run_search(
    plan: Plan,
    engine: Engine,
    train: Train,
    listener: Listener,
    interruption: Interruption,
    hint: str,
) -> SearchResult:
    """Trains the candidates that are not done, step by step; those that fail are passed over.

    Raises SpecError AD680, AD681 where the folder holds another search; RunError AD906 where it was
    asked to end, AD981 where no candidate of a step came to anything, AD902.
    """
    begun = opening(plan.search)
    (plan.place / CANDIDATES).mkdir(parents=True, exist_ok=True)
    journal, damage = opened(plan.place, begun)
    if damage:
        listener.warned(plan.search, damage)
    nursery = Nursery(plan.search, begun.identity, plan.sample, standard())
    return _Course(plan, engine, train, listener, interruption, hint, journal, nursery).run()


class _Course:
    """A search on its way. All that it knows stands in the journal."""

    def __init__(
        self,
        plan: Plan,
        engine: Engine,
        train: Train,
        listener: Listener,
        interruption: Interruption,
        hint: str,
        journal: Journal,
        nursery: Nursery,
    ) -> None:
        self.plan, self.engine, self.train = plan, engine, train
        self.listener, self.interruption, self.hint = listener, interruption, hint
        self.journal, self.nursery = journal, nursery
        assert journal.opening is not None
        self.goals = journal.opening.criteria
        self.best = best(self.goals, self.candidates.values())

    @property
    def candidates(self) -> Mapping[str, Candidate]:
        return self.journal.candidates

    def run(self) -> SearchResult:
        self.listener.search_started(self.plan.search, len(self.candidates), self.engine.workers)
        first = self.nursery.first()
        kept: Sequence[str] = self._keep(0, len(first), first)
        last = 0
        most = self.plan.search.until.layers
        for step in count(1) if most is None else range(1, most + 1):
            told = self._told(step)
            if told is not None:
                kept = told.kept
            else:
                considered, children = self.nursery.children(map(self._grown, sorted(kept)), step)
                if not children:
                    break
                kept = self._keep(step, considered, children)
            last = step
        return self._end(last)

    def _told(self, step: int) -> Step | None:
        """What the journal tells of a step that was done with these settings."""
        found = self.journal.steps.get((step, self.plan.keep, self.plan.sample))
        if found and self.journal.latest[step] != found:
            self.journal.add(found)  # readers go by the latest
        return found

    def _grown(self, candidate: str) -> tuple[str, tuple[Move, ...]]:
        return candidate, moves_to(self.plan.search.growth, self.candidates, candidate)

    def _keep(self, step: int, considered: int, children: Sequence[Sprout]) -> tuple[str, ...]:
        """Trains the children and notes which of them are kept, best first."""
        known = sum(one.id in self.candidates for one in children)
        self.listener.step_started(step, len(children), known)
        self._raise(children)
        ids = tuple(sorted(one.id for one in children))
        self._lighten(ids)
        ranked = ordered(self.goals, (self.candidates[one] for one in ids))
        if not ranked:
            lines = [self.candidates[one] for one in ids]
            raise nothing_left(self.plan.search.name, step, lines, self.plan.place / CANDIDATES)
        kept = tuple(one.id for one in ranked[: self.plan.keep])
        if step:
            line = Step(
                step=step,
                considered=considered,
                children=ids,
                kept=kept,
                keep=self.plan.keep,
                sample=self.plan.sample,
            )
            self.journal.add(line)
            self.listener.step_ended(line, self.candidates)
        return kept

    def _lighten(self, ids: Sequence[str]) -> None:
        """Only the best is ever trained on, so no other's optimisers are kept. Weights are: with
        another `keep` it may become a parent."""
        before = best(self.goals, (one for one in self._grown_ones() if one.id not in ids))
        now = best(self.goals, self._grown_ones())
        for one in (*ids, *([before.id] if before else [])):
            if now is None or one != now.id:
                (self.plan.place / CANDIDATES / one / OPTIMIZER).unlink(missing_ok=True)

    def _grown_ones(self) -> Iterator[Candidate]:
        """All but those that are another one trained on."""
        return (one for one in self.candidates.values() if one.move or not one.parent)

    def _end(self, last: int) -> SearchResult:
        """Trains the best on, where the spec says so, and tells what came of all."""
        search = self.plan.search
        found = best(self.goals, self._grown_ones())
        assert found is not None
        if search.training and search.training.finish:
            sprout = self.nursery.finished(found.id, self._grown(found.id)[1], last + 1)
            if sprout.id not in self.candidates:
                self.listener.finish_started(found)
                self._raise([sprout])
            found = self.best
            assert found is not None
        if self.journal.end is None or self.journal.end.best != found.id:
            self.journal.add(End(best=found.id))
        return SearchResult(
            search,
            self.plan.place,
            found,
            best_at(self.goals, self.candidates.values()),
            Tree.of(self.candidates.values()),
            tuple(self.journal.latest[step] for step in range(1, last + 1)),
        )

    def _raise(self, sprouts: Sequence[Sprout]) -> None:
        """Trains candidates that the journal does not tell of, the longest ones first."""
        by_id = {one.id: one for one in sprouts}
        new = [one for one in sprouts if one.id not in self.candidates]
        new.sort(key=lambda one: (-one.multiplications, one.id))
        stopped: list[Diagnostic] = []

        def told(work: Work, done: int, total: int) -> None:
            self.listener.candidate_stepped(work.assignment.id, done, total)

        def ended(work: Work, ending: Ending) -> None:
            if isinstance(ending, Outcome):
                self._note(by_id[work.assignment.id], ending)
            else:
                stopped.extend(ending)
                self.interruption.asked = True

        self.engine.run([self._work(one) for one in new], self.interruption, told, ended)
        if stopped:
            raise RunError(stopped)
        if self.interruption.asked:
            raise interrupted(self.plan.search.name, len(self.candidates), self.hint)

    def _work(self, sprout: Sprout) -> Work:
        folder = self.plan.place / CANDIDATES
        assignment = Assignment(
            self.plan.search,
            sprout.architecture.moves,
            folder / sprout.parent if sprout.parent else None,
            sprout.id,
            candidate_seed(sprout.id),
            folder / sprout.id,
            sprout.finish,
        )
        return Work(assignment, self.train)

    def _note(self, sprout: Sprout, outcome: Outcome) -> None:
        """Adds a candidate to the journal; one without values that can be compared has diverged."""
        training = self.plan.search.training
        base = self.plan.baseline.get(sprout.architecture.resolution)
        budget = None
        if training:
            amount = training.finish if sprout.finish else training.amount
            budget = Budget(amount=amount, unit=training.unit)
        known = {
            "resolution": sprout.architecture.resolution,
            "layers": dict(sprout.architecture.layers),
            "parameters": dict(sprout.architecture.parameters),
            "multiplications": sprout.multiplications,
        }
        line = Candidate(
            **{**outcome.model_dump(), **known},
            id=sprout.id,
            parent=sprout.parent,
            move=sprout.move.text if sprout.move else None,
            step=sprout.step,
            seed=candidate_seed(sprout.id),
            budget=budget,
            normalised=normalised(self.goals, outcome.values, base),
        )
        self.journal.add(line)
        line = self.candidates[line.id]
        self.best = best(self.goals, [line, *([self.best] if self.best else [])])
        self.listener.candidate_ended(line, self.best)
        if outcome.outcome == "failed":
            folder = self.plan.place / CANDIDATES / line.id
            self.listener.warned(self.plan.search, passed_over(self.plan.search.name, line, folder))
