"""BEIR folders: `corpus.jsonl` or `corpus/`, `queries.jsonl`, `qrels.tsv` or `qrels/test.tsv`.

Fields that public sets add are read too: `answers`, `long_answer`, `is_impossible`, `source_doc`,
`question_type`, annotators' `selected_sentences`, and SciFact's `evidence` by sentence numbers.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from askive.eval.datasets.lines import Record, list_of, plain_document, read_json_lines, text_of, texts_of
from askive.eval.datasets.sentences import numbered_sentences
from askive.eval.datasets.suite import GoldQuote, Sample, Suite, build_suite, sha256_of_files
from askive.rag.errors import UsageError
from askive.rag.types import Document

Qrels = Mapping[str, Mapping[str, int]]
SCIFACT_NOTE = (
    "SciFact numbers its sentences but does not publish their offsets: they are split by rules, "
    "so a few evidence sentences may be off by one."
)


def read_beir(path: Path, name: str) -> Suite:
    """The suite in a folder. Raises UsageError as `askive.eval.datasets.lines` and `build_suite` do."""
    corpus = corpus_of(path)
    left_out: Counter[str] = Counter({"documents without text": len(corpus.blank)})
    queries = list(read_json_lines(path / "queries.jsonl"))
    qrels_path = find_qrels(path)
    qrels = read_qrels(qrels_path) if qrels_path else {}
    ids = {text_of(record, "_id", where) for where, record in queries}
    if unknown := sorted(set(qrels) - ids):
        raise UsageError(
            f"{qrels_path}: {len(unknown)} judged questions are not in {path / 'queries.jsonl'}, "
            f"the first is {unknown[0]!r}",
            remedy="correct the ids in the qrels, or leave those lines out",
        )
    evidence = EvidenceReader(corpus, left_out)
    samples: list[Sample] = []
    for where, record in queries:
        sample = _sample(where, record, qrels, bool(qrels_path), evidence)
        graded = {doc: grade for doc, grade in sample.relevant.items() if doc not in corpus.blank}
        left_out["judgements of documents without text"] += len(sample.relevant) - len(graded)
        sample = replace(sample, relevant=graded)
        if sample.scored:
            samples.append(sample)
        else:
            left_out["questions without judgement, answer or label"] += 1
    scifact = any("sentences" in item for _, record in queries for item in record.get("evidence") or [])
    return build_suite(
        name=name,
        path=path,
        kind="beir",
        documents=corpus.documents,
        samples=samples,
        corpus_sha256=corpus.sha256,
        left_out=left_out,
        notes=SCIFACT_NOTE if scifact else "",
    )


def read_scifact_claims(path: Path, name: str) -> Suite:
    """SciFact's original form: `claims.jsonl` with `cited_doc_ids`, and `corpus.jsonl` here or in a folder next to it.

    Raises UsageError when no such corpus contains the cited documents.
    """
    claims = list(read_json_lines(path / "claims.jsonl"))
    cited = {
        text_of(r, "_id", where): re.findall(r"[\w-]+", text_of(r, "cited_doc_ids", where))
        for where, r in claims
    }
    wanted = {doc for docs in cited.values() for doc in docs}
    corpus = _corpus_with(wanted, path)
    left_out: Counter[str] = Counter()
    evidence = EvidenceReader(corpus, left_out)
    samples = [
        _sample(where, record, {i: dict.fromkeys(docs, 1) for i, docs in cited.items()}, True, evidence)
        for where, record in claims
    ]
    return build_suite(
        name=name,
        path=path,
        kind="beir",
        documents=corpus.documents,
        samples=samples,
        corpus_sha256=corpus.sha256,
        left_out=left_out,
        notes=SCIFACT_NOTE,
    )


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents on disk. path: a JSON-lines file or a folder; blank: uris without title and text."""

    path: Path
    sha256: str
    blank: frozenset[str]

    def documents(self) -> Iterator[Document]:
        """The documents, read from disk at each call; those without text are skipped."""
        if self.path.is_dir():
            yield from folder_documents(self.path)
            return
        for where, record in read_json_lines(self.path):
            uri = text_of(record, "_id", where)
            if uri not in self.blank:
                title, text = text_of(record, "title", where, ""), text_of(record, "text", where)
                yield plain_document(uri, title, text)


def corpus_of(path: Path) -> Corpus:
    """The corpus of a suite's folder. Raises UsageError when there is none."""
    file, folder = path / "corpus.jsonl", path / "corpus"
    if file.is_file():
        blank = frozenset(
            text_of(record, "_id", where)
            for where, record in read_json_lines(file)
            if not f"{record.get('title') or ''}{text_of(record, 'text', where)}".strip()
        )
        return Corpus(file, sha256_of_files([file], path), blank)
    if folder.is_dir():
        return Corpus(folder, sha256_of_files(folder_files(folder), folder), frozenset())
    raise UsageError(f"{path} has neither corpus.jsonl nor corpus/", remedy="add the documents of the suite")


