"""The evaluation harness: suites of questions, metrics people trust, runs that can be compared.

    datasets/   suites: questions, documents, what is accepted     metrics/   what is measured, with intervals
    pipelines.py index.py run.py record.py                         one run: a record and a line of JSON a question
    compare.py gate.py judge.py report/                            what is made of runs

`eval` imports `rag` and `models`, never `ui`.
"""

from askive import models  # noqa: F401  Goes offline before anything else is imported.

if not __name__.startswith("askive."):
    raise ImportError(f"this folder is the package askive.eval: write `import askive.eval`, not `{__name__}`")
