"""Which files of a folder are left out, and that each of them is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from askive.rag.ingest.plan import Plan, plan_paths


def planned(folder: Path, files: dict[str, str], known: tuple[str, ...] = ()) -> Plan:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return plan_paths([folder], [str(folder / name) for name in known])


def relative(folder: Path, paths: list[str]) -> list[str]:
    return [path.removeprefix(f"{folder}{os.sep}") for path in paths]


@pytest.mark.parametrize(
    ("files", "read", "left_out"),
    [
        ({".askiveignore": "*.log\n", "a.log": "", "b.txt": ""}, ["b.txt"], ["a.log"]),
        ({".askiveignore": "/old/\n", "old/a.txt": "", "b/old/c.txt": ""}, ["b/old/c.txt"], ["old/"]),
        ({".askiveignore": "*.txt\n!keep.txt\n", "a.txt": "", "keep.txt": ""}, ["keep.txt"], ["a.txt"]),
        (
            {".askiveignore": "*.txt\n", "in/.askiveignore": "!*.txt\n", "in/a.txt": "", "b.txt": ""},
            ["in/a.txt"],
            ["b.txt"],
        ),
        ({"node_modules/a/readme.md": "", "poetry.lock": "", "~$a.docx": "", "b.md": ""}, ["b.md"],
         ["node_modules/", "poetry.lock", "~$a.docx"]),
        ({"package.json": "{}", "dist/a.js": "", "src/dist/b.js": ""}, ["package.json", "src/dist/b.js"], ["dist/"]),
        ({".askiveignore": "!node_modules/\n", "node_modules/a.md": ""}, ["node_modules/a.md"], []),
    ],
    ids=["pattern", "anchored", "negated", "nested", "defaults", "build output", "brought back"],
)  # fmt: skip
def test_rules(tmp_path: Path, files: dict[str, str], read: list[str], left_out: list[str]) -> None:
    plan = planned(tmp_path, files)
    assert sorted(relative(tmp_path, plan.files)) == sorted(read)
    assert sorted(relative(tmp_path, plan.ignored)) == sorted(left_out)
    assert plan.hidden == []


def test_hidden_files_are_named_and_can_be_brought_back(tmp_path: Path) -> None:
    files = {".notes/a.md": "", ".b.txt": "", "c.txt": ""}
    plan = planned(tmp_path, files)
    assert relative(tmp_path, plan.files) == ["c.txt"]
    assert relative(tmp_path, plan.hidden) == [".b.txt", ".notes/"]
    plan = planned(tmp_path, {".askiveignore": "!.notes/\n"})
    assert relative(tmp_path, plan.files) == ["c.txt", ".notes/a.md"]


def test_documents_that_rules_now_leave_out_are_removed_without_a_question(tmp_path: Path) -> None:
    files = {f"drafts/{n}.txt": "" for n in range(4)}
    plan = planned(tmp_path, {**files, ".askiveignore": "drafts/\n", "a.txt": ""}, (*files, "a.txt"))
    assert relative(tmp_path, plan.to_delete) == sorted(files)
    assert plan.withheld == []


def test_rules_that_cannot_be_read_leave_the_folder_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "in" / ".askiveignore").mkdir(parents=True)
    plan = planned(tmp_path, {"in/a.txt": "", "b.txt": ""}, ("in/a.txt", "in/gone.txt"))
    assert relative(tmp_path, plan.files) == ["b.txt"]
    assert list(plan.unreadable) == [str(tmp_path / "in")]
    assert plan.to_delete == []
