"""Sheets of answer sentences for annotators (do the citations support the sentence?), and figures from the marks.

`python -m askive.eval.calibration.annotation sample RUN... [--n 200] --out SHEET.jsonl` writes a sheet,
`python -m askive.eval.calibration.annotation count SHEET...`
prints the figures. In a sheet, `supported` and each citation's `needed` are null until an annotator sets them.

Recall and precision of citations as in ALCE (T. Gao et al. 2023, "Enabling Large Language Models to Generate
Text with Citations"): a sentence counts when its citations together support all of it; a citation counts
when its sentence is supported and it supports a part of it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from askive.eval import script
from askive.eval.datasets.lines import read_json_lines
from askive.eval.metrics.bootstrap import Estimate, bootstrap
from askive.eval.metrics.figures import format_estimate
from askive.eval.runs.run_dir import RunDir
from askive.models.errors import AskiveError, UsageError
from askive.models.files import write_atomically

_CONTEXT_CHARS = 300


def sheet(runs: Sequence[Path], n: int, seed: int = 0) -> list[dict[str, Any]]:
    """At most n sentences of the runs' answers, sampled by hash, from the runs in turn. Refusals have no sentences.

    Raises UsageError and ArchiveError as `RunDir`.
    """
    drawn = []
    for run in runs:
        suite = RunDir(run).record()["suite"]["name"]
        results = [{"suite": suite, **one} for row in RunDir(run).rows() for one in _sentences(row)]
        drawn.append(sorted(results, key=lambda one: _hash(seed, one["id"])))
    in_turn = [
        queue[at] for at in range(max(map(len, drawn), default=0)) for queue in drawn if at < len(queue)
    ]
    return in_turn[:n]


def _sentences(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    answer = row["answer"]
    if answer is None or answer["refused"]:
        return
    for number, sentence in enumerate(answer["sentences"]):
        yield {
            "id": f"{row['sample_id']}-{number}",
            "question": row["question"],
            "before": answer["answer"][: sentence["start"]].strip(),
            "sentence": sentence["text"],
            "citations": [
                {
                    "document": " · ".join(
                        part for part in (c["title"], c["publisher"], c["published"]) if part
                    ),
                    "before": c["before"][-_CONTEXT_CHARS:],
                    "quote": c["quote"],
                    "after": c["after"][:_CONTEXT_CHARS],
                    "needed": None,
                }
                for c in sentence["citations"]
            ],
            "supported": None,
        }


def _hash(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed} {name}".encode()).hexdigest()


def count(marked: Sequence[Mapping[str, Any]], seed: int = 0) -> dict[str, dict[str, Estimate]]:
    """`recall` and `precision` of citations, per suite and for `all`, over the annotated sentences and citations."""
    suites: dict[str, list[Mapping[str, Any]]] = {}
    for one in marked:
        if one["supported"] is not None:
            suites.setdefault(one["suite"], []).append(one)
    if len(suites) > 1:
        suites["all"] = [one for some in suites.values() for one in some]
    return {
        name: {
            "recall": bootstrap([float(one["supported"]) for one in some], seed),
            "precision": bootstrap(
                [
                    float(bool(one["supported"] and citation["needed"]))
                    for one in some
                    for citation in one["citations"]
                    if citation["needed"] is not None
                ],
                seed,
            ),
        }
        for name, some in suites.items()
    }


def counted_text(results: Mapping[str, Mapping[str, Estimate]]) -> str:
    """The figures as a Markdown table."""
    lines = [
        "| suite | sentences supported by their citations | citations that support a part |",
        "|---|---|---|",
    ]
    lines += [
        f"| {name} | {format_estimate(some['recall'].as_dict())} | {format_estimate(some['precision'].as_dict())} |"
        for name, some in results.items()
    ]
    return "\n".join(lines) + "\n"


def read_sheet(path: Path) -> list[dict[str, Any]]:
    """The lines of a sheet. Raises UsageError when it cannot be read or a mark is not true, false or null."""
    lines = []
    for where, line in read_json_lines(path):
        try:
            for mark in (line["supported"], *(citation["needed"] for citation in line["citations"])):
                if mark not in (True, False, None):
                    raise ValueError(f"the mark {mark!r} is neither true, false nor null")
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{where}: not a line of a sheet: {error}",
                remedy="make one: python -m askive.eval.calibration.annotation sample RUN... --out SHEET.jsonl",
            ) from error
        lines.append(line)
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns 0, or the exit code of an error."""
    parser = argparse.ArgumentParser(prog="python -m askive.eval.calibration.annotation", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    sampling = commands.add_parser("sample", help="write a sheet")
    sampling.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders of runs")
    sampling.add_argument("--n", type=int, default=200, help="sentences, at most (default 200)")
    sampling.add_argument("--out", type=Path, required=True, help="the sheet")
    counting = commands.add_parser("count", help="print figures from the marks")
    counting.add_argument("sheets", nargs="+", type=Path, metavar="SHEET")
    options = parser.parse_args(arguments)
    try:
        if options.command == "sample":
            if options.out.exists():
                raise UsageError(
                    f"{options.out} already exists", remedy="choose another file: this one may hold marks"
                )
            lines = sheet(options.runs, options.n)
            write_atomically(
                options.out, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            )
            sys.stderr.write(f"{len(lines)} sentences in {options.out}\n")
        else:
            sys.stdout.write(
                counted_text(count([line for path in options.sheets for line in read_sheet(path)]))
            )
    except AskiveError as error:
        return script.report_error(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
