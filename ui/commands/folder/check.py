"""`askive check`"""

from __future__ import annotations

from typing import Annotated

import typer

from askive.ui.commands.folder.backup import Collections
from askive.ui.terminal.options import AsJson, Quiet, output, settings
from askive.ui.terminal.render import one_line


def check(
    collection: Collections = None,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Repair what can be repaired without losing text, and delete leftovers."
        ),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Check collections in full: text, passages, vectors and indexes; `doctor` checks the machine too.

    Example: [bold]askive check --repair[/]
    """
    from askive.rag.upkeep.check import Checked, check_collections

    shown = output(as_json, quiet)
    found: list[Checked] = []
    with shown.progress() as bar:
        task = bar.add_task("Checking", total=None)
        for checked in check_collections(
            settings(), collection or (), repair=repair, notify=shown.hint,
            progress=lambda done, total, _uri: bar.update(
                task, completed=done, total=total, description="Indexing again"
            ),
        ):  # fmt: skip
            found.append(checked)
            bar.update(task, completed=len(found), description="Checking")
    if as_json:
        shown.json(
            [
                {
                    "name": c.name,
                    "ok": not c.problem,
                    "problem": c.problem,
                    "remedy": c.remedy,
                    "repaired": c.repaired,
                }
                for c in found
            ]
        )
    for checked in found if not as_json else ():
        if checked.problem or not quiet:
            shown.text(
                one_line(
                    f"{'ERROR' if checked.problem else 'ok   '}  {checked.name}: {checked.problem or 'sound'}"
                )
            )
        for done in checked.repaired:
            shown.text(one_line(f"       {done}"))
        if checked.remedy:
            shown.text(one_line(f"       -> {checked.remedy}"))
    if not found and not as_json:
        shown.hint("no collections yet; create one with `askive index PATH`")
    if any(checked.problem for checked in found):
        raise typer.Exit(1)
