"""Sentences in documents that talk to a language model instead of to readers. They are text, never evidence.

The patterns want somebody addressed as a machine, an answer that is dictated, or the tokens of a chat template:
"you must sign the form", "ignore the warning light" and "press 1 and say your name" are ordinary text.
"""

from __future__ import annotations

import re
from functools import lru_cache

_MACHINE = (
    r"(?:(?:the |an? |all |any |dear |to |note to |attention,? )*(?:assistants?|llms?|(?:large )?language models?"
    r"|a\.?i\.?(?: (?:assistants?|readers?|systems?|models?|agents?))?|chat ?bots?|chatgpt|gpt|copilot))"
)
_SPEAK = (
    r"(?:say|tell|reply|respond|answer|print|output|write|report|state|claim|add|append|quote|cite|copy|mention"
    r"|repeat|announce|warn|refuse|recommend|reveal|send|call|insert|begin|treat|summari[sz]e|thank|confirm|declare"
    r"|ignore|forget|disregard|render)"
)
_MUST = r"(?:(?:must|should|shall|will|has to|have to|are to|is to|instructed to)\s+)?(?:always\s+|never\s+|only\s+)?"
_ORDERS = r"(?:instructions?|prompts?|rules|directions|commands|guidelines|told before)"
_QUOTE = r"[\"“'«‘]"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        # Chat templates and fake turns.
        r"<\|[a-z_]+\|>|\[/?INST\]|<</?SYS>>|</s>|<(?:start|end)_of_turn>|</?system>",
        r"^\s*#{2,4}\s*(?:system|assistant|user)\s*:",
        r"^\W*(?:system|assistant|human|(?:developer|system) message)\s*:",
        r"^\W*new (?:system )?(?:prompt|policy|instructions)\s*:",
        r"\[(?:system|developer) prompt(?: update)?\]",
        r"\b(?:reveal|print|repeat|show|leak)\b.{0,40}\b(?:hidden|system|initial) (?:prompt|instructions?)\b",
        # What was said before is to be forgotten.
        r"\b(?:ignore|disregard|forget|override|bypass)\b[^.!?]{0,40}"
        r"\b(?:previous|prior|above|earlier|preceding|all|any|your|safety)\b[^.!?]{0,30}\b" + _ORDERS + r"\b",
        r"\b(?:ignore|disregard|forget)\s+(?:everything|anything|all|the (?:text|question)|what)\b[^.!?]{0,30}"
        r"\b(?:above|before|asked|were told)\b",
        # The answer is dictated.
        r"\b(?:answer|reply|respond)s?\b[^.!?]{0,25}\b(?:every|all|any)\b[^.!?]{0,20}\b(?:questions?|quer(?:y|ies))\b"
        r"[^.!?]{0,40}\b(?:with|must be|by saying)\b",
        r"\banswer to (?:any|all|every) questions?\b[^.!?]{0,40}\b(?:must|is)\b.{0,10}" + _QUOTE,
        r"\byour (?:only )?(?:reply|answer|response) (?:must|should|is|to)\b|\bin your (?:answer|reply|response)\b",
        r"\bthe user[’']?s? (?:question|quer(?:y|ies)|is a test)\b|\bto every (?:answer|reply)\b",
        r"\bevery answer begins\b",
        r"\binstead of an answer\b|\bbefore you answer\b|\bfinish your answer\b|\bthe question you were asked\b",
        r"\bwhatever (?:is|you are) asked\b",
        r"\bif (?:you are|a machine|an? ai) (?:asked|reads)\b.{0,60}\b(?:you will answer|must|answer with|say)\b",
        r"\bwhen asked about\b.{0,60}\b(?:say|answer|reply)\b",
        r"\b(?:answer|reply|respond)\s+(?:only\s+(?:with|" + _QUOTE + r")|with the (?:\w+ )?word\b)",
        r"\bonly with the (?:code )?word\b|\bif the answer is not in the (?:text|context|document)\b",
        # Another role.
        r"\byou are (?:now|no longer)\b[^.!?]{0,60}\b(?:mode|bot|assistant|model|ai|pirate|dan|oracle)\b",
        r"\byou are \w+bot\b|\byou are dan\b|\bfrom now on you (?:act|are|will)\b",
        r"\bpretend (?:that )?you are\b[^.!?]{0,80}\b(?:answer|announce|say)\b",
        r"\bin (?:maintenance|developer|debug) mode you\b|\byou have no sources\b",
        # A machine is addressed and told to speak.
        rf"\b{_MACHINE}\b(?:\s*(?:only|reading this|summari[sz]ing this page))?\s*[,:;—-]?\s*(?:please\s+)?"
        rf"(?:(?:that|who|you)\s+)?{_MUST}{_SPEAK}\b",
        rf"\b(?:llm|ai|model|assistant) instruction\b|\bif you are an? {_MACHINE}\b|\bfor {_MACHINE} only\b",
        rf"\breminder to {_MACHINE}|\b(?:note )?to the model\b\s*[:,]?\s*(?:is|when|if|you|the)\b|\bmodel, you must\b",
        r"\battention,? (?:chatbots?|ai|models?)\b",
        # What is read is to be carried away.
        r"\bcontents? of your context\b|\bcontext window\b.{0,60}\b(?:print|instruction)|\bhttp_get\(",
        r"\b(?:print|send|reveal)\b.{0,40}\b(?:your context|context window|every other (?:excerpt|document))\b",
        r"\bnames of all other documents\b|!\[[^\]]*\]\(https?://[^)]*(?:question|query|context|[?&]\w+=)",
        r"\bdecode this base64\b",
        # Hidden from people.
        r"<!--.{0,80}\b(?:ai|assistant|language model|llm|role|rule)\b",
        r"<[^>]*(?:display\s*:\s*none|font-size\s*:\s*[01]px)[^>]*>",
        # The same in other languages.
        r"\bignore[rz]\b.{0,40}\binstructions\b|\bignoriere\b.{0,40}\banweisungen\b|игнорируй.{0,40}инструкц",
        r"\b(?:olvida|ignora|ignore)\b.{0,40}\b(?:instrucciones|istruzioni|instruções)\b|指示を無視|忽略.{0,12}(?:指示|指令)",
    )
)
_SPACED = re.compile(r"\b(?:[A-Za-z][-.]){4,}[A-Za-z]\b")


@lru_cache(maxsize=8192)
def is_instruction(sentence: str) -> bool:
    """Whether the sentence is addressed to a language model: an order, a fake turn, a dictated answer."""
    if any(pattern.search(sentence) for pattern in _PATTERNS):
        return True
    spelled = _SPACED.sub(lambda match: re.sub(r"[-.]", "", match.group()), sentence)
    return spelled != sentence and bool(re.search(r"\b(?:ignore|write|answer|reply|say)\b", spelled, re.I))
