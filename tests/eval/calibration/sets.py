"""Labelled sets whose texts say their label, and a judge that reads it."""

from __future__ import annotations

from pathlib import Path

from askive.models.reader.held_out import is_held_out
from askive.rag.calibration.relation import RELATIONS
from tests.eval.conftest import write_lines
from tests.rag.verification.fitted import CONTRADICTS, NEITHER, SUPPORTS

MEANS = {"supports": SUPPORTS, "contradicts": CONTRADICTS, "neither": NEITHER}


def held_out_text(opening: str) -> str:
    """A text that the reader would not be trained on."""
    return next(text for n in range(1_000) if is_held_out([{"text": (text := f"{opening} {n}.")}]))


def write_sets(folder: Path, names: tuple[str, ...] = ("one", "two")) -> Path:
    """Sets with twelve rows of each kind that are held out, and one that is not."""
    for name in names:
        claims = [
            {"id": f"{name}{n}", "claim": f"It {RELATIONS[n % 3]} {n}.", "label": RELATIONS[n % 3]}
            for n in range(12)
        ]
        texts = [held_out_text(f"A text of {name}, row {n}") for n in range(12)]
        trained_on = next(t for n in range(99) if not is_held_out([{"text": (t := f"Trained on {n}.")}]))
        support = [{**row, "text": text} for row, text in zip(claims, texts, strict=True)]
        support.append({"id": f"{name}x", "claim": "It supports.", "label": "supports", "text": trained_on})
        write_lines(folder / name / "support.jsonl", support)
        asked = [
            {"id": f"{name}{n}", "question": f"is it {n}", "text": text, "answer": ("yes", "no")[n % 2]}
            for n, text in enumerate(texts)
        ]
        write_lines(folder / name / "yesno.jsonl", asked)
        write_lines(
            folder / name / "qa.jsonl",
            [
                {"id": row["id"], "question": row["question"], "text": row["text"], "answerable": n % 2 == 0}
                for n, row in enumerate(asked)
            ],
        )
    return folder


def by_claim(prompt: str) -> float:
    """The relation that the claim names."""
    return next(opinion for name, opinion in MEANS.items() if f"It {name}" in prompt)
