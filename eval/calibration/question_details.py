"""Questions with a detail behind them: a name, a place, a time.

Questions that were written for a kind are short ("who was invited"); those about an archive name things ("Who was
invited to the opening of the Tarn dam in May 2021?"). A copy of each with a detail, of every kind alike, keeps a model
from taking the detail for a sign of the kind (data augmentation; J. Wei and K. Zou 2019, "EDA").
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from askive.eval.datasets.kinds import KindQuestion
from askive.rag.text.date_mentions import MONTHS
from askive.rag.types import QuestionKind

_NAMES = (
    "Kessel Bridge", "Orrin Bay", "Aldermoor", "Hallam Street", "Belmar Ltd", "Lindqvist", "Varn", "Dorn & Sons",
    "Port Finsk", "the Orlo 40", "Quay Road", "Mia Holt", "Jonas Falk", "the Harrow Gazette", "Lemmer", "Carl Odum",
    "the Tarn dam", "Westerby", "Ada Renn", "Sable Mill", "Norwick", "the Falkenberg case", "Holz Weber", "Grantham",
    "Ida Marlow",
)  # fmt: skip
_DETAILS = (
    "about {name}", "of {name}", "at {name}", "for {name}", "in {name}", "concerning {name}", "in {month} {year}",
    "at {name} in {year}", "about {name} in {month} {year}", "from {year}", "on {day} {month} {year}",
)  # fmt: skip
_WITHOUT: frozenset[QuestionKind] = frozenset({"overview", "conversation"})
"""A detail would make another kind of them."""


def with_details(questions: Sequence[KindQuestion]) -> Iterator[KindQuestion]:
    """A copy of each question with a detail, before its question mark; the same every time."""
    chosen = random.Random(7)
    for question in questions:
        if question.kind in _WITHOUT:
            continue
        bare = question.text.rstrip(" ?.!")
        detail = chosen.choice(_DETAILS).format(
            name=chosen.choice(_NAMES),
            month=chosen.choice(MONTHS).capitalize(),
            year=chosen.randint(1990, 2024),
            day=chosen.randint(1, 28),
        )
        yield KindQuestion(
            f"{bare} {detail}{question.text.rstrip()[len(bare) :]}", question.kind, question.group
        )
