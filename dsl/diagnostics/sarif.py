"""Diagnostics as SARIF 2.1.0, which code hosts and editors show beside the text."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, Label
from autodesign.dsl.diagnostics.explain import explain, title
from autodesign.dsl.source import Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(diagnostics: Iterable[Diagnostic], version: str = "") -> str:
    """One SARIF log with one run; `version` is that of the tool. Rules are the codes that occur."""
    found = tuple(diagnostics)
    codes = sorted({one.code for one in found})
    driver = {"name": "autodesign", "rules": [_rule(code) for code in codes]}
    if version:
        driver["version"] = version
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, codes.index(one.code)) for one in found],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(code: str) -> Mapping[str, Any]:
    page = explain(code) or f"# {code}\n"
    return {
        "id": code,
        "shortDescription": {"text": title(code) or code},
        "help": {"text": page, "markdown": page},
    }


def _result(diagnostic: Diagnostic, rule: int) -> Mapping[str, Any]:
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity,
        "message": {"text": _text(diagnostic)},
        "locations": [_location(diagnostic.span)] if diagnostic.span else [],
        "relatedLocations": [_related(label) for label in diagnostic.related],
    }


def _text(diagnostic: Diagnostic) -> str:
    notes = [*diagnostic.notes, f"help: {diagnostic.help}" if diagnostic.help else ""]
    return "\n".join([diagnostic.message, *filter(None, notes)])


def _related(label: Label) -> Mapping[str, Any]:
    return {**_location(label.span), "message": {"text": label.text}}


def _location(span: Span) -> Mapping[str, Any]:
    """A region's end is exclusive, its columns count characters from 1."""
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    region = {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
        "charOffset": span.start,
        "charLength": span.end - span.start,
    }
    address = {"uri": quote(span.source.name.replace("\\", "/"), errors="surrogatepass")}
    return {"physicalLocation": {"artifactLocation": address, "region": region}}
