"""`askive doctor`"""

from __future__ import annotations

from typing import Annotated

import typer

from askive.ui.terminal.options import AsJson, Collection, Embedder, Model, Quiet, output, settings
from askive.ui.terminal.render import one_line


def doctor(
    fast: Annotated[bool, typer.Option("--fast", help="Do not read the weights to compare digests.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Check the full-text index of collections above 256 MB too.")
    ] = False,
    collection: Collection = None,
    model: Model = None,
    embedder: Embedder = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Check the machine, the weights and the collections, and say how to fix each problem.

    Example: [bold]askive doctor --json[/]
    """
    from askive.rag.doctor.examination import examine
    from askive.rag.doctor.files import Finding

    config = settings(collection=collection, model=model, embedder=embedder)
    shown = output(as_json, quiet)
    findings: list[Finding] = []
    marks = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}
    for finding in examine(config, verify_weights=not fast, full=full):
        findings.append(finding)
        if not as_json and not (quiet and finding.severity == "ok"):
            shown.text(one_line(f"{marks[finding.severity]}  {finding.name}: {finding.message}"))
            if finding.remedy:
                shown.text(one_line(f"         -> {finding.remedy}"))
    if as_json:
        shown.json(
            [
                {"name": f.name, "severity": f.severity, "message": f.message, "remedy": f.remedy}
                for f in findings
            ]
        )
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(1)
