"""The documentation's links lead somewhere, and its lists are complete."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("docs", "stdlib", "dsl", "bench", "specs")
PAGES = sorted(
    [*ROOT.glob("*.md"), *(page for name in FOLDERS for page in (ROOT / name).rglob("*.md"))]
)
LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in kept}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    written = page.read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```$|`[^`\n]*`(?!\])", "", written, flags=re.S | re.M)
    for target in LINK.findall(text):
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), target
        assert not anchor or anchor in anchors(other), target


def test_the_library_page_names_every_declaration() -> None:
    page = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    declared = set()
    for path in (ROOT / "stdlib").rglob("*.ad"):
        text = path.read_text("utf-8")
        declared |= set(re.findall(r"^(?:extern \w+|metric) (\w+)", text, re.MULTILINE))
    assert len(declared) > 50
    assert not {name for name in declared if f"`{name}`" not in page}
