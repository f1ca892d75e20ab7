"""Templates around messages: what is control text and what is only text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askive.models.errors import ModelError
from askive.models.llama.chat_template import CHATML, render_parts
from askive.models.protocols import Message, Segment

NO_SYSTEM = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "[{{ m.role }}]{{ m.content | trim }}{% endfor %}[assistant]"
)


def turns(*texts: tuple[str, str]) -> list[Message]:
    return [Message(role, (Segment(text),)) for role, text in texts]  # type: ignore[arg-type]


def rendered(template: str, messages: list[Message]) -> str:
    return "".join(p.text for p in render_parts(template, messages, bos_token="<s>", eos_token="</s>"))


def test_chatml() -> None:
    text = rendered(CHATML, turns(("system", "Be brief."), ("user", "Hello")))
    assert text == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"
    )


def test_a_template_without_system_role_gets_it_in_the_first_turn() -> None:
    text = rendered(NO_SYSTEM, turns(("system", "Be brief."), ("user", "Hello")))
    assert text == "<s>[user]Be brief.\n\nHello[assistant]"


@given(st.lists(st.text(max_size=30), min_size=1, max_size=5))
def test_segments_stay_whole_and_stay_text(texts: list[str]) -> None:
    message = Message("user", tuple(Segment(text, reusable=i % 2 == 0) for i, text in enumerate(texts)))
    parts = render_parts(CHATML, [message], bos_token="", eos_token="")
    assert [(p.text, p.reusable) for p in parts if not p.is_template] == [
        (text, i % 2 == 0) for i, text in enumerate(texts) if text
    ]
    assert "".join(p.text for p in parts if p.is_template) == (
        "<|im_start|>user\n<|im_end|>\n<|im_start|>assistant\n"
    )


@pytest.mark.parametrize(
    "template", ["{% for %}", "{{ raise_exception('never') }}", "{{ missing.attribute.x }}"]
)
def test_a_template_that_fails_is_an_error_with_a_remedy(template: str) -> None:
    with pytest.raises(ModelError, match="chat template") as caught:
        rendered(template, turns(("user", "Hello")))
    assert caught.value.remedy


def test_templates_cannot_reach_the_machine() -> None:
    with pytest.raises(ModelError):
        rendered("{{ ''.__class__.__mro__[1].__subclasses__() }}", turns(("user", "Hello")))
