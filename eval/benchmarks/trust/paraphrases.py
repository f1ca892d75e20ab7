"""`make bench-paraphrases`: accuracy of verifiers on supported, contradicted and undecided claims.

`python -m askive.eval.benchmarks.trust.paraphrases [--half dev,test] [--only VERIFIER,...] [--out FOLDER] [--json]`.
Figures by kind are printed for the development half only.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from askive.eval import script
from askive.eval.datasets.lines import source_hit
from askive.eval.datasets.paraphrases import HALVES, Pair, read_half
from askive.eval.metrics.bootstrap import Estimate
from askive.eval.metrics.relations import accuracy_by_kind, relation_figures
from askive.eval.runs.record import Code, code_state, provenance
from askive.models.errors import AskiveError, UsageError
from askive.models.files import write_atomically
from askive.models.protocols import Embedder, Generator
from askive.models.reader.cross_encoder import Reader
from askive.rag.calibration.relation import Relation
from askive.rag.config import Config, load_config
from askive.rag.evidence.source_sentences import candidates_of
from askive.rag.factory import open_embedder, open_generator, open_reader
from askive.rag.question.analysis import Question
from askive.rag.text.words import stems
from askive.rag.types import Sentence, Verdict
from askive.rag.verification.citer import Citer
from askive.rag.verification.rules import check
from askive.rag.verification.verifier import Verifier

FORMAT = 1
RESULTS = Path(__file__).parent.parent / "results"
VERIFIERS: Mapping[str, str] = {
    "neither": "always “neither” (one class of three)",
    "overlap": "word overlap, threshold fitted on dev",
    "rules": "the rules alone",
    "citer": "rules and nearness (`askive verify`)",
    "reader": "and the reader, no generator",
    "whole": "and the generator as judge, as answers and statements are verified",
}
JUDGES = tuple(name for name in VERIFIERS if name not in ("neither", "overlap"))
"""What needs models."""

Judge = Callable[[Pair], Relation]


def relation_of(verdict: Verdict) -> Relation:
    """The relation of source to claim that a verdict implies; `neither` when it is undecided."""
    if verdict == "supported":
        return "supports"
    return "contradicts" if verdict == "contradicted" else "neither"


@dataclass(frozen=True, slots=True)
class Verification:
    """The shipped verifier, in cumulative steps.

    reader: None: without it. generator: only needed for `whole`.
    """

    embedder: Embedder
    reader: Reader | None = None
    generator: Generator | None = None

    def judge(self, name: str) -> Judge:
        """The verifier `name`, one of `JUDGES`. It raises errors of its models.

        Raises UsageError when a model that it needs is missing.
        """
        if name == "rules":
            return self._rules
        if name == "citer":
            return lambda pair: relation_of(self._cited(pair).verdict)
        if self.reader is None:
            raise UsageError(
                f"{name!r} needs the reader", remedy="set `reader` to a model, or use --only rules,citer"
            )
        if name == "whole" and self.generator is None:
            raise UsageError(f"{name!r} needs a generator", remedy="use --only rules,citer,reader")
        verifier = Verifier(self.embedder, self.reader, self.generator if name == "whole" else None)
        if name == "reader" and "reader" not in verifier.checks:
            raise UsageError(
                "no relation model is fitted for this reader",
                remedy="use the shipped reader",
            )
        nothing_asked = Question.read("")
        return lambda pair: relation_of(
            verifier.verify(pair.claim, 0, nothing_asked, [source_hit(pair.source)]).verdict
        )

    def _rules(self, pair: Pair) -> Relation:
        return relation_of(check(pair.claim, candidates_of([source_hit(pair.source)])).verdict)

    def _cited(self, pair: Pair) -> Sentence:
        return Citer(Question.read(""), [source_hit(pair.source)], self.embedder).cite(pair.claim, 0)


def overlap(pair: Pair) -> float:
    """Share of the claim's stems that the source has."""
    claim = set(stems(pair.claim))
    return len(claim & set(stems(pair.source))) / max(len(claim), 1)


def overlap_threshold(pairs: Sequence[Pair]) -> float:
    """The overlap from which it is most often right to call a claim supported, and all others `neither`."""
    return max(
        sorted({overlap(pair) for pair in pairs} | {1.01}),
        key=lambda least: sum(pair.relation == _by_overlap(pair, least) for pair in pairs),
    )


def _by_overlap(pair: Pair, threshold: float) -> Relation:
    return "supports" if overlap(pair) >= threshold else "neither"


@dataclass(frozen=True, slots=True)
class ParaphraseBenchmark:
    """halves, only: what to measure. code: its state at the start."""

    config: Config
    halves: Sequence[str]
    only: Sequence[str]
    log: Callable[[str], None]
    code: Code = field(default_factory=code_state)

    def measure(self) -> dict[str, Any]:
        """The input of `markdown`. Raises UsageError, and errors of loading the models."""
        pairs = {half: read_half(half) for half in self.halves}
        judged: dict[str, dict[str, list[Relation]]] = {half: {} for half in self.halves}
        with ExitStack() as stack:
            for name, judge in self._judges(stack):
                self.log(name)
                for half in self.halves:
                    judged[half][name] = [judge(pair) for pair in pairs[half]]
        return {
            "format": FORMAT,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            **provenance(self.code, self.config),
            "halves": {half: _half_figures(half, pairs[half], judged[half]) for half in self.halves},
        }

    def _judges(self, stack: ExitStack) -> Iterator[tuple[str, Judge]]:
        if "neither" in self.only:
            yield "neither", lambda _: "neither"
        if "overlap" in self.only:
            threshold = overlap_threshold(read_half("dev"))
            yield "overlap", lambda pair: _by_overlap(pair, threshold)
        selected = [name for name in JUDGES if name in self.only]
        if not selected:
            return
        reader = open_reader(self.config) if {"reader", "whole"} & set(selected) else None
        generator = open_generator(self.config) if "whole" in selected else None
        if generator is not None:
            stack.callback(generator.close)
        verification = Verification(open_embedder(self.config), reader, generator)
        for name in selected:
            yield name, verification.judge(name)


