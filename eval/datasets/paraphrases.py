"""Claims with a source that supports them, contradicts them, or does neither.

One source per line: `id`, `kind`, `source`, and one claim for each relation. `eval/gold/paraphrases/README.md` says how
the built-in table was made and why nobody should read its test half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from askive.eval.datasets.lines import read_json_lines, text_of
from askive.rag.calibration.relation import RELATIONS, Relation
from askive.rag.errors import UsageError

PARAPHRASES = Path(__file__).parent.parent / "gold" / "paraphrases"
HALVES = ("dev", "test")


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim and a source.

    source_id: shared by the three claims of a source.
    kind: the difference between the claims, such as `money` or `negation`.
    relation: of the source to the claim.
    """

    source_id: str
    kind: str
    source: str
    claim: str
    relation: Relation


def read_paraphrases(path: Path) -> tuple[Pair, ...]:
    """Three pairs per line, in the order of `RELATIONS`.

    Raises UsageError when the file cannot be read or is empty, a line lacks a field, an id occurs twice, or two claims
    of a source are the same.
    """
    pairs: list[Pair] = []
    known: set[str] = set()
    for where, record in read_json_lines(path):
        source_id, kind = text_of(record, "id", where), text_of(record, "kind", where)
        if source_id in known:
            raise UsageError(
                f"{where}: the id {source_id!r} occurs twice", remedy="give each source its own id"
            )
        known.add(source_id)
        source = text_of(record, "source", where)
        claims = [text_of(record, relation, where) for relation in RELATIONS]
        if not source.strip() or not all(claim.strip() for claim in claims):
            raise UsageError(
                f"{where}: a source or a claim is empty", remedy="write it, or leave the line out"
            )
        if len(set(claims)) < len(claims):
            raise UsageError(f"{where}: two claims are the same", remedy="write a claim for each relation")
        pairs += [
            Pair(source_id, kind, source, claim, relation)
            for claim, relation in zip(claims, RELATIONS, strict=True)
        ]
    if not pairs:
        raise UsageError(f"{path} holds no paraphrases", remedy="see eval/gold/paraphrases/README.md")
    return tuple(pairs)


def read_half(half: str) -> Sequence[Pair]:
    """A half of the built-in table. Raises UsageError for an unknown half, and as `read_paraphrases`."""
    if half not in HALVES:
        raise UsageError(f"there is no half {half!r}", remedy=f"use one of {', '.join(HALVES)}")
    return read_paraphrases(PARAPHRASES / f"{half}.jsonl")
