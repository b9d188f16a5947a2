"""The pages that explain each code, as `interpret explain AD302` shows them."""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_CODE = re.compile(r"AD[0-9]{3}")


def codes() -> tuple[str, ...]:
    """Every code there is, in order: those that have a page."""
    names = (page.name.removesuffix(".md") for page in _pages().iterdir())
    return tuple(sorted(name for name in names if _CODE.fullmatch(name)))


@cache
def explain(code: str) -> str | None:
    """The page of a code (Markdown), in whatever case it is written; None for an unknown one."""
    name = code.upper()
    if not _CODE.fullmatch(name):
        return None
    page = _pages() / f"{name}.md"
    return page.read_text(encoding="utf-8") if page.is_file() else None


def title(code: str) -> str:
    """The first line of a page without its code ("a controlled control node"); "" if unknown."""
    first = (explain(code) or "").partition("\n")[0]
    return first.partition(":")[2].strip()


def _pages() -> "Traversable":
    from importlib.resources import files  # costs some milliseconds that a check need not pay

    return files("autodesign.dsl.diagnostics") / "pages"
