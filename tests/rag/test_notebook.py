"""An answer in a notebook."""

from __future__ import annotations

from askive.rag.types import Answer, Citation, Hit, Passage, Row, Sentence, Source, Timings, Usage

HOSTILE = "<script>alert('1')</script>"


def answer(**parts: object) -> Answer:
    empty = {"sentences": (), "refusal": None, "hits": (), "evidence": ()}
    return Answer(
        question="?", model_id="m", embedder_id="e", usage=Usage(), timings=Timings(), **{**empty, **parts}  # type: ignore[arg-type]
    )  # fmt: skip


def citation(text: str) -> Citation:
    source = Source(1, f"/{text}.txt", text, "text/plain", "2016", text)
    return Citation(
        2, Hit(Passage(text, 3, 3 + len(text)), source, 1.0, 1, "fused"), 3, 3 + len(text), text, 1.0
    )


def test_sentences_rows_and_sources() -> None:
    cited = citation("ships")
    html = answer(
        text="412 ships.",
        sentences=(Sentence("412 ships.", 0, 10, (cited,)),),
        columns=("Port",),
        rows=(Row({"Port": "Aldermoor"}, citations=(cited,)),),
    )._repr_html_()
    assert "412 ships.<sup>[2]</sup>" in html
    assert "<td>Aldermoor</td><td><sup>[2]</sup></td>" in html
    assert html.count("<li value='2'><b>ships (ships, 2016)</b><br><q>ships</q>") == 1
    assert "/ships.txt, characters 3-8" in html
    assert "No." in answer(text="No.")._repr_html_()


def test_no_text_becomes_markup() -> None:
    cited = citation(HOSTILE)
    parts = {
        "sentences": (Sentence(HOSTILE, 0, 5, (cited,)),),
        "columns": (HOSTILE,),
        "rows": (Row({HOSTILE: HOSTILE}, citations=(cited,)),),
    }
    for shown in (answer(text=HOSTILE, **parts), answer(text=HOSTILE)):
        assert "<script" not in shown._repr_html_()
        assert "&lt;script&gt;" in shown._repr_html_()
