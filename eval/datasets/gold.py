"""Suites with a `suite.toml`, in the format of our gold set.

`suite.toml`: `name`, `licence`, `corpus` (`seeds`, or a folder or JSON-lines file next to it, or a list of folders),
`queries` (default `queries.jsonl`), `notes`. One question per line:

    {"_id", "text", "type", "answers": [], "all_of": [[]], "wrong_answers": [], "unanswerable": bool, "note",
     "evidence": [{"doc", "quote"}], "history": [{"question", "answer"}], "half": "dev" | "test"}

Without `half` the id decides, see `split_of`; suites whose halves must not share documents set it. Questions of all
kinds have a `kind` and no `type`, and as far as they are asked for (see `Expected`):

    {"kind", "documents": [], "count", "items": [[]], "events": [{"date", "names": []}],
     "sides": [{"name": [], "facts": [[]]}], "translates", "relevant": [documents that hold a part of the answer]}
"""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast, get_args

from askive.eval.datasets.beir import (
    Corpus,
    corpus_of,
    find_qrels,
    folder_documents,
    folder_files,
    read_qrels,
)
from askive.eval.datasets.lines import Record, list_of, read_json_lines, text_of, texts_of
from askive.eval.datasets.suite import (
    Expected,
    GoldEvent,
    GoldQuote,
    GoldSide,
    Sample,
    Split,
    Suite,
    build_suite,
    sha256_of_files,
)
from askive.rag.errors import UsageError
from askive.rag.text.dates import partial_date
from askive.rag.types import Document, QuestionKind, Turn

_NEXT = "\n"
"""Between the folders of a list."""
_KEYS = frozenset({"name", "licence", "corpus", "queries", "qrels", "notes", "scored"})
GOLD_SEEDS = Path(__file__).parent.parent / "gold" / "seeds"
GOLD_OFFICES = GOLD_SEEDS.parent / "offices"
GOLD_ARCHIVE = GOLD_SEEDS.parent / "archive"
GOLD_PAPERS = GOLD_SEEDS.parent / "papers"
GOLD_LISTS = GOLD_SEEDS.parent / "lists"


def read_gold(path: Path, name: str = "") -> Suite:
    """The suite of a folder with `suite.toml`; without qrels, the documents of the evidence are relevant.

    Raises UsageError on an unknown key, and as `askive.eval.datasets.lines` and `build_suite` do.
    """
    settings = _settings(path / "suite.toml")
    corpus = settings.get("corpus", "")
    queries = path / settings.get("queries", "queries.jsonl")
    named = settings.get("qrels", "")
    if named and not (path / named).is_file():
        raise UsageError(
            f"{path / 'suite.toml'}: no file {path / named}", remedy="correct `qrels`, or leave it out"
        )
    qrels_path = path / named if named else find_qrels(path)
    qrels = read_qrels(qrels_path) if qrels_path else {}
    left_out: Counter[str] = Counter()
    samples: list[Sample] = []
    for where, record in read_json_lines(queries):
        sample = _sample(where, record, qrels)
        if sample.scored:
            samples.append(sample)
        else:
            left_out["questions without judgement, answer or label"] += 1
    if unknown := sorted(set(qrels) - {sample.sample_id for sample in samples}):
        raise UsageError(
            f"{qrels_path}: judged question {unknown[0]!r} is not in {queries}", remedy="correct its id"
        )
    if corpus and corpus != "seeds" and (path / corpus).is_file():
        source = Corpus(path / corpus, sha256_of_files([path / corpus], path), frozenset())
        documents, corpus_sha256 = source.documents, source.sha256
    elif corpus:
        folders = [_corpus_folder(path, name) for name in corpus.split(_NEXT)]
        documents = partial(_documents, folders)
        corpus_sha256 = _sha256_of_folders(folders)
    else:
        source = corpus_of(path)
        documents, corpus_sha256 = source.documents, source.sha256
    return build_suite(
        name=name or settings.get("name") or path.name,
        path=path,
        kind="gold",
        documents=documents,
        samples=samples,
        corpus_sha256=corpus_sha256,
        licence=settings.get("licence", ""),
        left_out=left_out,
        notes=settings.get("notes", ""),
    )


def _settings(path: Path) -> dict[str, str]:
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", remedy="check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}", remedy="fix the file") from error
    if unknown := sorted(settings.keys() - _KEYS):
        raise UsageError(f"{path}: unknown key {unknown[0]!r}", remedy=f"use {', '.join(sorted(_KEYS))}")
    return {
        key: _NEXT.join(map(str, value)) if isinstance(value, list) else str(value)
        for key, value in settings.items()
    }


