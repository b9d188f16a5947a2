"""The page of every code is true: its refused spec gives the code, its mended one does not."""

import re

import pytest

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.diagnostics.explain import codes, explain, title
from autodesign.dsl.load import load_text
from autodesign.stdlib.library import standard


def block(page: str, heading: str, language: str) -> str | None:
    """The text of the first ```language block under `## heading`, if there is one."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    found = section and re.search(rf"^```{language}\n(.*?)^```", section[1], re.DOTALL | re.M)
    return found[1] if found else None


def check(text: str) -> list[Diagnostic]:
    """A comment `# --set lam=2` in a spec is what the command line would say."""
    settings = dict(re.findall(r"^# --set (\S+?)=(.*)$", text, re.MULTILINE))
    return list(load_text(text, "page.ad", standard(), settings)[1])


@pytest.mark.parametrize("code", codes())
def test_page_begins_with_code_and_title_and_explains(code: str) -> None:
    page = explain(code)
    assert page is not None and page.startswith(f"# {code}: ") and title(code)
    prose = page.partition("\n## ")[0].partition("\n")[2].strip()
    assert len(prose.split()) > 5, "says what it means and why"
    assert block(page, "Refused", "ad") or block(page, "Provoked by", "text")
    assert re.search(r"^## Mended\n\s*\S", page, re.MULTILINE)


@pytest.mark.parametrize("code", codes())
def test_refused_spec_gives_the_code(code: str) -> None:
    text = block(explain(code) or "", "Refused", "ad")
    if text is not None:
        assert code in [one.code for one in check(text)]


@pytest.mark.parametrize("code", codes())
def test_mended_spec_is_free_of_it(code: str) -> None:
    page = explain(code) or ""
    text = block(page, "Mended", "ad")
    if text is None:
        assert block(page, "Provoked by", "text"), "only what a run provokes may lack a mended spec"
        return
    found = check(text)
    assert [one for one in found if one.severity == "error" or one.code == code] == []