def _half_figures(
    half: str, pairs: Sequence[Pair], judged: Mapping[str, Sequence[Relation]]
) -> dict[str, Any]:
    figures = {name: relation_figures(pairs, results).as_dict() for name, results in judged.items()}
    if half == "dev":
        for name, results in judged.items():
            figures[name]["kinds"] = {k: list(v) for k, v in accuracy_by_kind(pairs, results).items()}
    return {"n_sources": len({pair.source_id for pair in pairs}), "n_pairs": len(pairs), "verifiers": figures}


def markdown(record: Mapping[str, Any]) -> str:
    """The tables, in Markdown."""
    code, cpu = record["code"], record["machine"]
    changed = " with changes" if code["dirty"] else ""
    lines = [
        "# Paraphrases",
        "",
        f"{record['date'][:10]}; {cpu['cpu']}, {cpu['n_cores']} cores; commit {code['commit']}{changed}; "
        f"{record['settings']['generator']}; {record['settings']['embedder']}.",
        "95% bootstrap intervals over sources in brackets.",
    ]
    for half, results in record["halves"].items():
        lines += [
            "",
            f"## {half}: {results['n_pairs']} pairs, {results['n_sources']} sources",
            "",
            *_table(results),
        ]
        for name, figures in results["verifiers"].items():
            lines += ["", *_confusion(name, figures)]
        lines += _kinds(results["verifiers"])
    return "\n".join(lines) + "\n"


def _table(results: Mapping[str, Any]) -> list[str]:
    lines = [
        "| verifier | accuracy | balanced | “supports” found | “contradicts” found | “neither” found "
        "| unsupported claims passed (lower is better) | wrong values passed |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, figures in results["verifiers"].items():
        recall = [_estimate(figures["recall"][r]) for r in ("supports", "contradicts", "neither")]
        cells = [
            VERIFIERS[name],
            _estimate(figures["accuracy"]),
            f"{figures['balanced_accuracy']:.2f}",
            *recall,
            _estimate(figures["false_support"]),
            f"{figures['value_errors']} of {figures['n_values']}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _estimate(values: dict[str, Any]) -> str:
    one = Estimate.from_dict(values)
    return "–" if one.value is None else f"{one.value:.2f} [{one.low:.2f}–{one.high:.2f}]"


def _confusion(name: str, figures: Mapping[str, Any]) -> list[str]:
    rows = figures["confusion"]
    return [
        f"| {name}: source … | judged {' | judged '.join(rows)} |",
        "|---|" + "---:|" * len(rows),
        *(f"| {expected} | {' | '.join(str(n) for n in row.values())} |" for expected, row in rows.items()),
    ]


def _kinds(verifiers: Mapping[str, Any]) -> list[str]:
    measured = {name: figures["kinds"] for name, figures in verifiers.items() if "kinds" in figures}
    if not measured:
        return []
    kinds = next(iter(measured.values()))
    return [
        "",
        f"| kind (right of pairs) | {' | '.join(measured)} |",
        "|---|" + "---:|" * len(measured),
        *(
            f"| {kind} ({n}) | {' | '.join(str(by_kind[kind][0]) for by_kind in measured.values())} |"
            for kind, (_, n) in kinds.items()
        ),
    ]


def _chosen(text: str, known: Sequence[str], what: str) -> list[str]:
    names = text.split(",")
    if unknown := sorted(set(names) - set(known)):
        raise UsageError(f"there is no {what} {unknown[0]!r}", remedy=f"use some of {','.join(known)}")
    return [name for name in known if name in names]


def main(arguments: Sequence[str] | None = None, config: Config | None = None) -> int:
    """The command; returns 0, or the exit code of an error."""
    parser = argparse.ArgumentParser(
        prog="python -m askive.eval.benchmarks.trust.paraphrases", description=__doc__
    )
    parser.add_argument("--half", default=",".join(HALVES), help="dev, test, or both")
    parser.add_argument("--only", default=",".join(VERIFIERS), help=f"some of {','.join(VERIFIERS)}")
    parser.add_argument(
        "--out", type=Path, default=RESULTS, help="the folder of paraphrases.json and paraphrases.md"
    )
    parser.add_argument("--json", action="store_true", help="print the record instead of the tables")
    options = parser.parse_args(arguments)
    try:
        halves = _chosen(options.half, HALVES, "half")
        only = _chosen(options.only, tuple(VERIFIERS), "verifier")
        record = ParaphraseBenchmark(config or load_config(), halves, only, script.log).measure()
    except AskiveError as error:
        return script.report_error(error)
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    write_atomically(options.out / "paraphrases.json", text)
    write_atomically(options.out / "paraphrases.md", markdown(record))
    sys.stdout.write(text if options.json else markdown(record))
    return 0


if __name__ == "__main__":
    sys.exit(main())
