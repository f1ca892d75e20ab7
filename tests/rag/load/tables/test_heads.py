"""Which rows are column heads, and how they are joined to the cells."""

from __future__ import annotations

import pytest

from askive.rag.load.tables.delimited import load_csv


def lines_of(*rows: str) -> list[str]:
    """The lines of a CSV file with these rows, without their bars."""
    return [line.removeprefix("| ") for line in load_csv("\n".join(rows).encode(), "x.csv").text.split("\n")]


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        # years, hours and months as heads
        (["Region,2021,2022", "Northgate,412,455"], ["Region: Northgate; 2021: 412; 2022: 455"]),
        (["Hour,8,9,10", "Monday,Ana,Bo,Cy"], ["Hour: Monday; 8: Ana; 9: Bo; 10: Cy"]),
        (["Region,30 days,60 days", "North,1.5,2"], ["Region; 30 days; 60 days", "North; 1.5; 2"]),
        (["Firm,Owed,30 days", "Moss,12,1.5"], ["Firm: Moss; Owed: 12; 30 days: 1.5"]),
        # the same head twice
        (["Item,Qty,Price,Qty,Price", "Bolt M8,10,0.12,200,0.09"],
         ["Item: Bolt M8; Qty: 10; Price: 0.12; Qty (2): 200; Price (2): 0.09"]),
        # heads of two rows; units
        ([",2022,,2023,", "Region,Plan,Actual,Plan,Actual", "North,1,2,3,4"],
         ["Region: North; 2022 Plan: 1; 2022 Actual: 2; 2023 Plan: 3; 2023 Actual: 4"]),
        (["Region,2022,,2023,", ",Plan,Actual,Plan,Actual", "North,1,2,3,4"],
         ["Region: North; 2022 Plan: 1; 2022 Actual: 2; 2023 Plan: 3; 2023 Actual: 4"]),
        (["Region,Sales,Cost", ",kEUR,kEUR", "North,1,2"], ["Region: North; Sales kEUR: 1; Cost kEUR: 2"]),
        # titles, and the lines above a bank's table
        (["Sales report,,", "In thousand euros,,", "Region,Plan,Actual", "North,1,2"],
         ["Sales report", "In thousand euros", "Region: North; Plan: 1; Actual: 2"]),
        (["Account,0012 345,,", "From,2024-01-01,,", "Date,Text,Amount,Balance", "2024-01-02,Rent,-900,1200"],
         ["Account: 0012 345", "From: 2024-01-01", "Date: 2024-01-02; Text: Rent; Amount: -900; Balance: 1200"]),
        (["Account,0012 345,,", "From,2024-01-01,,", "", "Date,Text,Amount,Balance", "2024-01-02,Rent,-900,1200"],
         ["Account: 0012 345", "From: 2024-01-01", "Date: 2024-01-02; Text: Rent; Amount: -900; Balance: 1200"]),
        # labels and values
        (["Project,Harbour wall", "Manager,Ines Roy", "Budget,42500", "Deadline,2024-09-30"],
         ["Project: Harbour wall", "Manager: Ines Roy", "Budget: 42500", "Deadline: 2024-09-30"]),
        (["Project:,Harbour wall", "Manager:,Ines Roy"], ["Project: Harbour wall", "Manager: Ines Roy"]),
        (["Owner:,Ines Roy", "Rate,4.5 %", "Start,2024-01-01"], ["Owner: Ines Roy", "Rate: 4.5 %", "Start: 2024-01-01"]),
        (["Rent,500", "Heating,80"], ["Rent: 500", "Heating: 80"]),
        # no heads
        (["1,2", "3,4"], ["1; 2", "3; 4"]),
        (["Only one row,here"], ["Only one row: here"]),
        (["Ann Lee,alto,0491 7741,ann@choir.example", "Bo Ruck,tenor,0491 7712,bo@choir.example"],
         ["Ann Lee; alto; 0491 7741; ann@choir.example", "Bo Ruck; tenor; 0491 7712; bo@choir.example"]),
        (["Larch board,LC-145,20 mm,11.40", "Oak sleeper,OS-200,100 mm,38.90"],
         ["Larch board; LC-145; 20 mm; 11.40", "Oak sleeper; OS-200; 100 mm; 38.90"]),
        (["Laptop,1999,5 pieces", "Mouse,20,9 pieces"], ["Laptop; 1999; 5 pieces", "Mouse; 20; 9 pieces"]),
        # two tables with a blank row between; a blank row within a table
        (["Ship,Crew", "Aurora,14", "", "Quay,Depth", "North,9.5"], ["Ship: Aurora; Crew: 14", "Quay: North; Depth: 9.5"]),
        (["Ship,Captain", "Aurora,Rosa Lind", "", "Ceres,Tom Ekberg", "", "As of May"],
         ["Ship: Aurora; Captain: Rosa Lind", "Ship: Ceres; Captain: Tom Ekberg", "As of May"]),
    ],
)  # fmt: skip
def test_heads(rows: list[str], lines: list[str]) -> None:
    assert lines_of(*rows) == lines


def test_heads_hold_for_a_long_table() -> None:
    lines = lines_of("Ship,Crew", *(f"Ship {n},{n}" for n in range(500)))
    assert lines == [f"Ship: Ship {n}; Crew: {n}" for n in range(500)]
