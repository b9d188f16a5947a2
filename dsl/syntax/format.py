"""The canonical printer."""

from autodesign.dsl.syntax.print_expr import print_expr

__all__ = ["print_expr"]
