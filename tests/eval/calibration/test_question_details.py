"""Copies of questions with a detail."""

from __future__ import annotations

from askive.eval.calibration.question_details import with_details
from askive.eval.datasets.kinds import KindQuestion


def test_a_copy_has_a_detail_before_its_mark_and_the_same_kind_and_group() -> None:
    asked = [
        KindQuestion("Who was invited?", "list", "list_56"),
        KindQuestion("board members", "list", "list_4"),
        KindQuestion("what is in here", "overview", "overview_1"),
    ]
    invited, members = with_details(asked)
    assert invited.text.startswith("Who was invited ") and invited.text.endswith("?")
    assert (invited.kind, invited.group) == ("list", "list_56")
    assert members.text.startswith("board members ") and not members.text.endswith("?")
    assert list(with_details(asked)) == [invited, members]
