"""Gradio's first start writes nothing into its own package folder."""

from __future__ import annotations

import subprocess
import sys

FIRST_START = """
import importlib.util
import pathlib
from askive.ui.chat.gradio_files import refuse_gradio_writes

refuse_gradio_writes()
folder = pathlib.Path(importlib.util.find_spec("gradio").submodule_search_locations[0])
import gradio.utils

gradio.utils.HASH_SEED_PATH = str(folder / "seed_of_a_first_start.txt")
assert len(gradio.utils.get_hash_seed()) == 32
new = folder / "first_start.pyi"
for mode in ("w", "a", "x", "wb"):
    try:
        open(new, mode)
    except PermissionError:
        continue
    raise AssertionError(mode)
open(folder / "__init__.py").close()
print(*(path.name for path in folder.glob("*first_start*")))
"""


def test_the_first_start_writes_nothing_beside_gradio() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_START], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
