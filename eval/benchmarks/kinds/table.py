"""`make bench-kinds`: answers to questions of all kinds beside the plain pipeline.

`python -m askive.eval.benchmarks.kinds.table [--half dev|test] [--kinds KIND,...] [--limit N] [--no-plain]`

Rows are stored under the home (`eval/trust`), one run for each kind: after an interrupt the same command resumes it,
and kinds that were measured before, by the same code and with the same limit, are only read.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from askive.eval import script
from askive.eval.benchmarks.kinds.figures import LINES, kind_figures, kind_table
from askive.eval.benchmarks.trust.runs import DEFAULT, PLAIN, Log, Rows, rows_of
from askive.eval.benchmarks.trust.table import RESULTS, load_models
from askive.eval.datasets.discover import open_suite
from askive.eval.datasets.suite import Suite, digest_of
from askive.eval.runs.record import code_state, provenance
from askive.eval.runs.run import Models, select
from askive.models.errors import UsageError
from askive.models.files import write_atomically
from askive.rag.config import Config, default_home

FORMAT = 1
SUITE = "kinds"


def suites_of(suite: Suite, kinds: Sequence[str]) -> Iterator[Suite]:
    """The suite's questions of each kind that it has, over the same documents."""
    for kind in kinds:
        samples = tuple(sample for sample in suite.samples if sample.type == kind)
        if samples:
            digest = digest_of(suite.corpus_sha256, samples)
            yield replace(suite, name=f"{suite.name}:{kind}", samples=samples, digest=digest)


def measure(
    suite: Suite,
    kinds: Sequence[str],
    models: Models,
    config: Config,
    limit: int | None,
    log: Log,
    *,
    with_plain: bool = True,
) -> dict[str, Any]:
    """Ask all questions of the kinds, at most `limit` of each, in the product first.

    Raises KeyboardInterrupt and errors of `run_suite`.
    """
    code = code_state()
    rows: dict[str, Rows] = {DEFAULT.name: [], PLAIN.name: []}
    for variation in (DEFAULT, PLAIN) if with_plain else (DEFAULT,):
        for of_kind in suites_of(suite, kinds):
            rows[variation.name] += rows_of(of_kind, models, config, variation, limit, log)
    ours, plain = rows[DEFAULT.name], rows[PLAIN.name]
    return {
        "format": FORMAT,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        **provenance(code, config),
        "suite": suite.name,
        "digest": suite.digest,
        "n_documents": suite.n_documents,
        "limit": limit,
        "kinds": list(kinds),
        "n_asked": len(ours),
        "n_failed": sum(row["error"] is not None for row in (*ours, *plain)),
        "figures": kind_figures(ours, plain),
    }


def markdown(results: Mapping[str, Any]) -> str:
    """The table with what it was measured on."""
    code, cpu = results["code"], results["machine"]
    failed = f"; {results['n_failed']} FAILED" if results["n_failed"] else ""
    return "\n".join(
        [
            "# Kinds of questions",
            "",
            f"{results['date'][:10]}; {cpu['cpu']}, {cpu['n_cores']} cores; commit {code['commit']}"
            f"{' with changes' if code['dirty'] else ''}; {results['settings']['generator']}; "
            f"{results['settings']['embedder']}.",
            "",
            f"{results['suite']}: {results['n_asked']} questions over {results['n_documents']} documents{failed}",
            "",
            *kind_table(results["figures"]),
            "",
        ]
    )


def store(results: Mapping[str, Any], out: Path) -> None:
    """JSON lines: what was measured, then each figure; and the table beside it, with the extension `.md`."""
    head = {key: value for key, value in results.items() if key != "figures"}
    lines = [json.dumps(line, ensure_ascii=False) for line in (head, *results["figures"])]
    write_atomically(out, "\n".join(lines) + "\n")
    write_atomically(out.with_suffix(".md"), markdown(results))


def main(arguments: Sequence[str] | None = None, config: Config | None = None) -> int:
    """The command, with default settings unless others are passed.

    Returns 0 when all is measured, 130 when interrupted, else the exit code of the error.
    """
    parser = argparse.ArgumentParser(prog="python -m askive.eval.benchmarks.kinds.table", description=__doc__)
    parser.add_argument("--suite", default=SUITE, help=f"default: {SUITE}")
    parser.add_argument("--half", choices=("dev", "test"), default="dev", help="default: dev")
    parser.add_argument("--kinds", default=",".join(LINES), help=f"some of {','.join(LINES)}")
    parser.add_argument("--limit", type=int, help="maximum number of questions of each kind")
    parser.add_argument("--no-plain", action="store_true", help="leave out the baseline, which takes longest")
    parser.add_argument("--out", type=Path, default=RESULTS / "kinds.jsonl", help="the file of the figures")
    options = parser.parse_args(arguments)

    def work() -> None:
        named = options.kinds.split(",")
        if unknown := sorted(set(named) - LINES.keys()):
            raise UsageError(f"no kind {unknown[0]!r}", remedy=f"use some of {','.join(LINES)}")
        kinds = [kind for kind in LINES if kind in named]
        suite = open_suite(f"{options.suite}:{options.half}")
        select(suite.samples, options.limit)
        settings = config or Config(home=default_home())
        with load_models(settings) as models:
            results = measure(
                suite, kinds, models, settings, options.limit, script.log, with_plain=not options.no_plain
            )
        store(results, options.out)
        sys.stdout.write(markdown(results))

    return script.run_resumable(work)


if __name__ == "__main__":
    sys.exit(main())
