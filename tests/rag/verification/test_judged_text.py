"""What the judge reads of the cited sources."""

from __future__ import annotations

from askive.rag.evidence.judge import MAX_TEXT_CHARS
from askive.rag.types import Citation, Hit, Passage, Source
from askive.rag.verification.support import judged_text

FIRST = "The harbour of Aldermoor received 412 ships in January."
SECOND = "Captain Rosa Lind counted them."
FAR = "The council met in May."
TEXT = f"{FIRST} {SECOND} {'It rained all day. ' * 30}{FAR}"


def hit(text: str = TEXT, doc_id: int = 1, heading: str = "Port > Ships", start: int = 0) -> Hit:
    passage = Passage(text, start, start + len(text), heading, doc_id=doc_id)
    source = Source(doc_id, f"{doc_id}.md", "Harbour report", "text/plain", "2016-01-25")
    return Hit(passage, source, 1.0, 1, "fused")


def citation(quote: str, of: Hit) -> Citation:
    start = of.passage.start + of.passage.text.index(quote)
    return Citation(1, of, start, start + len(quote), quote, 1.0)


def test_a_quote_stands_under_title_headings_and_date_with_its_surroundings() -> None:
    text = judged_text([citation(FIRST, hit())])
    assert text.startswith(f"Harbour report, Port > Ships, 2016-01-25: {FIRST} {SECOND} It rained")
    assert FAR not in text


def test_a_source_without_title_and_headings_is_its_text() -> None:
    bare = Hit(Passage(FIRST, 0, len(FIRST)), Source(1, "a.txt", "", "text/plain"), 1.0, 1, "fused")
    assert judged_text([citation(FIRST, bare)]) == FIRST


def test_a_citation_within_what_is_shown_is_not_repeated() -> None:
    text = judged_text([citation(FIRST, hit()), citation(SECOND, hit())])
    assert text == judged_text([citation(FIRST, hit())])


def test_a_distant_citation_of_the_same_passage_has_a_line_of_its_own() -> None:
    first, second = judged_text([citation(FIRST, hit()), citation(FAR, hit())]).split("\n")
    assert FIRST in first and FAR not in first
    assert FAR in second and FIRST not in second


def test_the_same_words_of_another_document_are_shown_too() -> None:
    other = hit(doc_id=2, heading="Elsewhere")
    first, second = judged_text([citation(FIRST, hit()), citation(FIRST, other)]).split("\n")
    assert "Port > Ships" in first and "Elsewhere" in second


def test_a_citation_of_an_overlapping_passage_is_not_repeated() -> None:
    overlapping = hit(TEXT[len(FIRST) + 1 :], start=len(FIRST) + 1)
    assert "\n" not in judged_text([citation(FIRST, hit()), citation(SECOND, overlapping)])


def test_a_near_citation_that_the_surroundings_lack_is_shown() -> None:
    """Surroundings are cut to whole words: nothing is left of a text without spaces."""
    quotes = ["船长数了船。", "市议会五月开会。"]
    chinese = hit("天一直在下雨。" * 40 + "".join(quotes))
    text = judged_text([citation(quote, chinese) for quote in reversed(quotes)])
    assert all(quote in text for quote in quotes)


def test_line_breaks_of_a_quote_do_not_repeat_it() -> None:
    broken = "Captain Rosa Lind\ncounted them."
    of = hit(f"{FIRST}\n{broken}")
    assert "\n" not in judged_text([citation(FIRST, of), citation(broken, of)])


def test_the_judge_sees_three_quotes_whole() -> None:
    hits = [hit(doc_id=number) for number in (1, 2, 3)]
    assert len(judged_text([citation(FAR, of) for of in hits])) < MAX_TEXT_CHARS
