"""JSON and SARIF: what tools read."""

import json

from autodesign.dsl.diagnostics.diagnostic import Diagnostic, Label
from autodesign.dsl.diagnostics.explain import codes, explain, title
from autodesign.dsl.diagnostics.json import render_json
from autodesign.dsl.diagnostics.sarif import render_sarif
from autodesign.dsl.source import Source, Span

SOURCE = Source("my specs/a.ad", "ad 1\nblock b = x\n")
PLACED = Diagnostic(
    "AD201",
    "I know no x",
    Span(SOURCE, 15, 16),
    "here",
    (Label(Span(SOURCE, 11, 12), "used by b"),),
    ("a note",),
    "did you mean y?",
)
BARE = Diagnostic("AD760", "no file", severity="warning")


def test_json_holds_all_of_a_diagnostic() -> None:
    content = json.loads(render_json([PLACED, BARE]))
    assert (content["version"], content["errors"], content["warnings"]) == (1, 1, 1)
    assert content["diagnostics"][0] == {
        "code": "AD201",
        "severity": "error",
        "message": "I know no x",
        "span": {
            "file": "my specs/a.ad",
            "start": {"offset": 15, "line": 2, "column": 11},
            "end": {"offset": 16, "line": 2, "column": 12},
        },
        "label": "here",
        "related": [
            {
                "span": {
                    "file": "my specs/a.ad",
                    "start": {"offset": 11, "line": 2, "column": 7},
                    "end": {"offset": 12, "line": 2, "column": 8},
                },
                "label": "used by b",
            }
        ],
        "notes": ["a note"],
        "help": "did you mean y?",
    }
    assert content["diagnostics"][1]["span"] is None


def test_sarif_has_the_structure_of_2_1_0() -> None:
    log = json.loads(render_sarif([PLACED, BARE, PLACED], version="1.2.3"))
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("autodesign", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == ["AD201", "AD760"]
    assert all(
        rule["shortDescription"]["text"] and rule["help"]["text"] for rule in driver["rules"]
    )
    assert [result["ruleIndex"] for result in run["results"]] == [0, 1, 0]
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
    assert run["columnKind"] == "unicodeCodePoints"


def test_sarif_places_are_exact() -> None:
    (run,) = json.loads(render_sarif([PLACED, BARE]))["runs"]
    placed, bare = run["results"]
    physical = placed["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "my%20specs/a.ad"
    assert physical["region"] == {
        "startLine": 2,
        "startColumn": 11,
        "endLine": 2,
        "endColumn": 12,
        "charOffset": 15,
        "charLength": 1,
    }
    assert placed["relatedLocations"][0]["message"]["text"] == "used by b"
    assert placed["message"]["text"] == "I know no x\na note\nhelp: did you mean y?"
    assert bare["locations"] == []


def test_rules_carry_the_pages() -> None:
    for code in codes():
        found = json.loads(render_sarif([Diagnostic(code, "m")]))["runs"][0]["tool"]["driver"]
        assert found["rules"][0]["help"]["markdown"] == explain(code)
        assert found["rules"][0]["shortDescription"]["text"] == title(code)


def test_explanations_are_found_in_any_case_and_only_for_codes() -> None:
    for code in codes():
        assert explain(code.lower()) == explain(code) != ""
    for other in ("AD000", "", "AD30", "../AD302", "AD302.md", "AD３０２", "x" * 10**6):
        assert explain(other) is None and title(other) == ""
