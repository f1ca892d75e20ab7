"""What a question about statements asks for: whose statements, about what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from askive.rag.question.subject import Subject
from askive.rag.text.names import names_in
from askive.rag.text.time_expressions import Time
from askive.rag.text.words import content_words, stem
from askive.rag.types import Source

# Words of a question that only ask for statements.
_ASKING = frozenset(
    map(
        stem,
        """say says said saying tell tells told statement statements remark remarks comment comments commented opinion
        opinions view views position positions stance standpoint quote quotes quoted quotation quotations word words
        think thinks thought believe believes react reacted reaction reactions response responses respond responded
        answer answered answers reply replied write wrote written speak spoke spoken state stated call called describe
        described claim claimed report reported argue argued insist insisted maintain maintained mention mentioned
        everything anything something every people somebody anybody everybody anyone someone exactly according give
        list show find concerning regarding attitude assessment talk talked discuss discussed express expressed voice
        voiced phrase stand""".split(),
    )
)
# ", and |who| said", "; |what did|": where another question begins
_NEXT_PART = re.compile(
    r"\s*[,;?]?\s+(?:(?:and|but|or)\s+)?(?<=\s)(?=(?:who|whom|whose|what\s+did|what\s+does)\b)", re.IGNORECASE
)
# "Who said", "by whom is it said", "which experts think", "in whose opinion"
_ASKS_WHO = re.compile(
    r"\b(?:who|whom|whose|anybody|anyone|somebody|someone)\b|^\W*(?:(?:in|by|to)\s+)?which\b", re.IGNORECASE
)
# "said |about|", "position |on|", "|that|": what follows is the matter
# "think |of|", "react |to|", "object |to|"
_MATTER = re.compile(
    r"\b(?:about|on|regarding|concerning|over|towards?|that|when|after|(?:think|thinks|thought|make|spoke|speak|complain)\s+of"
    r"|(?:react|respond|reply|answer|object|say|reaction|response|reply|answer)s?\s+to)\b",
    re.IGNORECASE,
)
_LISTED = re.compile(
    r"(?P<matter>[^:]{4,}):\s+(?P<who>[A-Z][\w.’'-]*(?:(?:,\s+|\s+and\s+|\s+)[A-Z][\w.’'-]*)*)\W*$"
)
_WITHOUT_VERB = re.compile(r"who\s+(?:for|against|not)\b", re.IGNORECASE)
_FIRST_VERB = re.compile(r"who\s+(\w+)\s+(?:for|against)\b", re.IGNORECASE)
_PRONOUN = re.compile(r"\b(?:he|she|it|they|him|her|them)\b", re.IGNORECASE)

# "all statements", "everything she said", "reactions to", "opinions on": each as it is written
_SEVERAL = re.compile(
    r"\b(?:all|every|everything|statements|remarks|comments|quotes|quotations|reactions|responses|opinions|views|positions)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is asked.

    text: as a question of its own. speakers: whose statements, each as words in lower case; empty when the question
    asks who. subject: what to look for. matter: the same without the speakers.
    """

    text: str
    speakers: tuple[tuple[str, ...], ...]
    subject: Subject
    matter: Subject

    def publishers(self, sources: Iterable[Source]) -> frozenset[str]:
        """The publishers among the speakers: what their documents say themselves is their statement."""
        known = {source.publisher for source in sources if source.publisher}
        # "The Post" is the name "post".
        return frozenset(one for one in known if tuple(content_words(one)) in self.speakers)


def asked_parts(question: str, restrictions: Sequence[str] = ()) -> list[Part]:
    """One part for each question in the text; a pronoun in a later one stands for the only name in the first.

    restrictions: stretches that name a time, which is no part of the matter.
    """
    pieces = [piece.strip(" ,;?.") for piece in _NEXT_PART.split(question) if piece.strip(" ,;?.")]
    names = [name.text for name in names_in(pieces[0]) if name.start] if pieces else []
    parts: list[Part] = []
    for n, piece in enumerate(pieces):
        text = _PRONOUN.sub(lambda _: names[0], piece, count=1) if n and len(names) == 1 else piece
        if n and _WITHOUT_VERB.match(text) and (verb := _FIRST_VERB.match(pieces[0])):
            # "who was for the tram and who for the bus"
            text = f"{text[:4]}{verb[1]} {text[4:]}"
        parts.append(_part(f"{text[0].upper()}{text[1:]}", restrictions))
    return parts


def time_of_matter(question: str, times: Sequence[Time]) -> bool:
    """Whether the times in a question are of what is spoken about, not of the speaking.

    "the prices of September 2022", but "remarks of September 2022" and "said in September 2022".
    """
    for time in times:
        at = question.lower().find(time.wording.lower())
        before = re.search(
            r"(?P<what>[\w-]+)\s+(?:of|for|from)\s+(?:the\s+)?$", question[: max(at, 0)], re.IGNORECASE
        )
        if before is None or stem(before["what"].lower()) in _ASKING:
            return False
    return bool(times)


def asks_for_statements(question: str) -> bool:
    """Whether a question asks for several statements: "all remarks by", "who said X, and who said Y"."""
    return len(asked_parts(question)) > 1 or bool(_SEVERAL.search(question))


def _part(text: str, restrictions: Sequence[str]) -> Part:
    subject = Subject.read(text, _ASKING, restrictions)
    if _ASKS_WHO.search(text):
        return Part(f"{text}?", (), subject, subject)
    if listed := _LISTED.match(text):
        # "statements on the strikes: Lavrov, Carter"
        speakers = [name.words for name in names_in(f"x {listed['who']}")]
        matter = Subject.read(listed["matter"], _ASKING, restrictions)
        return Part(f"{text}?", tuple(speakers), subject, matter)
    border = _MATTER.search(text)
    before = Subject.read(text[: border.start()] if border else text, _ASKING, restrictions)
    speakers = [name.words for name in before.names]
    if not speakers and border:
        # "What did the customers say about"
        speakers = [(term.text.lower(),) for term in before.terms[:1]]
    own = {stem(word) for speaker in speakers for word in speaker}
    matter = Subject(
        " ".join(
            word
            for word in subject.text.split()
            if stem(word.lower().removesuffix("'s").removesuffix("’s")) not in own
        ),
        (),
        tuple(term for term in subject.terms if not term.stems & own),
    )
    return Part(f"{text}?", tuple(speakers), subject, matter)
