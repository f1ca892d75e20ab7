"""Which files stand in a folder: links and what the kernel makes up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from askive.rag.errors import LoadError, UsageError
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.ingest.plan import Plan, plan_paths
from askive.rag.load import load_path, read_bytes
from askive.rag.load.digest import sha256
from askive.rag.store.archive import Archive


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    (folder / "deep").mkdir(parents=True)
    (folder / "secret.txt").write_text("Secret.")
    (folder / "deep" / "more.txt").write_text("More.")
    return folder


def names(plan: Plan, folder: Path) -> list[str]:
    return [os.path.relpath(file, folder) for file in plan.files]


def test_links_that_lead_out_are_counted_and_not_followed(documents: Path, outside: Path) -> None:
    (documents / "file.txt").symlink_to(outside / "secret.txt")
    (documents / "folder").symlink_to(outside)
    (documents / "picture.gif").symlink_to(outside / "secret.txt")
    (documents / "dangling.gif").symlink_to(outside / "nothing")
    plan = plan_paths([documents], [])
    assert names(plan, documents) == ["bridge.txt", "fair.html", "harbour.md"]
    assert plan.links_out == [str(documents / "file.txt"), str(documents / "folder")]
    assert len(plan.skipped) == 2
    followed = plan_paths([documents], [], follow_links=True)
    assert names(followed, documents) == [
        "bridge.txt", "fair.html", "file.txt", "harbour.md", "folder/secret.txt", "folder/deep/more.txt",
    ]  # fmt: skip
    assert followed.links_out == []


def test_links_within_the_folder_are_followed(documents: Path) -> None:
    (documents / "below").mkdir()
    (documents / "below" / "again.txt").symlink_to("../bridge.txt")
    (documents / "same").symlink_to("below")
    plan = plan_paths([documents], [])
    assert names(plan, documents) == ["bridge.txt", "fair.html", "harbour.md", "below/again.txt"]
    assert plan.links == {str(documents / "below" / "again.txt"): os.path.realpath(documents / "bridge.txt")}


def test_a_folder_beside_with_the_same_beginning_is_outside(documents: Path) -> None:
    beside = documents.with_name("documents-2")
    beside.mkdir()
    (beside / "x.txt").write_text("Beside.")
    (documents / "x.txt").symlink_to(beside / "x.txt")
    assert plan_paths([documents], []).links_out == [str(documents / "x.txt")]


def test_circles_end(documents: Path) -> None:
    (documents / "below").mkdir()
    (documents / "below" / "up").symlink_to(documents)
    (documents / "loop.txt").symlink_to("loop.txt")
    for follow_links in (False, True):
        plan = plan_paths([documents], [], follow_links=follow_links)
        assert len(plan.files) <= 4


def test_a_named_link_is_followed(tmp_path: Path, documents: Path, outside: Path, archive: Archive) -> None:
    (tmp_path / "named").symlink_to(outside)
    (tmp_path / "named.txt").symlink_to(outside / "secret.txt")
    report = ingest_paths(archive, [tmp_path / "named", tmp_path / "named.txt"])
    assert (report.n_added, report.failures, report.links) == (3, [], [])


def test_a_link_that_takes_the_place_of_a_file_is_not_followed(documents: Path, outside: Path) -> None:
    path = documents / "bridge.txt"
    path.unlink()
    path.symlink_to(outside / "secret.txt")
    with pytest.raises(LoadError, match="is not a file but a link"):
        read_bytes(path)
    assert load_path(path).text == "Secret."


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here")
def test_what_the_kernel_makes_up_is_not_read(tmp_path: Path, archive: Archive) -> None:
    with pytest.raises(LoadError, match="shows the running system"):
        read_bytes(Path("/proc/self/status"))
    (tmp_path / "link").symlink_to("/proc/self")
    report = ingest_paths(archive, [Path("/proc/self"), tmp_path / "link"])
    assert report.n_added == 0
    assert {failure.uri for failure in report.failures} == {"/proc/self", str(tmp_path / "link")}
    assert "shows the running system" in report.failures[0].message


def test_a_link_to_nothing_is_named_with_what_it_leads_to(archive: Archive, documents: Path) -> None:
    link, target = documents / "link.txt", documents / "gone.txt"
    link.symlink_to(target)
    (failure,) = ingest_paths(archive, [documents]).failures
    assert failure.message == f"{link} is a link to {target}, which does not exist"
    assert failure.remedy == "make it point to an existing file"
    with pytest.raises(UsageError, match=f"{link} is a link to {target}, which does not exist"):
        plan_paths([link], [])


def test_files_of_other_types_are_named(archive: Archive, documents: Path) -> None:
    (documents / "image.gif").write_bytes(b"\x89PNG")
    report = ingest_paths(archive, [documents])
    assert (report.n_skipped, report.skipped) == (1, [str(documents / "image.gif")])


def test_moved_files_are_found_by_their_bytes_and_are_no_losses(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    texts = {"a.txt": "One.", "b.txt": "Two.", "c.md": "Three.", "d.txt": "Four."}
    for name, text in texts.items():
        (folder / name).write_text(text)
    known = {str(tmp_path / "old" / name): sha256(text.encode()) for name, text in texts.items()}
    plan = plan_paths([tmp_path], known)
    assert plan.moved == {str(folder / name): str(tmp_path / "old" / name) for name in texts}
    assert (plan.to_delete, plan.withheld) == ([], [])
    # Another type is read in another way, another name is matched last, and sizes decide what is read.
    (folder / "c.md").rename(folder / "c.txt")
    (folder / "a.txt").rename(folder / "z.txt")
    stamps = dict.fromkeys(known, "v2:4:1:1:1")
    plan = plan_paths([tmp_path], known, stamps=stamps)
    assert {Path(new).name: Path(old).name for new, old in plan.moved.items()} == {
        "b.txt": "b.txt", "z.txt": "a.txt",
    }  # fmt: skip
    assert {Path(uri).name for uri in plan.to_delete} == {"c.md", "d.txt"}
