"""Networks, metrics, pipelines and growths, node by node, as in `build`."""

from typing import Any

from autodesign.dsl.diagnostics.diagnostic import Problems
from autodesign.dsl.source import Source, Span
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.build_expr import ExprBuilder
from autodesign.dsl.syntax.scan import Token

Names = tuple[ast.Name, ...]
Params = tuple[ast.Param, ...]


class ItemBuilder(ExprBuilder):
    """Builds what has parts. `docs` holds the `##` text before the token at an offset."""

    def __init__(self, source: Source, docs: dict[int, str], problems: Problems) -> None:
        super().__init__(source, problems)
        self.docs = docs

    def doc(self, span: Span) -> str:
        return self.docs.get(span.start, "") if self.docs else ""

    # networks

    def network(
        self, span: Span, name: ast.Name, params: Params | None, *items: Any
    ) -> ast.NetworkDeclaration:
        return ast.NetworkDeclaration(span, name, params or (), present(items), doc=self.doc(span))

    def input(self, span: Span, name: ast.Name, type: ast.TypeExpr) -> ast.InputItem:
        return ast.InputItem(span, name, type, doc=self.doc(span))

    def node(
        self, span: Span, name: ast.Name, args: tuple[ast.Expr, ...], body: ast.Expr
    ) -> ast.NodeItem:
        return ast.NodeItem(span, name, args, body, doc=self.doc(span))

    def control(
        self,
        span: Span,
        name: ast.Name,
        args: tuple[ast.Expr, ...],
        body: ast.Expr,
        targets: tuple[ast.Target, ...],
    ) -> ast.ControlItem:
        return ast.ControlItem(span, name, args, body, targets, doc=self.doc(span))

    def output(self, span: Span, name: ast.Name, value: ast.Expr) -> ast.OutputItem:
        return ast.OutputItem(span, name, value, doc=self.doc(span))

    def edges(self, span: Span, *edges: ast.Expr) -> tuple[ast.Expr, ...]:
        return edges

    def targets(self, span: Span, *targets: ast.Target) -> tuple[ast.Target, ...]:
        return targets

    def target(self, span: Span, name: ast.Name) -> ast.Target:
        return ast.Target(span, (name,))

    def group(self, span: Span, *names: ast.Name) -> ast.Target:
        return ast.Target(span, names, True)

    # metrics

    def short_metric(
        self, span: Span, name: ast.Name, params: Params | None, value: ast.Expr
    ) -> ast.MetricDeclaration:
        items = (ast.ValueItem(value.span, value),)
        return ast.MetricDeclaration(span, name, params or (), items, True, doc=self.doc(span))

    def metric(
        self, span: Span, name: ast.Name, params: Params | None, *items: Any
    ) -> ast.MetricDeclaration:
        return ast.MetricDeclaration(
            span, name, params or (), present(items), False, doc=self.doc(span)
        )

    def let(self, span: Span, name: ast.Name, value: ast.Expr) -> ast.LetItem:
        return ast.LetItem(span, name, value, doc=self.doc(span))

    def compare(
        self, span: Span, keyword: Token, target: ast.Expr, value: ast.Expr, *loops: ast.Loop
    ) -> ast.CompareItem:
        return ast.CompareItem(span, keyword.text, target, value, loops)

    def value(self, span: Span, value: ast.Expr) -> ast.ValueItem:
        return ast.ValueItem(span, value)

    def ideal(
        self, span: Span, target: ast.Expr, value: ast.Expr, *loops: ast.Loop
    ) -> ast.IdealItem:
        return ast.IdealItem(span, target, value, loops)

    # pipelines

    def short_pipeline(
        self, span: Span, name: ast.Name, params: Params | None, body: ast.Expr
    ) -> ast.ShortPipeline:
        return ast.ShortPipeline(span, name, params or (), body, doc=self.doc(span))

    def pipeline(
        self, span: Span, name: ast.Name, params: Params | None, *items: Any
    ) -> ast.PipelineDeclaration:
        return ast.PipelineDeclaration(span, name, params or (), present(items), doc=self.doc(span))

    def draw(self, span: Span, names: Names, source: ast.Expr) -> ast.DrawItem:
        return ast.DrawItem(span, names, source)

    def player(
        self, span: Span, name: ast.Name, body: ast.Expr, optimizer: ast.Expr | None
    ) -> ast.PlayerItem:
        return ast.PlayerItem(span, name, body, optimizer, doc=self.doc(span))

    def goal(
        self,
        span: Span,
        players: Names,
        direction: Token,
        value: ast.Expr,
        every: ast.Expr | None,
    ) -> ast.GoalItem:
        return ast.GoalItem(span, players, direction.text, value, every)

    def pretrain(
        self, span: Span, phase: Token, players: Names | None, amount: ast.Expr, unit: Token
    ) -> ast.PretrainItem:
        return ast.PretrainItem(span, phase.text, players or (), amount, unit.text)

    def names(self, span: Span, *names: ast.Name) -> Names:
        return names

    # growth

    def growth(self, span: Span, name: ast.Name, *items: Any) -> ast.GrowthDeclaration:
        return ast.GrowthDeclaration(span, name, present(items), doc=self.doc(span))

    def grown(self, span: Span, role: Token, name: ast.Name, *items: Any) -> ast.GrownItem:
        word = ast.Name(Span(self.source, role.start, role.end), role.text)
        return ast.GrownItem(span, name, word, present(items), doc=self.doc(span))

    def insert_action(
        self,
        span: Span,
        name: ast.Name,
        params: Params | None,
        body: ast.Expr,
        place: Token,
        anchor: ast.Expr,
        fade: ast.Expr | None,
    ) -> ast.InsertAction:
        return ast.InsertAction(
            span, name, params or (), body, place.text, anchor, fade, doc=self.doc(span)
        )

    def double_action(
        self, span: Span, name: ast.Name, params: Params | None, *rest: Any
    ) -> ast.DoubleAction:
        *networks, fade = rest
        return ast.DoubleAction(span, name, params or (), tuple(networks), fade, doc=self.doc(span))

    def doubled(self, span: Span, name: ast.Name, body: ast.Expr | None) -> ast.Doubled:
        return ast.Doubled(span, name, body)


def present(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """The items that could be read."""
    return tuple(item for item in items if item is not None)