def _corpus_folder(path: Path, corpus: str) -> Path:
    if corpus == "seeds":
        from askive.rag.seeds import seeds_dir

        return seeds_dir()
    if not (path / corpus).is_dir():
        raise UsageError(f"{path / 'suite.toml'}: no corpus {path / corpus}", remedy="correct `corpus`")
    return path / corpus


def _documents(folders: Sequence[Path]) -> Iterator[Document]:
    for folder in folders:
        yield from folder_documents(folder)


def _sha256_of_folders(folders: Sequence[Path]) -> str:
    digests = [sha256_of_files(folder_files(folder), folder) for folder in folders]
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _sample(where: str, record: Record, qrels: Mapping[str, Mapping[str, int]]) -> Sample:
    sample_id = text_of(record, "_id", where)
    unanswerable = record.get("unanswerable", record.get("is_impossible"))
    if unanswerable is not None and not isinstance(unanswerable, bool):
        raise UsageError(f"{where}: 'unanswerable' is {unanswerable!r}", remedy="write true or false")
    evidence = tuple(
        GoldQuote(text_of(_object(item, where), "doc", where), text_of(item, "quote", where))
        for item in list_of(record, "evidence", where)
    )
    half = text_of(record, "half", where, "")
    if half not in {"", "dev", "test"}:
        raise UsageError(f"{where}: 'half' is {half!r}", remedy="write dev or test, or leave it out")
    expected = _expected(where, record) if "kind" in record else None
    holding = [*texts_of(record, "relevant", where), *(quote.doc for quote in evidence)]
    holding += (expected.documents or ()) if expected else ()
    relevant = qrels.get(sample_id) if qrels else dict.fromkeys(holding, 1)
    return Sample(
        sample_id=sample_id,
        question=text_of(record, "text", where),
        type=text_of(record, "type", where, expected.kind if expected else "question"),
        answers=() if unanswerable else texts_of(record, "answers", where),
        all_of=() if unanswerable else _groups(record, "all_of", where),
        wrong_answers=texts_of(record, "wrong_answers", where),
        # The evidence of an unanswerable question may be misleading, so it is not relevant.
        relevant={} if unanswerable else dict(relevant or {}),
        evidence=(evidence,) if evidence and not unanswerable else (),
        unanswerable=unanswerable,
        turns=tuple(
            Turn(text_of(_object(turn, where), "question", where), text_of(turn, "answer", where))
            for turn in list_of(record, "history", where)
        ),
        note=text_of(record, "note", where, ""),
        half=cast(Split, half) if half else None,
        expected=expected,
    )


def _expected(where: str, record: Record) -> Expected:
    kind, count = text_of(record, "kind", where), record.get("count")
    if kind not in get_args(QuestionKind):
        raise UsageError(f"{where}: unknown kind {kind!r}", remedy=f"use {', '.join(get_args(QuestionKind))}")
    if count is not None and (not isinstance(count, int) or isinstance(count, bool)):
        raise UsageError(f"{where}: 'count' is {count!r}", remedy="write a whole number, or leave it out")
    return Expected(
        kind=cast(QuestionKind, kind),
        documents=texts_of(record, "documents", where) if "documents" in record else None,
        count=count,
        items=_groups(record, "items", where),
        events=tuple(_event(_object(event, where), where) for event in list_of(record, "events", where)),
        sides=tuple(
            GoldSide(texts_of(_object(side, where), "name", where), _groups(side, "facts", where))
            for side in list_of(record, "sides", where)
        ),
        translates=text_of(record, "translates", where, ""),
    )


def _event(record: Record, where: str) -> GoldEvent:
    date = text_of(record, "date", where)
    if partial_date(date) != date:
        raise UsageError(f"{where}: 'date' is {date!r}", remedy="write it as 2022-04-07, 2022-04 or 2022")
    return GoldEvent(date, texts_of(record, "names", where))


def _groups(record: Record, key: str, where: str) -> tuple[tuple[str, ...], ...]:
    return tuple(texts_of({key: group}, key, where) for group in list_of(record, key, where))


def _object(value: Any, where: str) -> Record:
    if not isinstance(value, dict):
        raise UsageError(f"{where}: {str(value)[:40]!r} is not an object", remedy="fix the line")
    return value
