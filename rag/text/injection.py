"""Control tokens of chat templates in a document's text: the marks that tell a model who speaks.

No reader writes them, and a model could take what follows for its own turn. Everything else that sounds like an order
("assistants should always ...", "reply with the word YES") is what memos, logs and manuals are made of, and stays
evidence: the prompt presents it as quoted material, and an answer is checked against what it cites.
"""

from __future__ import annotations

import re

_CONTROL_TOKEN = re.compile(
    # <|im_start|>, [INST], <<SYS>>, <start_of_turn>
    r"<\|[a-z_]+\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>",
    re.IGNORECASE,
)


def has_control_token(sentence: str) -> bool:
    """Whether a chat template's control token stands in the sentence."""
    return bool(_CONTROL_TOKEN.search(sentence))
