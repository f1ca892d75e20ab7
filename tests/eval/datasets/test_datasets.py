"""Readers, each on a tiny file of its shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from askive.eval.datasets import BUILT_IN, Suite, discover, open_suite, split_of
from askive.eval.datasets.sentences import numbered_sentences
from askive.models.errors import AskiveError
from askive.rag.types import Turn
from tests.eval.conftest import write_lines

DOCS = [
    {"_id": "d1", "title": "Ships (Port News, 2016-01-25)", "text": "Twelve ships came. They left."},
    {"_id": "d2", "title": "Bridge", "text": "The bridge is old .  It spans 96 metres ."},
]


def beir(
    folder: Path, queries: list[dict[str, Any]], qrels: str | None = None, where: str = "qrels.tsv"
) -> Path:
    write_lines(folder / "corpus.jsonl", DOCS)
    write_lines(folder / "queries.jsonl", queries)
    if qrels is not None:
        (folder / where).parent.mkdir(exist_ok=True)
        (folder / where).write_text(qrels, encoding="utf-8")
    return folder


def only(suite: Suite) -> Any:
    assert len(suite.samples) == 1
    return suite.samples[0]


def failure(spec: object) -> str:
    with pytest.raises(AskiveError) as caught:
        open_suite(str(spec))
    assert caught.value.remedy
    return caught.value.message


HEADER = "query-id\tcorpus-id\tscore\n"


@pytest.mark.parametrize("where", ["qrels.tsv", "qrels/test.tsv", "qrels/dev.tsv"])
@pytest.mark.parametrize("lines", [HEADER + "1\td1\t1\n", "1\td1\t1\n", "1 0 d1 1\n", "1\td1\t1\n1\td2\t0\n"])
def test_bare_folder(tmp_path: Path, where: str, lines: str) -> None:
    suite = open_suite(str(beir(tmp_path / "s", [{"_id": "1", "text": "Ships?"}], lines, where)))
    assert (suite.name, suite.kind, suite.n_documents) == ("s", "beir", 2)
    assert only(suite).relevant == {"d1": 1}
    assert dict(suite.scored) == {"retrieval": 1}
    first = next(iter(suite.documents()))
    assert (first.publisher, first.published, first.text) == ("Port News", "2016-01-25", DOCS[0]["text"])


def test_answers_labels_and_annotators(tmp_path: Path) -> None:
    queries: list[dict[str, Any]] = [
        {
            "_id": "1",
            "text": "How long is it?",
            "answers": ["96 metres"],
            "is_impossible": False,
            "source_doc": "d2",
            "selected_sentences": [["It spans 96 metres ."], ["The bridge is old .", "It spans 96 metres ."]],
        },
        {
            "_id": "2",
            "text": "Who?",
            "answers": ["n/a"],
            "is_impossible": True,
            "question_type": "null_query",
        },
        {"_id": "3", "text": "Unjudged?"},
    ]
    suite = open_suite(str(beir(tmp_path / "s", queries)))
    one, two = suite.samples
    assert one.relevant == {"d2": 1}
    assert [[quote.text for quote in quotes] for quotes in one.evidence] == queries[0]["selected_sentences"]
    assert (two.type, two.unanswerable, two.answers) == ("null", True, ())
    assert suite.left_out == {"questions without judgement, answer or label": 1}


def test_scifact_evidence_by_number(tmp_path: Path) -> None:
    evidence = [
        {"doc": "d1", "label": "SUPPORT", "sentences": "[1]"},
        {"doc": "d1", "label": "SUPPORT", "sentences": "[9]"},
    ]
    folder = beir(tmp_path / "scifact", [{"_id": "1", "text": "c", "evidence": evidence}], "1\td1\t1\n")
    suite = open_suite(str(folder))
    assert [quote.text for quote in only(suite).evidence[0]] == ["They left."]
    assert only(suite).type == "support"
    assert suite.left_out == {"evidence sentences that were not found": 1}
    write_lines(
        tmp_path / "claims" / "claims.jsonl",
        [{"_id": "9", "text": "c", "evidence": [], "cited_doc_ids": "[d2]"}],
    )
    assert only(open_suite(str(tmp_path / "claims"))).relevant == {"d2": 1}


def test_sentences_are_numbered_from_zero() -> None:
    text = "One of 3.5 mm (P < .01). Two, e.g. B. subtilis!   \\n THREE ends."
    assert [text[s:e] for s, e in numbered_sentences(text)] == [
        "One of 3.5 mm (P < .01).",
        "Two, e.g. B. subtilis!",
        "THREE ends.",
    ]


def test_ramdocs(tmp_path: Path) -> None:
    shared = {"text": "It has 3,559 people.", "type": "correct", "answer": "3,559"}
    records = [
        {
            "id": 0,
            "question": "Population?",
            "documents": [shared, {"text": "It has 10,000.", "type": "misinfo", "answer": "10,000"}],
            "gold_answers": ["3,559", "120"],
            "wrong_answers": ["10,000"],
        },
        {
            "id": 3,
            "question": "Again?",
            "documents": [shared],
            "gold_answers": ["3,559"],
            "wrong_answers": [],
        },
    ]
    write_lines(tmp_path / "ram" / "ramdocs.jsonl", records)
    suite = open_suite(str(tmp_path / "ram"))
    assert (suite.kind, suite.n_documents) == ("ramdocs", 2)
    first = suite.samples[0]
    assert first.all_of == (("3,559",), ("120",)) and first.wrong_answers == ("10,000",)
    assert len(first.relevant) == 1 and first.unanswerable is False


def conversation(label: str, task: str, contexts: int = 1, **more: Any) -> dict[str, Any]:
    said = [("user", "Grenade?"), ("agent", "A song."), ("user", "Who wrote it?")]
    return {
        "task_id": task,
        "input": [{"speaker": speaker, "text": text} for speaker, text in said],
        "contexts": [{"document_id": f"c{n}", "text": f"\nSong {n}\nBody."} for n in range(contexts)],
        "targets": [{"speaker": "agent", "text": "Bruno Mars."}],
        "answerability": [label],
        **more,
    }


def test_conversations(tmp_path: Path) -> None:
    records = [
        conversation("ANSWERABLE", "a", 2),
        conversation("UNANSWERABLE", "b", 0),
        conversation("PARTIAL", "c"),
        conversation("UNDERSPECIFIED", "d"),
        conversation("UNDERSPECIFIED", "e", 0),
    ]
    write_lines(tmp_path / "mtrag" / "reference.jsonl", records)
    suite = open_suite(str(tmp_path / "mtrag"))
    assert [sample.unanswerable for sample in suite.samples] == [False, True, None, None]
    assert suite.samples[0].turns == (Turn("Grenade?", "A song."),)
    assert suite.samples[0].question == "Who wrote it?"
    assert (suite.samples[1].answers, suite.samples[2].answers) == ((), ("Bruno Mars.",))
    assert suite.n_documents == 2 and sum(suite.left_out.values()) == 1


def test_judged_answers_are_a_suite_too(tmp_path: Path) -> None:
    record = conversation("ANSWERABLE", "a")
    record["contexts"] = [{"id": "c1", "text": "Body."}]
    marks = {"faithfulness": ["4", "3"]}
    records = [{**record, "response": "Mars.", "model": m, "human": marks} for m in ("reference", "gpt-4o")]
    for one in records:
        del one["targets"]
    write_lines(tmp_path / "judged" / "judged.jsonl", records)
    suite = open_suite(str(tmp_path / "judged"))
    assert suite.kind == "judged" and only(suite).answers == ("Mars.",)


def test_squad(tmp_path: Path) -> None:
    context = "Normandy is in France. It has apples."
    qas = [
        {
            "id": "1",
            "question": "Where?",
            "answers": [{"text": "France", "answer_start": 15}],
            "is_impossible": False,
        },
        {"id": "2", "question": "Who?", "answers": [], "is_impossible": True},
    ]
    data = {
        "version": "v2.0",
        "data": [{"title": "Nor_mandy", "paragraphs": [{"context": context, "qas": qas}]}],
    }
    path = tmp_path / "dev.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    suite = open_suite(str(path))
    one, two = suite.samples
    assert one.evidence[0][0].text == "Normandy is in France."
    assert one.relevant == {"Nor_mandy/0": 1} and two.unanswerable is True
    for question in qas:
        question.pop("is_impossible")
    path.write_text(json.dumps({**data, "version": "1.1"}), encoding="utf-8")
    assert open_suite(str(path)).samples[0].unanswerable is False


def test_rgb(tmp_path: Path) -> None:
    records = [
        {
            "id": 0,
            "query": "When?",
            "answer": [["Jan 2", "January 2"]],
            "positive": ["It is Jan 2."],
            "negative": ["No."],
        },
        {
            "id": 1,
            "query": "Who?",
            "answer": ["Ann", ["Bob", "Rob"]],
            "positive": [["Ann and Bob."]],
            "negative": ["Nay."],
        },
        {"id": 2, "query": "What?", "answer": "tea", "positive": ["Tea."], "negative": ["It is Jan 2."]},
    ]
    path = write_lines(tmp_path / "en.json", records)
    suite = open_suite(str(path))
    assert suite.samples[0].answers == ("Jan 2", "January 2") and suite.samples[0].all_of == ()
    assert suite.samples[1].all_of == (("Ann",), ("Bob", "Rob"))
    assert suite.n_documents == 5
    refusing = open_suite(f"{path}:negatives")
    assert all(sample.unanswerable for sample in refusing.samples)
    # A negative of one question that is another's positive would make that one answerable.
    assert refusing.n_documents == 2 and refusing.digest != suite.digest


def test_gold_shape(town_folder: Path) -> None:
    suite = open_suite(str(town_folder))
    assert (suite.name, suite.kind, suite.licence) == ("towns", "gold", "CC0")
    assert dict(suite.scored) == {"retrieval": 30, "answers": 30, "citations": 30, "refusal": 45}
    dev, test = open_suite(f"{town_folder}:dev"), open_suite(f"{town_folder}:test")
    assert len(dev.samples) + len(test.samples) == 45 and dev.digest != test.digest
    assert {sample.split for sample in dev.samples} == {"dev"}
    assert dev.corpus_sha256 == test.corpus_sha256


def test_halves_depend_on_ids_only() -> None:
    halves = [split_of(f"g{n:03}") for n in range(400)]
    assert halves == [split_of(f"g{n:03}") for n in range(400)]
    assert 160 < halves.count("dev") < 240


def test_digest_sees_questions_and_documents(town_folder: Path) -> None:
    before = open_suite(str(town_folder))
    queries = town_folder / "queries.jsonl"
    lines = queries.read_text(encoding="utf-8").splitlines()
    queries.write_text("\n".join(reversed(lines)), encoding="utf-8")
    assert open_suite(str(town_folder)).digest == before.digest
    queries.write_text("\n".join(lines[1:]), encoding="utf-8")
    assert open_suite(str(town_folder)).digest != before.digest
    queries.write_text("\n".join(lines), encoding="utf-8")
    corpus = town_folder / "corpus.jsonl"
    corpus.write_text(corpus.read_text(encoding="utf-8").replace("visitors", "guests"), encoding="utf-8")
    assert open_suite(str(town_folder)).digest != before.digest


class TestFaults:
    """Every one says where, and what to do."""

    def test_nothing_there(self, tmp_path: Path) -> None:
        assert "no-such-suite" in failure("no-such-suite")
        assert "not a suite" in failure(tmp_path)

    def test_bad_json_has_its_line(self, tmp_path: Path) -> None:
        folder = beir(tmp_path / "s", [{"_id": "1", "text": "Ships?"}], "1\td1\t1\n")
        (folder / "queries.jsonl").write_text(
            '{"_id": "1", "text": "Ships?"}\n\n{"_id": \n', encoding="utf-8"
        )
        assert "queries.jsonl:3" in failure(folder)
        (folder / "queries.jsonl").write_text("[1]\n", encoding="utf-8")
        assert "queries.jsonl:1" in failure(folder)
        (folder / "queries.jsonl").write_bytes(b'{"_id": "1", "text": "\xff"}\n')
        assert "UTF-8" in failure(folder)

    def test_missing_field(self, tmp_path: Path) -> None:
        assert "'text' is missing" in failure(beir(tmp_path / "s", [{"_id": "1"}], "1\td1\t1\n"))
        folder = beir(tmp_path / "t", [{"_id": "1", "text": "x", "answers": "no" and [1]}], "1\td1\t1\n")
        assert "'answers'" in failure(folder)

    def test_unknown_ids(self, tmp_path: Path) -> None:
        one = [{"_id": "1", "text": "Ships?"}]
        assert "'d9'" in failure(beir(tmp_path / "s", one, "1\td9\t1\n"))
        assert "'7'" in failure(beir(tmp_path / "t", one, "1\td1\t1\n7\td1\t1\n"))

    def test_bad_qrels_line(self, tmp_path: Path) -> None:
        folder = beir(tmp_path / "s", [{"_id": "1", "text": "Ships?"}], "1\td1\t1\n1\td2\tyes\n")
        assert "qrels.tsv:2" in failure(folder)

    def test_repeated_ids(self, tmp_path: Path) -> None:
        one = {"_id": "1", "text": "Ships?"}
        assert "twice" in failure(beir(tmp_path / "s", [one, one], "1\td1\t1\n"))
        folder = beir(tmp_path / "t", [one], "1\td1\t1\n")
        write_lines(folder / "corpus.jsonl", [DOCS[0], DOCS[0]])
        assert "document ids occur twice" in failure(folder)

    def test_no_corpus_and_no_question(self, tmp_path: Path) -> None:
        folder = beir(tmp_path / "s", [{"_id": "1", "text": "Ships?"}], "1\td1\t1\n")
        (folder / "corpus.jsonl").unlink()
        assert "corpus" in failure(folder)
        assert "no question" in failure(beir(tmp_path / "t", [{"_id": "1", "text": "Unjudged?"}]))

    def test_suite_toml(self, town_folder: Path) -> None:
        (town_folder / "suite.toml").write_text('colour = "red"\n', encoding="utf-8")
        assert "'colour'" in failure(town_folder)
        (town_folder / "suite.toml").write_text("name =\n", encoding="utf-8")
        assert "not TOML" in failure(town_folder)

    def test_only_rgb_has_negatives(self, town_folder: Path) -> None:
        assert "negatives" in failure(f"{town_folder}:negatives")


def test_documents_without_text_are_counted(tmp_path: Path) -> None:
    folder = beir(tmp_path / "s", [{"_id": "1", "text": "Ships?"}], "1\td1\t1\n1\td3\t1\n")
    write_lines(folder / "corpus.jsonl", [*DOCS, {"_id": "d3", "title": "", "text": " "}])
    suite = open_suite(str(folder))
    assert suite.n_documents == 2 and only(suite).relevant == {"d1": 1}
    assert suite.left_out == {"documents without text": 1, "judgements of documents without text": 1}


def test_discover_lists_what_can_be_read_and_says_what_cannot(tmp_path: Path, town_folder: Path) -> None:
    beir(tmp_path / "good", [{"_id": "1", "text": "Ships?"}], "1\td1\t1\n")
    beir(tmp_path / "bad", [{"_id": "1", "text": "Ships?"}], "1\td9\t1\n")
    write_lines(
        tmp_path / "en.json", [{"id": 0, "query": "q", "answer": "a", "positive": ["a b"], "negative": ["c"]}]
    )
    (tmp_path / "notes.txt").write_text("nothing", encoding="utf-8")
    found = discover([tmp_path])
    assert [suite.name for suite in found.suites if suite.name not in BUILT_IN] == [
        "en",
        "en:negatives",
        "good",
        "towns",
    ]
    assert len(found.problems) == 1 and "d9" in found.problems[0].message
    with pytest.raises(AskiveError):
        discover([tmp_path / "nowhere"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(AskiveError):
        discover([tmp_path / "empty"])


def test_files_as_a_corpus(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    (folder / "corpus" / "sub").mkdir(parents=True)
    (folder / "corpus" / "sub" / "a.txt").write_text("Ships came.", encoding="utf-8")
    (folder / "corpus" / "README.md").write_text("not a document", encoding="utf-8")
    write_lines(folder / "queries.jsonl", [{"_id": "1", "text": "Ships?"}])
    (folder / "qrels.tsv").write_text("1\tsub/a.txt\t1\n", encoding="utf-8")
    suite = open_suite(str(folder))
    assert [document.uri for document in suite.documents()] == ["sub/a.txt"]
