"""The tree, node by node: one function for each rule of the grammar, under the rule's name."""

from typing import Any

from autodesign.dsl.source import Span
from autodesign.dsl.syntax import ast
from autodesign.dsl.syntax.build_items import ItemBuilder, present
from autodesign.dsl.syntax.scan import Token


class Builder(ItemBuilder):
    """Builds a file: what it takes, its params and declarations, its jobs."""

    def file(self, span: Span, version: int | None, *statements: Any) -> ast.File:
        read = [s for s in statements if s is not None]
        uses = tuple(s for s in read if isinstance(s, ast.Use))
        declarations = tuple(s for s in read if not isinstance(s, ast.Use))
        return ast.File(self.source, version, uses, declarations)

    def version(self, span: Span, number: Token) -> int:
        return int(number.text)

    def broken(self, span: Span, token: Token) -> None:
        """Text that could not be read: it leaves nothing in the tree."""

    # what a file takes and declares

    def use(self, span: Span, module: tuple[str, bool, Span], *names: ast.UseName) -> ast.Use:
        name, is_file, module_span = module
        return ast.Use(span, name, is_file, module_span, names)

    def module(self, span: Span, *parts: ast.Name) -> tuple[str, bool, Span]:
        return ".".join(part.id for part in parts), False, span

    def module_file(self, span: Span, path: Token) -> tuple[str, bool, Span]:
        return self.string(span, path).value, True, span

    def use_name(self, span: Span, name: ast.Name, alias: ast.Name | None) -> ast.UseName:
        return ast.UseName(span, name, alias or name)

    def param_declaration(
        self, span: Span, name: ast.Name, type: ast.TypeExpr | None, default: ast.Expr | None
    ) -> ast.ParamDeclaration:
        return ast.ParamDeclaration(span, name, type, default, doc=self.doc(span))

    def data(self, span: Span, name: ast.Name, source: ast.Expr) -> ast.DataDeclaration:
        return ast.DataDeclaration(span, name, source, doc=self.doc(span))

    def block(
        self, span: Span, name: ast.Name, params: tuple[ast.Param, ...] | None, body: ast.Expr
    ) -> ast.BlockDeclaration:
        return ast.BlockDeclaration(span, name, params or (), body, doc=self.doc(span))

    def extern(
        self,
        span: Span,
        kind: ast.Name,
        name: ast.Name,
        params: tuple[ast.Param, ...] | None,
        result: ast.TypeExpr | None,
    ) -> ast.ExternDeclaration:
        return ast.ExternDeclaration(span, name, kind, params or (), result, doc=self.doc(span))

    def params(self, span: Span, *params: ast.Param) -> tuple[ast.Param, ...]:
        return params

    def param(
        self, span: Span, name: ast.Name, type: ast.TypeExpr | None, default: ast.Expr | None
    ) -> ast.Param:
        return ast.Param(span, name, type, default, False, self.doc(span))

    def many_param(
        self, span: Span, name: ast.Name, type: ast.TypeExpr | None, default: ast.Expr | None
    ) -> ast.Param:
        return ast.Param(span, name, type, default, True, self.doc(span))

    def named_param(self, span: Span, name: ast.Name, type: ast.TypeExpr | None) -> ast.Param:
        return ast.Param(span, name, type, None, doc=self.doc(span), named=True)

    def domain(self, span: Span, domain: ast.Expr) -> ast.TypeExpr:
        return ast.TypeExpr(span, (), domain)

    def type(
        self, span: Span, names: tuple[ast.TypeName, ...], domain: ast.Expr | None
    ) -> ast.TypeExpr:
        return ast.TypeExpr(span, names, domain)

    def type_names(self, span: Span, *names: ast.TypeName) -> tuple[ast.TypeName, ...]:
        return names

    def type_name(
        self, span: Span, name: ast.Name, dims: tuple[ast.Expr, ...] | None
    ) -> ast.TypeName:
        return ast.TypeName(span, name.id, dims or ())

    def none_type(self, span: Span) -> ast.TypeName:
        return ast.TypeName(span, "none")

    def list_type(self, span: Span, of: ast.TypeExpr) -> ast.TypeName:
        return ast.TypeName(span, "list", (), of)

    def dims(self, span: Span, *dims: ast.Expr) -> tuple[ast.Expr, ...]:
        return dims

    # jobs

    def train(
        self, span: Span, name: ast.Name, subject: ast.Expr, data: ast.Expr | None, *items: Any
    ) -> ast.TrainDeclaration:
        return ast.TrainDeclaration(span, name, subject, data, present(items), doc=self.doc(span))

    def goal_clause(
        self, span: Span, direction: Token, value: ast.Expr, method: ast.Expr | None
    ) -> ast.GoalClause:
        return ast.GoalClause(span, direction.text, value, method)

    def clause(self, span: Span, keyword: Token, *values: ast.Expr) -> ast.Clause:
        return ast.Clause(span, keyword.text, values)

    def batch_clause(self, span: Span, *parts: Any) -> ast.Clause:
        return ast.Clause(span, "batch", parts[:-1], parts[-1])

    def search(
        self, span: Span, name: ast.Name, subject: ast.Expr, data: ast.Expr, *items: Any
    ) -> ast.SearchDeclaration:
        return ast.SearchDeclaration(span, name, subject, data, present(items), doc=self.doc(span))

    def train_clause(
        self,
        span: Span,
        recipe: ast.Expr,
        optimizer: ast.Expr | None,
        amount: ast.Expr,
        unit: Token,
    ) -> ast.TrainClause:
        return ast.TrainClause(span, recipe, optimizer, amount, unit.text)

    def finish(self, span: Span, amount: ast.Expr, unit: Token) -> ast.FinishClause:
        return ast.FinishClause(span, amount, unit.text)

    def against(self, span: Span, name: ast.Name) -> ast.AgainstClause:
        return ast.AgainstClause(span, name)

    def until(self, span: Span, *bounds: tuple[ast.Name, ast.Expr]) -> ast.UntilClause:
        return ast.UntilClause(span, bounds)

    def bound(self, span: Span, name: ast.Name, amount: ast.Expr) -> tuple[ast.Name, ast.Expr]:
        return name, amount

    def sweep(self, span: Span, name: ast.Name, job: ast.Expr, *rest: Any) -> ast.SweepDeclaration:
        *over, beside, plots = rest
        return ast.SweepDeclaration(
            span, name, job, tuple(over), beside or (), plots or (), doc=self.doc(span)
        )

    def plots(self, span: Span, *plots: Any) -> tuple[Any, ...]:
        return present(plots)

    def over(
        self, span: Span, name: ast.Name, values: ast.Expr | ast.Spaced
    ) -> tuple[ast.Name, ast.Expr | ast.Spaced]:
        return name, values

    def spaced(self, span: Span, low: ast.Expr, high: ast.Expr, step: ast.Expr) -> ast.Spaced:
        return ast.Spaced(span, low, high, step)

    def plot(self, span: Span, vertical: ast.Expr, horizontal: ast.Expr) -> ast.PlotClause:
        return ast.PlotClause(span, vertical, horizontal)
