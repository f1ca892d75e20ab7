"""What is kept compiled: the same results, and nothing that goes wrong with it is seen from outside."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from askive.models.openvino_cache import compile_for_cpu

X = np.linspace(-1, 1, 64, dtype=np.float32).reshape(2, 32)


def save_model(folder: Path, seed: int = 0) -> Path:
    """One layer of 32 x 32, saved."""
    import openvino

    opset = openvino.opset13
    weights = np.random.default_rng(seed).standard_normal((32, 32)).astype(np.float32)
    given = opset.parameter([-1, 32], np.float32)
    layer = opset.relu(opset.matmul(given, opset.constant(weights), False, False))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.xml"
    openvino.save_model(openvino.Model([layer], [given]), str(path), compress_to_fp16=False)
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return save_model(tmp_path / "model")


def compiled(path: Path, kept: Path | None = None) -> Any:
    import openvino

    return compile_for_cpu(openvino, path, kept)


def result(loaded: Any) -> np.ndarray[Any, Any]:
    return np.array(loaded(X)[0])


def was_kept(loaded: Any) -> bool:
    return bool(loaded.get_property("LOADED_FROM_CACHE"))


def blob_in(kept: Path) -> Path:
    (blob,) = kept.glob("*/*.blob")
    blob.chmod(0o600)
    return blob


def cut(blob: Path) -> None:
    blob.write_bytes(blob.read_bytes()[: blob.stat().st_size // 2])


def flip(blob: Path) -> None:
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 1
    blob.write_bytes(content)


def empty(blob: Path) -> None:
    blob.write_bytes(b"")


def spoil_seal(blob: Path) -> None:
    blob.with_name("sealed.json").write_text("[", encoding="utf-8")


def lose_seal(blob: Path) -> None:
    blob.with_name("sealed.json").unlink()


def test_the_second_time_it_is_there_and_gives_the_same(model: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    plain, first, second = compiled(model), compiled(model, kept), compiled(model, kept)
    assert [was_kept(loaded) for loaded in (first, second)] == [False, True]
    np.testing.assert_array_equal(result(first), result(plain))
    np.testing.assert_array_equal(result(second), result(plain))
    assert not list(kept.glob(".*"))


@pytest.mark.parametrize("spoil", [cut, flip, empty, Path.unlink, spoil_seal, lose_seal])
def test_what_is_damaged_is_made_again(model: Path, tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    kept = tmp_path / "kept"
    expected = result(compiled(model, kept))
    spoil(blob_in(kept))
    again = compiled(model, kept)
    assert not was_kept(again)
    np.testing.assert_array_equal(result(again), expected)
    assert was_kept(compiled(model, kept))


def test_another_model_in_its_place_is_another(model: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    old = result(compiled(model, kept))
    save_model(model.parent, seed=1)
    new = compiled(model, kept)
    assert not was_kept(new)
    assert not np.array_equal(result(new), old)
    np.testing.assert_array_equal(result(new), result(compiled(model)))


def test_only_the_newest_few_are_kept(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    for number in range(7):
        compiled(save_model(tmp_path / str(number), seed=number), kept)
    assert len(list(kept.iterdir())) == 4
    assert was_kept(compiled(tmp_path / "6" / "model.xml", kept))


def test_where_nothing_can_be_kept_it_is_compiled_all_the_same(model: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("not a folder", encoding="utf-8")
    np.testing.assert_array_equal(result(compiled(model, kept)), result(compiled(model)))


def test_a_damaged_model_is_an_error_and_is_not_kept(model: Path, tmp_path: Path) -> None:
    model.write_text("<net", encoding="utf-8")
    with pytest.raises(RuntimeError):
        compiled(model, tmp_path / "kept")
    assert not list((tmp_path / "kept").iterdir())


def test_processes_that_make_it_at_once_do_not_disturb_each_other(model: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    probe = (
        "from pathlib import Path\nfrom tests.models.test_openvino_cache import compiled, result\n"
        f"print(float(result(compiled(Path({str(model)!r}), Path({str(kept)!r}))).sum()))"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", probe], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.curdir},
            cwd=Path(__file__).parents[2],
        )
        for _ in range(3)
    ]  # fmt: skip
    told = {process.communicate(timeout=120)[0] for process in started}
    assert told == {f"{float(result(compiled(model)).sum())}\n".encode()}
    assert was_kept(compiled(model, kept))
    assert not list(kept.glob(".*"))
