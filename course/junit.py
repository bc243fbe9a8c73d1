"""A Report as JUnit XML, for the tools that read nothing else."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from course.harness.report import Check, Report


def write(report: Report, path: Path) -> None:
    """Raises OSError when the file cannot be written."""
    verdicts = [*([report.problem] if report.problem else []), *report.checks]
    suite = ElementTree.Element(
        "testsuite",
        name=report.lesson,
        tests=str(len(verdicts)),
        failures=str(sum(check.status == "fail" for check in verdicts)),
        errors=str(sum(check.status == "error" for check in verdicts)),
        skipped=str(sum(check.status == "skipped" for check in verdicts)),
        time=f"{report.seconds:.3f}",
    )
    for check in verdicts:
        suite.append(_case(report, check))
    if report.output:
        ElementTree.SubElement(suite, "system-out").text = _legal(report.output)
    tree = ElementTree.ElementTree(suite)
    ElementTree.indent(tree)
    tree.write(path, encoding="utf-8", xml_declaration=True)


def _case(report: Report, check: Check) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase", classname=report.lesson, name=check.title, time=f"{check.seconds:.4f}"
    )
    tags = {"fail": "failure", "error": "error", "skipped": "skipped"}
    if check.status in tags:
        verdict = ElementTree.SubElement(case, tags[check.status], message=_legal(check.message))
        if check.status != "skipped":
            verdict.set("type", check.kind or "")
            verdict.text = _legal(f"expected: {check.expected}\nactual: {check.actual}")
    return case


def _legal(text: str) -> str:
    """Without the characters that XML 1.0 (section 2.2) does not allow."""
    return "".join(c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))
