"""The language of a question."""

from __future__ import annotations

import pytest

from askive.rag.question.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("¿Cuántos aviones y helicópteros tiene Rusia en Latakia?", "Spanish"),
        ("Wie viele Flugzeuge hat Russland in Latakia?", "German"),
        ("Combien d'avions la Russie a-t-elle à Lattaquié ?", "French"),
        ("كم عدد الطائرات التي تملكها روسيا في اللاذقية؟", "Arabic"),
        ("俄罗斯在Latakia有多少架飞机?", "Chinese"),
        ("Сколько самолётов у России в Латакии?", "Russian"),
        ("How many jets does Russia have in Latakia?", "English"),
        ("Who wrote Die Zeit der Kirschen?", "English"),
        ("jets Latakia", None),
        ("Qui?", None),
        ("", None),
    ],
)
def test_the_language_of_a_text(text: str, language: str | None) -> None:
    assert language_of(text) == language
