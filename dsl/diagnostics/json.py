"""Diagnostics as JSON, for editors and scripts. The schema is described in docs/command-line.md.

Keys are only ever added; one that changes its meaning raises `VERSION`.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from autodesign.dsl.diagnostics.diagnostic import Diagnostic
from autodesign.dsl.source import Source, Span

VERSION = 1


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """One JSON object: version, errors, warnings, diagnostics (in the order they were found)."""
    found = tuple(diagnostics)
    severities = [one.severity for one in found]
    content = {
        "version": VERSION,
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
        "diagnostics": [as_mapping(one) for one in found],
    }
    return json.dumps(content, indent=2)


def as_mapping(diagnostic: Diagnostic) -> Mapping[str, Any]:
    """A diagnostic as JSON holds it; `span` is null where there is no text to point at."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "span": diagnostic.span and _span(diagnostic.span),
        "label": diagnostic.label,
        "related": [{"span": _span(one.span), "label": one.text} for one in diagnostic.related],
        "notes": list(diagnostic.notes),
        "help": diagnostic.help,
    }


def _span(span: Span) -> Mapping[str, Any]:
    """`end` is exclusive; lines and columns count from 1, offsets from 0, all in characters."""
    return {
        "file": span.source.name,
        "start": _place(span.source, span.start),
        "end": _place(span.source, span.end),
    }


def _place(source: Source, offset: int) -> Mapping[str, int]:
    line, column = source.position(offset)
    return {"offset": offset, "line": line, "column": column}
