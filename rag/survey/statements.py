"""Statements: which sentences report what somebody says, and who says it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace

from askive.rag.evidence.source_sentences import SourceSentence
from askive.rag.retrieval.near_duplicates import near_copies
from askive.rag.survey.running_text import is_complete, is_running_text
from askive.rag.survey.sentences import SubjectSentence
from askive.rag.survey.turns import Turns, label_at, label_of
from askive.rag.text.names import Name, is_acronym, names_in, same_word
from askive.rag.text.sentences import split_sentences
from askive.rag.text.speakers import speaker_of
from askive.rag.text.words import words

# Verbs of saying, each as it is written; "declined to comment", "called for", "voiced concern"
_VERB = (
    r"(?:said|says?|saying|told|tells?|stated|states|claimed|claims|alleged|alleges|argued|argues?|insisted|insists?|maintained"
    r"|maintains|asserted|reported|reports|believed|believes?|estimated|estimates|denied|denies|deny|acknowledged|warned"
    r"|warns?|added|adds|suggested|suggests?|predicted|predicts|announced|announces|confirmed|confirms|called|calls|urged"
    r"|urges|demanded|demands|accused|accuses|praised|praises|thanked|thanks|criticised|criticized|criticises|described"
    r"|describes|rejected|rejects|stressed|stresses|emphasi[sz]ed|promised|promises|vowed|vows|pledged|swore|threatened"
    r"|asked|asks|replied|replies|answered|answers|responded|responds|wrote|writes|tweeted|remarked|remarks|commented"
    r"|noted|notes|explained|explains|admitted|admits|concedes?|conceded|objected|objects|proposed|proposes|recommended"
    r"|recommends|advised|advises|complained|complains|voiced|voices|expressed|expresses|appealed|restated|repeated"
    r"|repeats|declined\s+to\s+comment|testified|testifies|thought|thinks?|felt|feels?|hoped|hopes|expected|expects?"
    r"|wanted|wants?|considered|considers?|portrays?|portrayed|welcomed|welcomes|blamed|blames|apologi[sz]ed|disputed"
    r"|disputes|questioned|doubted|doubts|disagreed|disagrees|agreed|agrees|spoke|speaks|concluded|concludes|declared"
    r"|declares|revealed|disclosed|opposed|opposes?|supported|supports|preferred|prefers|condemned|condemns|mentioned"
    r"|mentions|pointed\s+out|points\s+out|recalled|recalls|quipped|joked|cautioned|cautions|assured|assures|backed|voted|votes|abstained|spoke\s+(?:up\s+)?for"
    r"|(?:was|were|is|are)\s+(?:for|against|in\s+favou?r\s+of|opposed\s+to))"
)
_ADVERBS = r"(?:\s+(?:has|have|had|also|then|did|does|would|again|later|(?:him|her|it)self|still|not|once|who|\w+ly))*"
_APPOSITION = r"(?:,[^;:]{3,160}?,)?"
# " of the Pentagon", " and Fabius", " (chair)"
_ATTACHED = (
    r"(?:\s+(?:of|from|at|for)\s+(?:the\s+)?[A-Z][\w.]*(?:\s+[A-Z][\w.]*)*|\s+and\s+[A-Z][\w.]*(?:\s+[A-Z][\w.]*)*"
    r"|\s+\([^)]{1,40}\))?"
)
_SAYS_AFTER = re.compile(rf"{_ATTACHED}(?:{_APPOSITION}|,(?=\s+who\b)){_ADVERBS}\s+{_VERB}\b(?!\s+by\b)")
# "|Putin|’s remark that", "the |U.S.| demand that", "the |Pentagon|’s statement"
_STATES_AFTER = re.compile(
    r"(?:['’]s?)?\s+(?:\w+\s+)?(?:demand|claim|warning|promise|statement|remark|argument|accusation|prediction|assertion)s?\s+"
    r"(?:that|for|of|about)\b"
)
# "according to |Hijab|", "in the words of |Hijab|", ", said |Hijab|", "in |Hijab|’s view"
_BEFORE = re.compile(
    r"(?:\baccording\s+to|\bin\s+the\s+words\s+of|\bin\s+the\s+(?:view|opinion)\s+of"
    r"|[,”\"_]\s*(?:said|says|asked|replied|wrote|added|explained|warned))\s+(?:the\s+)?$",
    re.IGNORECASE,
)
# "The seven |governments|", "Putin's |spokesman|", "Customers": who speaks without a name, each as it is written
_GROUP = (
    r"(?:officials?|authorities|governments?|ministr(?:y|ies)|police|coalition|spokes(?:man|woman|person|people)|agenc(?:y|ies)"
    r"|commission|experts?|analysts?|witness(?:es)?|residents?|critics?|board|committee|council|union|company|firm|bank"
    r"|customers?|tenants?|landlord|doctors?|patients?|parents?|farmers?|leaders?|statement|reports?|newspapers?|papers?"
    r"|insurer|court|judge|mayor|minister|president|director|manager|auditors?|inspectors?|teachers?|neighbours?|staff"
    r"|employees|workers|members|brigade|army|military|opposition|prosecutors?|investigators?|supplier|editors?|author)"
)
_GROUP_SAYS = re.compile(
    rf"^[\W\d]*(?P<who>(?:[\w.'’-]+\s+){{0,5}}?(?i:{_GROUP})){_APPOSITION}{_ADVERBS}\s+{_VERB}\b(?!\s+by\b)"
)
# "It was not overloaded, |the coastguard| said after ..."; "..., said |the manager of the quarry|, Carl Odum";
# "According to |the company| it was 90"
_INTERPOSED = re.compile(
    r"[,”\"_]\s+(?P<who>(?:the|an?|one|some)\s+[a-z][\w’'-]*(?:\s+[a-z][\w’'-]*){0,3}?)\s+(?:said|says|told|added|claimed)\b"
)
_SAID_ROLE = re.compile(
    r"[,”\"_]\s+(?:said|says)\s+(?P<who>(?:the|an?|one)\s+[a-z][^,.;:]{2,60}?)(?=[,.;:]|\s+(?:who|which)\b|$)"
)
_ACCORDING_ROLE = re.compile(
    r"\b[Aa]ccording\s+to\s+(?P<who>(?:the|an?)\s+[a-z][\w’'-]*(?:\s+[a-z][\w’'-]*){0,3}?)"
    r"(?=[,.;:]|\s+(?:it|he|she|they|there|this|that|we|was|were|is|are|has|had|the|no|\d+)\b)"
)
_NAME_BESIDE = re.compile(r",\s+(?P<name>[A-Z][\w.’'-]*(?:\s+[A-Z][\w.’'-]*){0,3}?)(?=[,.;]|$)")
# "CNN reported the remarks of Cameron, |who described|"
_WHO_SAYS = re.compile(rf",\s+who{_ADVERBS}\s+{_VERB}\b")
# "He said", "She also told", "They were against": the speaker of the sentence before; "I think": the author
_PRONOUN = re.compile(rf"^[\W\d]*(?P<who>He|She|They|It){_ADVERBS}\s+{_VERB}\b")
_FIRST_PERSON = re.compile(r"\b(?:I|I['’](?:m|ve|d|ll)|[Mm]y|[Ww]e|[Oo]ur)\b")
_QUOTED = re.compile(r"[\"“][^\"”]*[\"”]")

Place = tuple[int, int, str]
"""Document id, offset of the sentence, speaker."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence with what somebody says.

    speaker: as spelled there, without titles. also: near-copies of the sentence in other documents.
    """

    item: SubjectSentence
    speaker: str
    also: tuple[SourceSentence, ...] = ()

    @property
    def sentence(self) -> SourceSentence:
        """Where it stands."""
        return self.item.sentence

    @property
    def place(self) -> Place:
        """Tells it from other statements."""
        return self.sentence.hit.passage.doc_id, self.sentence.span.start, self.speaker

    def is_by(self, speakers: Sequence[Sequence[str]]) -> bool:
        """Whether the speaker is one of these; each is a tuple of words in lower case."""
        own = words(self.speaker)
        return any(same_name(own, speaker) for speaker in speakers)


def statements(
    items: Iterable[SubjectSentence], turns: Turns, publishers: Set[str] = frozenset()
) -> list[Statement]:
    """The statements in sentences, in their order; copies of one by the same speaker are one.

    Of a mail or a letter every whole sentence that names no other speaker is its writer's, of a transcript that of the
    turn; of other documents those in the first person are their author's. Headings and headers are nobody's.
    publishers: those whose documents speak for them, where no other speaker is named.
    """
    found: list[Statement] = []
    for item in items:
        source = item.sentence.hit.source
        if not (label_of(item.sentence) or is_running_text(item.sentence)):
            continue
        speakers = _speakers(item.sentence, turns)
        if not speakers and source.publisher and source.publisher in publishers:
            speakers = [source.publisher]
        found += [Statement(item, speaker) for speaker in speakers]
    return _without_copies(found)


def _without_copies(found: Sequence[Statement]) -> list[Statement]:
    kept: list[Statement] = []
    for one in found:
        text = one.sentence.text
        at = next(
            (
                n
                for n, other in enumerate(kept)
                if one.sentence.hit.source.doc_id != other.sentence.hit.source.doc_id
                and same_name(words(one.speaker), words(other.speaker))
                and (words(text) == words(other.sentence.text) or near_copies(text, other.sentence.text))
            ),
            None,
        )
        if at is None:
            kept.append(one)
        else:
            kept[at] = replace(kept[at], also=(*kept[at].also, one.sentence))
    return kept


def by_speaker(found: Sequence[Statement]) -> list[tuple[str, list[Statement]]]:
    """The statements of each speaker, under the fullest form of the name; those of most statements first, by date."""
    groups: list[tuple[str, list[Statement]]] = []
    for statement in sorted(found, key=lambda one: -len(words(one.speaker))):
        own = words(statement.speaker)
        same = next((group for name, group in groups if same_name(words(name), own)), None)
        if same is None:
            groups.append((statement.speaker, [statement]))
        else:
            same.append(statement)
    for _, group in groups:
        group.sort(
            key=lambda s: (s.sentence.published or "9999", s.sentence.hit.source.uri, s.sentence.span.start)
        )
    return sorted(groups, key=lambda group: (-len(group[1]), group[0]))


def speakers_in(text: str) -> list[str]:
    """Who says what a sentence reports; several only when they say it together ("Hollande and Fabius said")."""
    bare = _QUOTED.sub(lambda match: "“" + "_" * (len(match.group()) - 2) + "”", text)
    names = names_in(bare)
    found = [name for name in names if _says(name, bare)]
    if not found or (found[0].start > 0 and _GROUP_SAYS.match(bare)):
        who = _role(bare)
        return [who] if who else []
    # Who reports it comes first: "According to the Kremlin, Putin said", "CNN reported the remarks of Cameron, who".
    inner = found[1:] if _BEFORE.search(bare[: found[0].start]) else []
    inner += [name for name in names if name.start > found[0].start and _WHO_SAYS.match(bare, name.end)]
    speaker = inner[0] if inner else found[0]
    if _BEFORE.search(bare[: speaker.start]) and speaker.follows:
        # "According to U.S. military forces"
        return [re.split(r"[,;:]", text[speaker.start :], maxsplit=1)[0]]
    together = [
        other
        for other in names
        if bare[other.end : speaker.start] == " and " or bare[speaker.end : other.start] == " and "
    ]
    return [_without_titles(name) for name in sorted([speaker, *together], key=lambda name: name.start)]


def _role(text: str) -> str:
    """Who says it in a role: `the coastguard`; the name where it stands beside the role: "the mayor, Rosa Lind"."""
    for pattern in (_GROUP_SAYS, _INTERPOSED, _SAID_ROLE, _ACCORDING_ROLE):
        if match := pattern.search(text):
            beside = _NAME_BESIDE.match(text, match.end("who"))
            return beside["name"].rstrip(".") if beside else match["who"]
    return speaker_of(text) or ""


def _says(name: Name, text: str) -> bool:
    after, before = text[name.end :], text[: name.start]
    if re.search(r"\b(?:of|from|at|for|by|to|in|with|against)\s+(?:the\s+)?$", before) and not _BEFORE.search(
        before
    ):
        # "Cook of the |Pentagon| said", "the head of the |Foreign Office| told"
        return False
    return bool(_SAYS_AFTER.match(after) or _STATES_AFTER.match(after) or _BEFORE.search(before))


def _speakers(sentence: SourceSentence, turns: Turns) -> list[str]:
    text = " ".join(sentence.text.split())
    if label := label_at(text):
        return [label]
    if _PRONOUN.match(text):
        return _speakers_before(sentence)
    writer = turns.writer_of(sentence) if is_complete(sentence) else ""
    found = speakers_in(text)
    # "My instrument shows 4.9, not the 7.1 that Orla wrote": the writer's own words about somebody's
    if found and not (writer and _opens_in_first_person(text, found[0])):
        return found
    if label := label_of(sentence):
        return [label]
    if not writer and _FIRST_PERSON.search(_QUOTED.sub("", text)) and not turns.is_message(sentence):
        writer = turns.author_of(sentence)
    return [writer] if writer else []


def _opens_in_first_person(text: str, speaker: str) -> bool:
    bare = _QUOTED.sub("", text)
    first = _FIRST_PERSON.search(bare)
    at = bare.find(speaker)
    return first is not None and first.start() < (at if at >= 0 else len(bare))


def _speakers_before(sentence: SourceSentence) -> list[str]:
    """The speakers of the sentence before that has any, or else the name that begins it."""
    before = sentence.previous
    for start, end in reversed(split_sentences(before)):
        text = before[start:end]
        if found := speakers_in(text):
            return found
        names = names_in(text)
        if names and names[0].opens and not is_acronym(names[0].text):
            return [_without_titles(names[0])]
    return []


def _without_titles(name: Name) -> str:
    """`Laurent Fabius` for "French Foreign Minister Laurent Fabius"; an office alone stays."""
    parts = name.text.split()
    bare = [re.sub(r"['’]s?$", "", part).lower().strip(".'’,") for part in parts]
    title = max((n for n, word in enumerate(bare) if word not in name.words), default=-1)
    kept = parts[title + 1 :] or parts
    return re.sub(r"['’]s?$", "", " ".join(kept))


def same_name(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two names are forms of one: the shorter is the beginning of the longer, or has its last word and no word
    that the longer lacks."""
    short, long = sorted((one, other), key=len)
    if not short:
        return False
    if not same_word(short[-1], long[-1]):
        return list(short) == list(long[: len(short)])
    return all(any(same_word(word, known) for known in long) for word in short)
