"""Control tokens of chat templates in a document's text: the marks that separate the turns of a conversation.

People do not write them, and a model could read the text after one as its own turn. All other text that sounds like an
instruction ("assistants should always ...", "reply with the word YES") is common in memos, logs and manuals and stays
evidence: the prompt presents it as quoted material, and an answer is checked against its citations.
"""

from __future__ import annotations

import re

_CONTROL_TOKEN = re.compile(
    # <|im_start|>, [INST] and [/INST], <<SYS>> and <</SYS>>, <start_of_turn> and <end_of_turn>
    r"<\|[a-z_]+\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>",
    re.IGNORECASE,
)


def has_control_token(sentence: str) -> bool:
    """Whether the sentence contains a control token of a chat template."""
    return bool(_CONTROL_TOKEN.search(sentence))
