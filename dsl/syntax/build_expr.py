"""Expressions, node by node: one function for each rule of the grammar, under the rule's name."""

import math
import re

from autodesign.dsl.diagnostics.diagnostic import Label, Problems
from autodesign.dsl.source import Source, Span
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.scan import Token

LATE_ARGUMENT = "AD118"
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


class ExprBuilder:
    """Builds expressions; `problems` collects what the grammar alone cannot refuse."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self.source = source
        self.problems = problems

    def binary(self, span: Span, left: ast.Expr, operator: Token, right: ast.Expr) -> ast.Binary:
        _, op, start, end = operator
        return ast.Binary(span, op, left, right, Span(self.source, start, end))

    def unary(self, span: Span, operator: Token, operand: ast.Expr) -> ast.Unary:
        return ast.Unary(span, operator.text, operand)

    def after(
        self,
        span: Span,
        player: ast.Expr,
        optimizer: ast.Expr,
        steps: ast.Expr | None,
        loss: ast.Expr,
    ) -> ast.After:
        return ast.After(span, player, optimizer, steps, loss)

    def lean_after(
        self,
        span: Span,
        player: ast.Expr,
        optimizer: ast.Expr,
        steps: ast.Expr | None,
        loss: ast.Expr,
    ) -> ast.After:
        return ast.After(span, player, optimizer, steps, loss, lean=True)

    def if_else(
        self, span: Span, then: ast.Expr, condition: ast.Expr, otherwise: ast.Expr
    ) -> ast.IfElse:
        return ast.IfElse(span, then, condition, otherwise)

    def range(self, span: Span, low: ast.Expr, high: ast.Expr | None) -> ast.Range:
        return ast.Range(span, low, high)

    def range_to(self, span: Span, high: ast.Expr) -> ast.Range:
        return ast.Range(span, None, high)

    def call(self, span: Span, function: ast.Expr, *arguments: ast.Expr | ast.Keyword) -> ast.Call:
        args: list[ast.Expr] = []
        keywords: list[ast.Keyword] = []
        for argument in arguments:
            if isinstance(argument, ast.Keyword):
                keywords.append(argument)
            else:
                args.append(argument)
                if keywords:
                    self._late(argument, keywords[-1])
        return ast.Call(span, function, tuple(args), tuple(keywords))

    def _late(self, argument: ast.Expr, named: ast.Keyword) -> None:
        self.problems.error(
            LATE_ARGUMENT,
            "an argument without a name stands after one with a name",
            argument.span,
            "which argument is this?",
            related=[Label(named.span, "named")],
            help="put it before those with names, or give it its name",
        )

    def comprehension(
        self, span: Span, function: ast.Expr, value: ast.Expr, *loops: ast.Loop
    ) -> ast.Call:
        inner = ast.Comprehension(value.span.to(loops[-1].span), value, loops)
        return ast.Call(span, function, (inner,), ())

    def keyword(self, span: Span, name: ast.Name, value: ast.Expr) -> ast.Keyword:
        return ast.Keyword(span, name, value)

    def loop(
        self, span: Span, variable: ast.Name, over: ast.Expr | None, *conditions: ast.Expr
    ) -> ast.Loop:
        return ast.Loop(span, variable, over, conditions)

    def index(self, span: Span, base: ast.Expr, *indices: ast.Expr) -> ast.Index:
        return ast.Index(span, base, indices)

    def attribute(self, span: Span, base: ast.Expr, name: ast.Name) -> ast.Attribute:
        return ast.Attribute(span, base, name)

    def integer(self, span: Span, digits: Token) -> ast.Number:
        return ast.Number(span, int(digits.text))

    def real(self, span: Span, digits: Token) -> ast.Number:
        value = float(digits.text)
        if not math.isfinite(value):
            self.problems.error(
                "AD108",
                "this number is greater than any that can be computed with",
                span,
                help="the greatest is about 1.8e308",
            )
            value = 1.0
        return ast.Number(span, value)

    def string(self, span: Span, quoted: Token) -> ast.String:
        text = quoted.text[1:-1]
        if "\\" in text:
            self._check_escapes(span, text)
            text = re.sub(r"\\(.)", lambda match: ESCAPES.get(match[1], match[1]), text)
        return ast.String(span, text)

    def _check_escapes(self, span: Span, text: str) -> None:
        """Reports the first that stands for nothing."""
        for match in re.finditer(r"\\(.)", text):
            if match[1] not in ESCAPES:
                start = span.start + 1 + match.start()
                self.problems.error(
                    "AD106",
                    f"`\\{match[1]}` stands for nothing in a text",
                    Span(self.source, start, start + 2),
                    help='`\\n` is a line break, `\\t` a tab, `\\"` a quote, `\\\\` a backslash',
                )
                return

    def true(self, span: Span) -> ast.Bool:
        return ast.Bool(span, True)

    def false(self, span: Span) -> ast.Bool:
        return ast.Bool(span, False)

    def none(self, span: Span) -> ast.NoneValue:
        return ast.NoneValue(span)

    def list_of(self, span: Span, *items: ast.Expr) -> ast.ListOf:
        return ast.ListOf(span, items)

    def set_of(self, span: Span, *items: ast.Expr) -> ast.SetOf:
        return ast.SetOf(span, items)