def folder_files(folder: Path) -> list[Path]:
    """The documents of a corpus folder, sorted; hidden files and README files are skipped."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
        and path.stem.upper() != "README"
        and path.suffix not in {".py", ".pyc"}
    )


def folder_documents(folder: Path) -> Iterator[Document]:
    """Files as documents; the uri is the path in the folder, so it is the same on every machine."""
    from askive.rag.load import load_path

    for path in folder_files(folder):
        yield replace(load_path(path), uri=path.relative_to(folder).as_posix())


def find_qrels(path: Path) -> Path | None:
    """`qrels.tsv`, `qrels/test.tsv` or `qrels/dev.tsv`, the first that exists."""
    return next(
        (p for n in ("qrels.tsv", "qrels/test.tsv", "qrels/dev.tsv") if (p := path / n).is_file()), None
    )


def read_qrels(path: Path) -> Qrels:
    """Question id -> uri -> grade; lines with or without a header, in three columns (BEIR) or four (TREC).

    Raises UsageError on any other line.
    """
    qrels: dict[str, dict[str, int]] = defaultdict(dict)
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        fields = line.split("\t") if "\t" in line else line.split()
        if not fields:
            continue
        try:
            query, doc, grade = fields if len(fields) == 3 else (fields[0], fields[2], fields[3])
            qrels[query.strip()][doc.strip()] = int(float(grade))
        except (IndexError, ValueError) as error:
            if number == 1:
                continue
            raise UsageError(
                f"{path}:{number}: {line[:60]!r} is not question id, document id, grade",
                remedy="separate the three columns by tabs; the grade is an integer",
            ) from error
    return {query: {doc: g for doc, g in docs.items() if g > 0} for query, docs in qrels.items()}


class EvidenceReader:
    """Reads evidence fields as quotes; sentence numbers are resolved in the documents."""

    def __init__(self, corpus: Corpus, left_out: Counter[str]) -> None:
        self._corpus = corpus
        self._left_out = left_out
        self._texts: dict[str, str] | None = None

    def read(self, record: Record, where: str) -> tuple[tuple[GoldQuote, ...], ...]:
        """A tuple for each annotator (`selected_sentences`) or each sufficient set (`evidence`)."""
        source = record.get("source_doc")
        sets = [
            tuple(GoldQuote(str(source), text) for text in sentences if text.strip())
            for sentences in list_of(record, "selected_sentences", where)
        ]
        sets.extend(
            tuple(self._numbered(text_of(item, "doc", where), text_of(item, "sentences", where)))
            for item in list_of(record, "evidence", where)
        )
        return tuple(quotes for quotes in sets if quotes)

    def _numbered(self, doc: str, numbers: str) -> Iterator[GoldQuote]:
        if self._texts is None:
            self._texts = {document.uri: document.text for document in self._corpus.documents()}
        text = self._texts.get(doc, "")
        spans = numbered_sentences(text)
        for number in map(int, re.findall(r"\d+", numbers)):
            if number < len(spans):
                yield GoldQuote(doc, text[slice(*spans[number])])
            else:
                self._left_out["evidence sentences that were not found"] += 1


def _sample(where: str, record: Record, qrels: Qrels, judged: bool, evidence: EvidenceReader) -> Sample:
    sample_id = text_of(record, "_id", where)
    impossible = record.get("is_impossible")
    if impossible is not None and not isinstance(impossible, bool):
        raise UsageError(f"{where}: 'is_impossible' is {impossible!r}", remedy="write true or false")
    answers = (
        () if impossible else texts_of(record, "answers", where) + texts_of(record, "long_answer", where)
    )
    relevant = dict(qrels.get(sample_id, {}))
    if not judged and not impossible and record.get("source_doc"):
        relevant = {text_of(record, "source_doc", where): 1}
    labels = [str(item.get("label")).lower() for item in record.get("evidence") or [] if "label" in item]
    kind = text_of(record, "question_type", where, "") or text_of(record, "type", where, "")
    if not kind:
        kind = labels[0] if labels else "unanswerable" if impossible else "question"
    return Sample(
        sample_id=sample_id,
        question=text_of(record, "text", where),
        type=kind.removesuffix("_query"),
        answers=answers,
        relevant=relevant,
        evidence=evidence.read(record, where),
        unanswerable=impossible,
    )


def _corpus_with(wanted: set[str], path: Path) -> Corpus:
    for folder in (path, *sorted(p for p in path.parent.iterdir() if p.is_dir() and p != path)):
        if (folder / "corpus.jsonl").is_file():
            corpus = corpus_of(folder)
            if wanted <= {document.uri for document in corpus.documents()}:
                return corpus
    raise UsageError(
        f"{path} has no corpus, and no folder next to it has the {len(wanted)} documents that its claims cite",
        remedy=f"put the claims' corpus.jsonl into {path}",
    )
