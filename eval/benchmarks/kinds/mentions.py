"""Exactness of "which documents mention X" on a suite's documents, without a generator.

`python -m askive.eval.benchmarks.kinds.mentions SUITE [--n N] [--show]`

The questions are made by a script: names that stand in 2 to 40 documents. The right set is found by a plain search for
the exact string, as whole words, in titles and texts. Documents that only may mention a name do not count.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from askive.eval import script
from askive.eval.datasets.discover import open_suite
from askive.eval.metrics.bootstrap import bootstrap
from askive.eval.metrics.kinds import first_count
from askive.eval.runs.suite_index import open_index
from askive.models.errors import AskiveError, UsageError
from askive.models.fakes import ScriptedGenerator
from askive.rag.assistant import Assistant
from askive.rag.config import Config, default_home
from askive.rag.factory import open_embedder
from askive.rag.types import Answer, Document

N_NAMES = 120
MIN_DOCUMENTS, MAX_DOCUMENTS = 2, 40
WORDINGS = (
    "Which documents mention {}?",
    "How many documents mention {}?",
    "In which articles does {} occur?",
    "documents that mention {}",
)
# "Sam Altman", "New York Times"; "Google" in "by Google", where the capital is not that of a sentence.
_NAME = re.compile(
    r"(?<![\w'’&.-])[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,}){1,3}(?![\w'’&-])|(?<=[a-z] )[A-Z][a-z]{3,}(?![\w'’&-]| [A-Z])"
)
# Words that are capitalised at the start of a sentence, or are no name.
_NO_NAME = frozenset(
    """The This That These Those There They Then But And For With From When While After Before Since Both Each Every
    His Her Its Our Their Your What Which Who How Why Where Here Not Now One Two Three Last Next New Also All Some Most
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August
    September October November December Former Although However Despite According During Under Over""".split()
)


@dataclass(frozen=True, slots=True)
class NamedSet:
    """A name with the uris of the documents that have it."""

    name: str
    documents: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question with the documents that its answer lists, and the number that its text states."""

    question: str
    expected: frozenset[str]
    found: frozenset[str]
    count: int | None

    @property
    def is_exact(self) -> bool:
        """Whether the set is right."""
        return self.expected == self.found

    @property
    def f1(self) -> float:
        """F1 of the set."""
        return 2 * len(self.expected & self.found) / (len(self.expected) + len(self.found))


def named_sets(documents: Sequence[Document], n: int) -> list[NamedSet]:
    """`n` names in a fixed order that is not that of the texts; fewer when there are not as many."""
    texts = {document.uri: f"{document.title}\n{document.text}" for document in documents}
    candidates: dict[str, set[str]] = defaultdict(set)
    for uri, text in texts.items():
        for match in _NAME.finditer(text):
            if not _NO_NAME & set(match.group().split()):
                candidates[match.group()].add(uri)
    # Words that occur in lower case too, such as "Game", are no names. Questions that name a publisher are about its
    # documents.
    words = " ".join(re.findall(r"[\w'’-]+", "\n".join(texts.values())))
    publishers = {document.publisher for document in documents}
    names = sorted(
        (
            name
            for name, uris in candidates.items()
            if len(uris) >= MIN_DOCUMENTS and name not in publishers and f" {name.lower()} " not in words
        ),
        key=lambda name: hashlib.sha256(name.encode()).hexdigest(),
    )
    found = (NamedSet(name, documents_with(name, texts)) for name in names)
    return [one for one in found if len(one.documents) <= MAX_DOCUMENTS][:n]


def documents_with(name: str, texts: dict[str, str]) -> frozenset[str]:
    """Uris of the texts that have the name as whole words."""
    whole = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return frozenset(uri for uri, text in texts.items() if whole.search(text))


def outcomes(assistant: Assistant, sets: Sequence[NamedSet]) -> Iterator[Outcome]:
    """The answer to each, in a wording that changes from one to the next."""
    for number, named in enumerate(sets):
        question = WORDINGS[number % len(WORDINGS)].format(named.name)
        answer = assistant.ask(question, kind="mentions")
        yield Outcome(question, named.documents, _listed(answer, assistant), first_count(answer.text))


def _listed(answer: Answer, assistant: Assistant) -> frozenset[str]:
    """Uris of the rows that count; a document with the name only in its title is found by the title."""
    rows = [row for row in answer.rows if row.verdict == "supported"]
    cited = {citation.hit.source.uri for row in rows for citation in row.citations}
    titles = {row.values["Title"] for row in rows if not row.citations}
    return frozenset(cited | {one.uri for one in assistant.archive.store.sources() if one.title in titles})


def main(arguments: Sequence[str] | None = None, config: Config | None = None) -> int:
    """Print the figures. Returns 0, or the exit code of an error."""
    parser = argparse.ArgumentParser(
        prog="python -m askive.eval.benchmarks.kinds.mentions", description=__doc__
    )
    parser.add_argument("suite", metavar="SUITE", help="a suite's name or folder; its questions are not used")
    parser.add_argument("--n", type=int, default=N_NAMES, help=f"number of names, {N_NAMES} by default")
    parser.add_argument("--show", action="store_true", help="list the questions that are not exact")
    options = parser.parse_args(arguments)
    config = config or Config(home=default_home())
    try:
        suite = open_suite(options.suite)
        sets = named_sets(list(suite.documents()), options.n)
        if not sets:
            raise UsageError(
                f"{options.suite}: no name stands in {MIN_DOCUMENTS} to {MAX_DOCUMENTS} documents",
                remedy="use a suite with more documents",
            )
        archive, _ = open_index(suite, open_embedder(config), config.passages, config.home)
        with archive:
            asked = list(outcomes(Assistant(archive, ScriptedGenerator(), config), sets))
    except AskiveError as error:
        return script.report_error(error)
    sys.stdout.write(_report(suite.name, suite.n_documents, asked, shown=options.show))
    return 0


def _report(suite: str, n_documents: int, asked: Sequence[Outcome], *, shown: bool) -> str:
    figures = {
        "set exact": [float(one.is_exact) for one in asked],
        "count exact": [float(one.count == len(one.expected)) for one in asked],
        "F1 of the set": [one.f1 for one in asked],
    }
    lines = [f"{suite}: {len(asked)} names, {n_documents} documents"]
    for what, values in figures.items():
        estimate = bootstrap(values)
        lines.append(f"{what:<14} {estimate.value:.3f} ({estimate.low:.2f} to {estimate.high:.2f})")
    for one in asked if shown else ():
        if not one.is_exact:
            more, missing = sorted(one.found - one.expected), sorted(one.expected - one.found)
            lines.append(
                f"  {one.question} also: {', '.join(more) or '-'}; missing: {', '.join(missing) or '-'}"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
