"""`make bench-trust`: figures and targets for trustworthy answers; cost and effect of each check.

`python -m askive.eval.benchmarks.trust.table [SUITE...] [--limit N] [--only SECTION,...] [--out FOLDER]`; the ablation
uses the first suite.

Runs are stored under the home (`eval/trust`): after an interrupt the same command resumes them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from askive.eval import script
from askive.eval.benchmarks.trust.ablation import ablation, ablation_text
from askive.eval.benchmarks.trust.cost import cost, cost_text
from askive.eval.benchmarks.trust.figures import figures, figures_text
from askive.eval.benchmarks.trust.replay import ReplayGenerator
from askive.eval.benchmarks.trust.risk_coverage import curve, curve_text
from askive.eval.benchmarks.trust.runs import DEFAULT, PLAIN, VARIATIONS, Log, Rows, rows_of
from askive.eval.datasets.discover import open_suite
from askive.eval.datasets.suite import Suite
from askive.eval.runs.record import Code, code_state, provenance
from askive.eval.runs.run import Models, select
from askive.models.errors import UsageError
from askive.models.files import write_atomically
from askive.rag.config import Config, default_home
from askive.rag.factory import open_embedder, open_generator

FORMAT = 1
RESULTS = Path(__file__).parent.parent / "results"
SUITES = ("seeds:dev", "injected")
SECTIONS = ("figures", "risk-coverage", "cost", "ablation")
_ALL = "all suites"
_TITLES: Mapping[str, tuple[str, Callable[[Any], list[str]]]] = {
    "figures": ("Figures", figures_text),
    "risk-coverage": ("Risk and coverage", curve_text),
    "cost": ("Cost of the checks", cost_text),
    "ablation": ("What each check buys", ablation_text),
}

Keep = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Trust:
    """What is measured, and how.

    generator of the models: one with a cache, so that equal prompts of the variations are generated once.
    runs: rows by suite and variation. code: its state before the first result is written.
    """

    suites: Sequence[Suite]
    models: Models
    config: Config
    limit: int | None
    only: Sequence[str]
    log: Log
    keep: Keep
    runs: dict[str, dict[str, Rows]] = field(default_factory=dict)
    code: Code = field(default_factory=code_state)

    def measure(self) -> dict[str, Any]:
        """Measure all sections; stores results after each suite. Raises KeyboardInterrupt, errors of `run_suite`."""
        compared = any(section in self.only for section in ("figures", "risk-coverage"))
        results = self.results()
        for suite in self.suites:
            for variation in (DEFAULT, PLAIN) if compared else (DEFAULT,):
                self._ask(suite, variation.name)
            self.keep(results := self.results())
        # Only on the first suite, since every variation asks all its questions again.
        for suite in self.suites[:1] if "ablation" in self.only else ():
            for variation in VARIATIONS:
                self._ask(suite, variation.name)
            self.keep(results := self.results())
        # As it was stored: the load in it changes from moment to moment.
        return results

    def results(self) -> dict[str, Any]:
        """The input of `markdown`, from the runs so far; a suite is included when its runs are complete."""
        return {
            "format": FORMAT,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            **provenance(self.code, self.config),
            "load": round(os.getloadavg()[0], 1),
            "limit": self.limit,
            "suites": [self._facts(suite) for suite in self.suites if suite.name in self.runs],
            "sections": {section: self._section(section) for section in self.only},
        }

    def _ask(self, suite: Suite, name: str) -> None:
        runs = self.runs.setdefault(suite.name, {})
        variation = next(one for one in (*VARIATIONS, PLAIN) if one.name == name)
        if name not in runs:
            runs[name] = rows_of(suite, self.models, self.config, variation, self.limit, self.log)

    def _facts(self, suite: Suite) -> dict[str, Any]:
        runs = self.runs[suite.name]
        return {
            "name": suite.name,
            "kind": suite.kind,
            "digest": suite.digest,
            "n_documents": suite.n_documents,
            "n_questions": len(suite.samples),
            "n_asked": len(runs[DEFAULT.name]),
            "n_failed": {
                name: n for name, rows in runs.items() if (n := sum(row["error"] is not None for row in rows))
            },
        }

    def _section(self, section: str) -> Any:
        kinds = {suite.name: suite.kind for suite in self.suites}
        ours = {name: runs[DEFAULT.name] for name, runs in self.runs.items()}
        plain = {name: runs.get(PLAIN.name, []) for name, runs in self.runs.items()}
        if section == "figures":
            return {name: figures(kinds[name], rows, plain[name]) for name, rows in ours.items()}
        if section == "risk-coverage":
            if len(ours) > 1:
                ours[_ALL], plain[_ALL] = _together(ours), _together(plain)
            return {name: curve(rows, plain[name]) for name, rows in ours.items()}
        if section == "cost":
            return cost(_together(ours))
        ablated = {
            name: {variation.name: runs[variation.name] for variation in VARIATIONS}
            for name, runs in self.runs.items()
            if all(variation.name in runs for variation in VARIATIONS)
        }
        return {name: ablation(runs) for name, runs in ablated.items()}


def _together(rows: Mapping[str, Rows]) -> Rows:
    return [row for some in rows.values() for row in some]


def markdown(results: Mapping[str, Any]) -> str:
    """The tables, in Markdown."""
    code, cpu = results["code"], results["machine"]
    lines = [
        "# Trust",
        "",
        f"{results['date'][:10]}; {cpu['cpu']}, {cpu['n_cores']} cores, load {results['load']:.1f}; commit "
        f"{code['commit']}{' with changes' if code['dirty'] else ''}; {results['settings']['generator']}; "
        f"{results['settings']['embedder']}.",
        "",
    ]
    for suite in results["suites"]:
        failed = "".join(f"; {n} FAILED ({name})" for name, n in suite["n_failed"].items())
        lines.append(
            f"- {suite['name']}: {suite['n_asked']} of {suite['n_questions']} questions over "
            f"{suite['n_documents']} documents{failed}"
        )
    for section, measured in results["sections"].items():
        title, text = _TITLES[section]
        lines += ["", f"## {title}", "", *(text(measured) or ["Not measured yet."])]
    return "\n".join(lines).rstrip() + "\n"


@contextmanager
def load_models(config: Config) -> Iterator[Models]:
    """The configured models; the generator caches its output. Raises errors of `askive.models.registry`."""
    embedder = open_embedder(config)
    generator = ReplayGenerator(open_generator(config))
    try:
        yield Models(embedder, generator)
    finally:
        generator.close()


def keeping(out: Path) -> Keep:
    """Returns a function that writes `trust.json` and `trust.md` to the folder, each atomically."""

    def keep(results: dict[str, Any]) -> None:
        write_atomically(out / "trust.json", json.dumps(results, indent=1, ensure_ascii=False) + "\n")
        write_atomically(out / "trust.md", markdown(results))

    return keep


def main(arguments: Sequence[str] | None = None, config: Config | None = None) -> int:
    """The command, with default settings unless others are passed.

    Returns 0 when all is measured, 130 when interrupted, else the exit code of the error.
    """
    parser = argparse.ArgumentParser(prog="python -m askive.eval.benchmarks.trust.table", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"default: {' '.join(SUITES)}")
    parser.add_argument("--limit", type=int, help="maximum number of questions of each suite")
    parser.add_argument("--only", default=",".join(SECTIONS), help=f"some of {','.join(SECTIONS)}")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the folder of trust.json and trust.md")
    options = parser.parse_args(arguments)

    def work() -> None:
        only = options.only.split(",")
        if unknown := sorted(set(only) - set(SECTIONS)):
            raise UsageError(f"no section {unknown[0]!r}", remedy=f"use some of {','.join(SECTIONS)}")
        suites = [open_suite(name) for name in dict.fromkeys(options.suites or SUITES)]
        for suite in suites:
            select(suite.samples, options.limit)
        settings = config or Config(home=default_home())
        with load_models(settings) as models:
            ordered = [section for section in SECTIONS if section in only]
            keep = keeping(options.out)
            trust = Trust(suites, models, settings, options.limit, ordered, script.log, keep)
            sys.stdout.write(markdown(trust.measure()))

    return script.run_resumable(work)


if __name__ == "__main__":
    sys.exit(main())
