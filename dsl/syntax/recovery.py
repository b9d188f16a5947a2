"""Reading on after a mistake, so that all mistakes of a file are reported at once.

A mistake is mended where a small change makes the text fit (`mistakes`). Otherwise the item in
which it lies is given up: the machine takes a BROKEN in its place, and reading starts afresh at the
next word that begins an item or a statement.
"""

from autodesign.dsl.diagnostics.diagnostic import Problems
from autodesign.dsl.syntax import ast, brackets, mistakes
from autodesign.dsl.syntax.limits import MISTAKES
from autodesign.dsl.syntax.machine import Machine
from autodesign.dsl.syntax.place import Place, begins, first_on_line
from autodesign.dsl.syntax.scan import BROKEN, NAME, Token

NEAR = 2
"""A mistake within so many tokens of the last one is taken for its consequence."""
SURE = 3
"""So many tokens must fit where reading starts afresh with a statement."""
TRIES = 4
"""Mends at one place before its item is given up."""


def read(machine: Machine, tokens: list[Token], problems: Problems, at: int) -> None:
    """Runs the machine over all tokens, past the mistake at a position and all later ones."""
    reported, resumed, tries = 0, -NEAR, 0
    while at < len(tokens):
        at = _before_swallowed(machine, tokens, at)
        tries = tries + 1 if at <= resumed else 0
        place = Place(machine, tokens, at)
        if at - resumed < NEAR:
            mistake = brackets.find(place)
        else:
            mistake = mistakes.find(place)
            problems.found.append(mistake.diagnostic)
            reported += 1
        if reported > MISTAKES:
            del tokens[at:-1]
            at = _give_up(machine, tokens, at)
        elif mistake and mistake.put is not None and tries < TRIES:
            tokens[at : at + mistake.drop] = mistake.put
        else:
            at = _give_up(machine, tokens, at)
        resumed = at
        at = machine.run(tokens, at)


def _before_swallowed(machine: Machine, tokens: list[Token], at: int) -> int:
    """Steps back to a word that was taken for a value but begins the next item or parameter.

    After `conv(8,` a word is a name, even if it is the `node` of the next line.
    """
    word = machine.values[-1]
    taken = at > 0 and isinstance(word, ast.Name) and word.span.start == tokens[at - 1].start
    if not taken or not first_on_line(machine.source, tokens, at - 1):
        return at
    if begins(tokens, at - 1) or tokens[at].symbol == ":":
        machine.cut(len(machine.states) - 1)
        return at - 1
    return at


def _give_up(machine: Machine, tokens: list[Token], at: int) -> int:
    """Leaves the item at hand; the position where reading can start afresh."""
    broken = Token(BROKEN, "", tokens[at].start, tokens[at].start)
    brace = broken._replace(symbol="}", text="}")
    _leave(machine, broken)
    position = _next_start(machine, tokens, at, machine.accepts([brace]))
    while not machine.accepts([tokens[position]]) and machine.accepts([brace]):
        machine.run([brace], 0)  # what begins there belongs further out: this block ends
        _leave(machine, broken)
    return position


def _leave(machine: Machine, broken: Token) -> None:
    """Ends the item at hand, as far as it was read, or takes it from the stack."""
    if not machine.accepts([broken]):
        machine.cut(_lists(machine)[0] + 1)
    machine.run([broken], 0)


def _lists(machine: Machine) -> list[int]:
    """Where on the stack a list of items or statements is being read, innermost first."""
    actions, states = machine.tables.actions, machine.states
    return [i for i in reversed(range(len(states))) if actions[states[i]].get(BROKEN, -1) >= 0]


def _next_start(machine: Machine, tokens: list[Token], at: int, braced: bool) -> int:
    """The next token that begins an item or a statement, or that closes the block."""
    lists = [i + 1 for i in _lists(machine)]
    depth = 0
    for position in range(at, len(tokens) - 1):
        token = tokens[position]
        if token.symbol in brackets.CLOSES:
            depth += 1
        elif token.symbol in brackets.CLOSES.values():
            if token.symbol == "}" and depth == 0 and braced:
                return position
            depth = max(0, depth - 1)
        elif token.symbol == NAME and begins(tokens, position):
            first = first_on_line(machine.source, tokens, position)
            here = lists[:1] if depth == 0 and braced else []
            start = tokens[position : position + SURE]
            if any(machine.accepts([token], i) for i in here):
                return position
            if (first or depth == 0) and any(machine.accepts(start, i) for i in lists):
                return position
    return len(tokens) - 1
