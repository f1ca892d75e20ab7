"""The evaluation harness: suites of questions, established metrics, reproducible and comparable runs.

    datasets/   suites: questions, documents, accepted answers        metrics/      figures with confidence intervals
    runs/       one run: a record and a JSON line per question        calibration/  fits the models in rag/calibration
    report/     runs as HTML and Markdown                             benchmarks/   comparisons with baselines

`eval` imports `rag` and `models`, never `ui`.
"""

from askive import models  # noqa: F401  Goes offline before anything else is imported.

if not __name__.startswith("askive."):
    raise ImportError(f"this folder is the package askive.eval: write `import askive.eval`, not `{__name__}`")
