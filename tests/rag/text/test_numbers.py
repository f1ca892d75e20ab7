"""Spellings of numbers, and that what is spelled out reads back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.rag.text.figures import TENS, UNITS
from askive.rag.text.numbers import find_numbers, find_shares, number_mentions, numbers

SPELLINGS = [
    ("half a million", "500000"), ("half of a million", "500000"), ("a half-million", "500000"),
    ("half million", "500000"), ("½ million", "500000"), ("1/2 million", "500000"),
    ("a quarter of a million", "250000"), ("a quarter-million", "250000"), ("quarter of a million", "250000"),
    ("three-quarters of a million", "750000"), ("three quarters of a billion", "750000000"),
    ("half a dozen", "6"), ("half a hundred", "50"), ("a million and a half", "1500000"),
    ("two and a half million", "2500000"), ("2½ million", "2500000"), ("2 1/2 million", "2500000"),
    ("two and a half", "2.5"), ("three and three quarters", "3.75"), ("2½", "2.5"), ("½", "0.5"), ("¾", "0.75"),
    ("2 ½", "2.5"), ("3 1/4", "3.25"), ("three point one four", "3.14"), ("two point five million", "2500000"),
    ("1.2bn", "1200000000"), ("1.2 bn", "1200000000"), ("1.2BN", "1200000000"), ("1.2 billion", "1200000000"),
    ("1.2m", "1200000"), ("1.2 mn", "1200000"), ("3 mio", "3000000"), ("1.2tn", "1200000000000"), ("5k", "5000"),
    ("5K", "5000"), ("1,200", "1200"), ("1,200,000", "1200000"), ("1,200.50", "1200.50"), ("1.200.000", "1200000"),
    ("1.200,50", "1200.50"), ("1 200 000", "1200000"), ("1\u202f200", "1200"), ("1\u00a0200\u00a0000", "1200000"),
    ("1\u2009200,50", "1200.50"), ("1'200'000", "1200000"), ("1’200", "1200"), ("84,20", "84.20"), ("0,125", "0.125"),
    ("12.50", "12.50"), ("0.5", "0.5"), ("3,1415", "3.1415"), ("a dozen", "12"), ("dozen", "12"), ("two dozen", "24"),
    ("2 dozen", "24"), ("twenty-one", "21"), ("twenty one", "21"), ("Twenty-One", "21"), ("nineteen", "19"),
    ("one hundred", "100"), ("a hundred", "100"), ("one hundred and five", "105"), ("a hundred and one", "101"),
    ("one hundred five", "105"), ("three hundred and twenty-one", "321"), ("5 hundred", "500"),
    ("seven thousand, five hundred", "7500"), ("seven thousand five hundred and one", "7501"),
    ("two hundred and fifty thousand", "250000"), ("1 million 200 thousand", "1200000"),
    ("one million, two hundred thousand and five", "1200005"), ("five thousand million", "5000000000"),
    ("twelve hundred", "1200"), ("a thousand", "1000"), ("an hundred", "100"), ("a trillion", "1000000000000"),
    ("zero", "0"), ("192.168.100.200", "192.168.100.200"), ("1.2.3", "1.2.3"), ("1,2,3", "1,2,3"), ("007", "007"),
]  # fmt: skip


@pytest.mark.parametrize(("spelling", "value"), SPELLINGS)
def test_spellings(spelling: str, value: str) -> None:
    text = f"They saw {spelling} of them"
    assert number_mentions(text) == [(value, 9, 9 + len(spelling))]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("$5 m and €1.2 m and CHF 3m", ["5000000", "1200000", "3000000"]),
        ("5 m of rope, 5 m2, 30 b", ["5", "5", "2", "30"]),
        ("5m2 and 5mm", ["5", "2", "5"]),
        ("12-15 people", ["12", "15"]),
        ("between 12 and 15", ["12", "15"]),
        ("Between 12 and 15 million", ["12000000", "15000000"]),
        ("$12 to $15bn", ["12000000000", "15000000000"]),
        ("two hundred and five hundred", ["200", "500"]),
        ("between one hundred and two thousand", ["100", "2000"]),
        ("a thousand, five of them", ["1000", "5"]),
        ("two, and a third was lost", ["2"]),
        ("at one point five of them left", ["1", "5"]),
        ("twenty, thirty, forty", ["20", "30", "40"]),
        ("the twenty-first, the two hundred and fifth", []),
        ("half of the men, a quarter past", []),
        ("hundreds of thousands of tens of millions", []),
        ("2 and a half", ["2.5"]),
        ("Das kostet 84,20 bei 1.200 Stück", ["84.20", "1200"]),
    ],
)
def test_numbers_in_a_row(text: str, values: list[str]) -> None:
    assert [value for value, _, _ in number_mentions(text)] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("400m", ("400000000", "400")),
        ("1.200", ("1.200", "1200")),
        ("100 200 300", ("100200300", "100", "200", "300")),
        ("1,200", ("1200",)),
        ("84,20 or 1,200", ("84.20",)),
    ],
)
def test_what_has_several_readings_keeps_them(text: str, values: tuple[str, ...]) -> None:
    assert find_numbers(text)[0].values == values
    assert numbers(text) >= set(values)


@pytest.mark.parametrize(
    ("text", "share", "value"),
    [
        ("half of the men", "half", "50"), ("half the men", "half", "50"), ("a quarter of it", "a quarter", "25"),
        ("three-quarters of it", "three-quarters", "75"), ("two-fifths of it", "two-fifths", "40"),
        ("¾ of it", "¾", "75"), ("3/4 of it", "3/4", "75"), ("one in five men", "one in five", "20"),
        ("1 in 4 men", "1 in 4", "25"), ("nine in ten men", "nine in ten", "90"), ("3 out of 12", "3 out of 12", "25"),
        ("nine out of every ten", "nine out of every ten", "90"),
    ],
)  # fmt: skip
def test_shares_are_per_cent(text: str, share: str, value: str) -> None:
    assert [(text[s.start : s.end], s.values) for s in find_shares(text)] == [(share, (value,))]


@pytest.mark.parametrize(
    "text",
    [
        "half a million",
        "one in 2015",
        "two in five attacks",
        "12 in 3",
        "3/4/24",
        "the third of May",
        "1/0 of",
    ],
)
def test_no_shares(text: str) -> None:
    assert find_shares(text) == []


def _in_words(n: int, joint: str, comma: str) -> str:
    names = {value: name for name, value in (UNITS | TENS).items()}
    if n < 20:
        return names[n]
    if n < 100:
        return names[n - n % 10] + (f"-{names[n % 10]}" if n % 10 else "")
    for scale, name in (
        (10**12, "trillion"),
        (10**9, "billion"),
        (10**6, "million"),
        (10**3, "thousand"),
        (100, "hundred"),
    ):
        if n >= scale:
            head, rest = f"{_in_words(n // scale, joint, comma)} {name}", n % scale
            between = (comma if rest >= 100 else f" {joint}") if scale > 100 else f" {joint}"
            return head + (between + _in_words(rest, joint, comma) if rest else "")
    raise AssertionError(n)


_NUMBERS = st.one_of(
    st.integers(0, 10**12),
    st.integers(0, 3000),
    st.builds(lambda a, b: a * 1000**b, st.integers(0, 999), st.integers(0, 3)),
)


@given(_NUMBERS, st.sampled_from(["and ", ""]), st.sampled_from([", ", " "]))
def test_integers_in_words_read_back(n: int, joint: str, comma: str) -> None:
    written = _in_words(n, joint, comma)
    for text in (written, written.capitalize(), f"Some {written} of them"):
        (number,) = find_numbers(text)
        assert number.values == (str(n),)
        assert text[number.start : number.end].lower() == written


@given(
    st.integers(1, 9999),
    st.integers(0, 3),
    st.sampled_from([(" million", 6), ("bn", 9), ("k", 3), (" trillion", 12)]),
)
def test_decimals_with_a_scale_read_back(n: int, places: int, scale: tuple[str, int]) -> None:
    # Three places may group thousands.
    places = min(places, 2)
    for point in (".", ","):
        written = f"{n / 10**places:.{places}f}".replace(".", point)
        assert number_mentions(f"{written}{scale[0]}") == [
            (str(n * 10 ** (scale[1] - places)), 0, len(written + scale[0]))
        ]


@given(st.integers(0, 10**12), st.sampled_from([",", ".", "'", "\u202f", "\u00a0"]))
def test_grouped_figures_read_back(n: int, separator: str) -> None:
    assert str(n) in numbers(f"about {n:,} of them".replace(",", separator))


_PIECES = "half a quarter of million and two hundred twenty-one ½ 2 1.2bn 1,200 / - in out point dozen first 84,20 $ , .".split()


@given(st.lists(st.sampled_from(_PIECES)).map(" ".join) | st.text())
def test_numbers_stand_where_they_say_and_read_alike_alone(text: str) -> None:
    behind = 0
    for number in find_numbers(text):
        assert behind <= number.start < number.end <= len(text)
        assert all(number.values)
        behind = number.end
    for share in find_shares(text):
        assert 0 <= share.start < share.end <= len(text)


@given(st.lists(st.sampled_from(_PIECES)).map(" ".join))
def test_one_spelling_is_its_own(text: str) -> None:
    for value, _, _ in number_mentions(text):
        assert value in numbers(value)


@pytest.mark.parametrize(
    "piece", ["1", "½", "½ ", "1 000 ", "1,000", "1.000,", "one ", "a ", "half a ", "and ", "hundred ", "two hundred and ",
              "million ", "a quarter of ", "1/", "between ", "1 out of ", "twenty-", "-", "$", " "],
)  # fmt: skip
def test_hostile_texts_end(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    assert all(number.end <= len(text) for number in find_numbers(text))
    assert all(share.end <= len(text) for share in find_shares(text))
