"""The walk of a question through `rag/`: `python -m tests.repo.question_walk`.

A question is answered over the seeds by models without weights. Its functions, in the order of their first calls, give
a sequence of files. A return is a change to a file that was entered and left before.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from types import CodeType, FrameType

from askive.models.fakes import HashEmbedder, ScriptedGenerator
from askive.models.reader.cross_encoder import Reader
from askive.rag.assistant import Assistant
from askive.rag.config import Config, PassageConfig
from askive.rag.ingest.pipeline import ingest_paths
from askive.rag.store.archive import Archive

REPOSITORY = Path(__file__).parents[2]
QUESTION = "How many jets and helicopters did Russia have in Latakia?"
WARM_UP = "Who visited Moscow in October 2015?"


def files_of_first_calls(run: Callable[[], object]) -> list[str]:
    """The file of each function of `rag/`, in the order of their first calls; equal neighbours once."""
    folder = str((REPOSITORY / "askive" / "rag").resolve())
    called: dict[CodeType, str] = {}

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if event == "call" and code not in called and not code.co_name.startswith("<"):
            path = str(Path(code.co_filename).resolve())
            called[code] = path.removeprefix(f"{folder}/") if path.startswith(folder) else ""

    sys.setprofile(profile)
    try:
        run()
    finally:
        sys.setprofile(None)
    return [file for file, _ in groupby(file for file in called.values() if file)]


def main() -> int:
    """Print the counts, and the files that the walk returns to most often."""
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        with Archive.open(home / "seeds", HashEmbedder(), PassageConfig()) as archive:
            ingest_paths(archive, [REPOSITORY / "seeds"])
            assistant = Assistant(archive, ScriptedGenerator(), Config(home=home), Reader())
            # Loading belongs to the first question, not to the walk.
            assistant.ask(WARM_UP)
            walk = files_of_first_calls(lambda: assistant.ask(QUESTION))
    entered = Counter(walk)
    returns = len(walk) - len(entered)
    sys.stdout.write(f"{len(walk)} changes of file, {len(entered)} files, {returns} returns\n")
    for file, n in entered.most_common(12):
        sys.stdout.write(f"  {n - 1:>3} returns to {file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
