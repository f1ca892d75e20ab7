"""Render messages with a model's own chat template, and keep track of where each segment is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from askive.models.errors import ModelError
from askive.models.protocols import Message, Segment

# Private-use characters: no template treats them specially, and trimming does not remove them.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}(\\d+){_CLOSE}")


class PromptPart(NamedTuple):
    """A piece of the rendered prompt: control text of the template, or a segment's plain text."""

    text: str
    is_template: bool
    reusable: bool


def render_parts(
    template: str, messages: Sequence[Message], *, bos_token: str, eos_token: str
) -> list[PromptPart]:
    """The rendered prompt, up to the start of the assistant's turn, in parts.

    Segments are separated from the template, so that control tokens spelled in a document stay text.
    Without a system role in the template, the system text is put before the first user turn.
    Raises ModelError when the template cannot be rendered.
    """
    segments: list[Segment] = []
    turns: list[dict[str, str]] = []
    for message in messages:
        marks = ""
        for segment in message.segments:
            marks += f"{_OPEN}{len(segments)}{_CLOSE}"
            segments.append(segment)
        turns.append({"role": message.role, "content": marks})
    rendered = _render(template, turns, bos_token, eos_token)
    parts: list[PromptPart] = []
    at = 0
    for match in _MARK.finditer(rendered):
        if match.start() > at:
            parts.append(PromptPart(rendered[at : match.start()], True, True))
        segment = segments[int(match.group(1))]
        if segment.text:
            parts.append(PromptPart(segment.text, False, segment.reusable))
        at = match.end()
    if at < len(rendered):
        parts.append(PromptPart(rendered[at:], True, True))
    return parts


def _render(template: str, turns: list[dict[str, str]], bos_token: str, eos_token: str) -> str:
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)

    def refuse(message: str) -> None:
        raise jinja2.TemplateError(message)

    values: dict[str, Any] = {
        "add_generation_prompt": True,
        "bos_token": bos_token,
        "eos_token": eos_token,
        "raise_exception": refuse,
        # For models that can reason first: only the answer is wanted.
        "enable_thinking": False,
    }
    try:
        compiled = environment.from_string(template)
        try:
            return compiled.render(messages=turns, **values)
        except jinja2.TemplateError:
            if turns[0]["role"] != "system" or len(turns) < 2:
                raise
            merged = {"role": "user", "content": f"{turns[0]['content']}\n\n{turns[1]['content']}"}
            return compiled.render(messages=[merged, *turns[2:]], **values)
    except jinja2.TemplateError as error:
        raise ModelError(
            f"the model's chat template cannot be rendered: {error}",
            remedy="choose another model with --model; `askive models list` shows them",
        ) from error


CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""For models without a template of their own."""
