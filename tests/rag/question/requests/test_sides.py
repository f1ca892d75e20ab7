"""The sides of a comparison."""

from __future__ import annotations

import pytest

from askive.rag.question.requests.sides import sides_of


@pytest.mark.parametrize(
    ("question", "names", "aspect"),
    [
        ("What is the difference between tariff A and tariff B?", ("tariff A", "tariff B"), ""),
        ("what is the difference in price between oak and pine", ("oak", "pine"), "price"),
        ("What changed between the draft and the final contract?", ("draft", "final contract"), ""),
        ("how does lease A differ from lease B", ("lease A", "lease B"), ""),
        ("how do softwood and hardwood differ in price", ("softwood", "hardwood"), "price"),
        ("what do sceptics and supporters say about the dam", ("sceptics", "supporters"), "dam"),
        ("where do Moscow and Washington differ on Assad", ("Moscow", "Washington"), "Assad"),
        ("compare prices of Petrie and Lowmoor", ("Petrie", "Lowmoor"), "prices"),
        ("compare how Kunduz and Sinjar were retaken", ("Kunduz", "Sinjar"), "retaken"),
        (
            "set the statements of the union against those of the management",
            ("union", "management"),
            "statements",
        ),
        ("oak compared with larch for decking", ("oak", "larch"), "decking"),
        ("UK vs Ireland: vat on books", ("UK", "Ireland"), "vat on books"),
        ("the storm of 1953 and that of 1962", ("1953", "1962"), "storm"),
        ("what's the difference between a will and a trust", ("will", "trust"), ""),
        ("what does each side want", (), ""),
        ("staff survey 2021 versus 2023", ("2021", "2023"), "staff survey"),
        ("turnover 2021 and 2022 side by side", ("2021", "2022"), "turnover"),
        (
            "What is the difference between the rules for working from home of 2021 and of 2022?",
            ("2021", "2022"),
            "rules for working from home",
        ),
        ("Compare the canteen in Lund with the one in Oslo", ("canteen in Lund", "canteen in Oslo"), ""),
    ],
)
def test_sides(question: str, names: tuple[str, ...], aspect: str) -> None:
    sides = sides_of(question)
    assert (sides.names, sides.aspect) == (names, aspect)


def test_publishers_are_the_sides_in_the_order_of_the_archive() -> None:
    sides = sides_of("What do Reuters and the BBC say about the strikes?", ["BBC", "Reuters"])
    assert (sides.names, sides.aspect) == (("BBC", "Reuters"), "strikes")


def test_sides_that_are_only_counted() -> None:
    assert sides_of("Compare the two leases.").several == "leases"
