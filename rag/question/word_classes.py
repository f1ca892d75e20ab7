"""Classes of words by which questions of the same kind are alike: "announced" and "denied" both say something.

`word_pattern` writes a question with the classes in place of its words, so that a model of patterns such as `which
DOCUMENT SAY` knows words that it was never fitted on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from askive.rag.text.words import STOP_WORDS, stem
from askive.rag.types import QuestionKind

START, END = "^", "$"
_CLASSES: Mapping[str, str] = {
    "MENTION": "mention contain refer discuss cover concern cite include deal talk speak treat touch address name occur"
    " appear allude feature carry",
    "SAY": "say tell claim state announce deny report write assert allege argue insist maintain declare confirm admit"
    " suggest propose recommend advise warn promise demand urge request threaten predict forecast foresee accuse blame"
    " criticise criticize praise condemn welcome reject dispute doubt oppose object protest complain express comment"
    " respond react reply answer remark explain acknowledge concede reveal disclose testify swear vow pledge believe"
    " think feel want hope fear expect call describe quote stress emphasise emphasize note voice",
    "OPINION": "opinion view position stance statement remark comment quote quotation reaction response testimony word"
    " assessment advice verdict standpoint attitude criticism demand claim complaint reply answer declaration speech"
    " announcement allegation accusation objection",
    "DOCUMENT": "document file article letter mail email e-mail memo report minute contract invoice paper record page"
    " passage text note brief source ticket chapter post message protocol transcript certificate doc docs pdf form"
    " manual leaflet brochure agreement entry diary spreadsheet attachment newspaper story piece study",
    "COLLECTION": "archive collection corpus database library folder mailbox index repository everything inside"
    " material holding dataset here",
    "SUMMARY": "summary summarise summarize sum overview tldr gist outline abstract recap condense nutshell short brief"
    " briefly shortly essence digest synopsis takeaway takeaways key main broadly roughly general bottom boil upshot"
    " rundown update know known about résumé résume resume précis paragraph sentence",
    "TIME": "timeline chronology chronological chronologically history sequence order evolution evolve develop"
    " development course milestone stage progress progression unfold trace date dates chronicle event phase step"
    " escalate change calendar",
    "PERIOD": "year month week day hour minute decade century spring summer autumn winter january february march"
    " april may june july august september october november december monday tuesday wednesday"
    " thursday friday saturday sunday",
    "COMPARE": "compare compared comparison versus vs contrast difference differ different similar similarity common"
    " alike both unlike distinguish distinction distinct discrepancy disagree contradict contradiction parallel"
    " against side-by-side same identical match than between resemble",
    "ALL": "list all every each enumerate any several names complete full entire other else further",
    "CAUSE": "why reason cause explain explanation meaning mean purpose effect impact role influence consequence"
    " motive background rationale trigger definition define function lead basis mechanism",
    "HOW_TO": "instruction steps procedure way method guide directions",
    "QUANTITY": "number amount sum total price cost fee size length height weight width depth age rate percentage share"
    " population distance speed temperature capacity salary rent budget dose dosage deposit area volume",
    "ATTRIBUTE": "name title address phone telephone colour color birthday deadline owner author director capital"
    " password code brand model location place venue expiry duration",
    "SHOW": "show give find search get fetch display present provide tell let make write put prepare create draw"
    " produce look locate pull",
    "ASSISTANT": "thanks thank hello hi hey bye goodbye sorry please ok okay cool great nice chat bot assistant"
    " program app software settings help",
    "REWRITE": "shorter longer simpler rephrase reword repeat rewrite translate again table bullet elaborate clearer"
    " precise detail detailed concise expand",
    "MY_ANSWER": "that this it answer",
    "COUNT_IN": "often frequently times occurrence",
    "PERSON": "who whom whose person people anyone anybody someone somebody",
}
_AS_THEY_ARE = frozenset(
    "who whom whose what which when where why how is are was were do does did has have had can could will would should"
    " may might must many much often far long old soon what's who's where's how's"
    " the a an of in on at by for from to with about and or not if whether as between against per"
    " i me my we our you your he she they their him her them his it its this that these those there here"
    " most best more less first last ever still yet only so than then one two both else any all every no".split()
)
_NAMING: Mapping[QuestionKind, str] = {
    "list": "ALL",
    "summary": "SUMMARY",
    "timeline": "TIME",
    "comparison": "COMPARE",
    "mentions": "DOCUMENT",
    "overview": "COLLECTION",
}
"""The class of the words that ask for a kind by its name: "list", "summarise", "timeline", "compare"."""
_TOKEN = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*|[?:]", re.UNICODE)
_SINGULAR_ENDINGS = ("ss", "us", "is", "'s", "news")


def word_pattern(text: str) -> list[str]:
    """A token for each word: the word itself if it asks or links, else its class, or what can be seen from outside.

    `DOCUMENTS` is the plural of a class; other words are NUMBER, NAME, PLURAL, VERB_ED, VERB_ING or WORD.
    """
    found = _TOKEN.findall(text.replace("’", "'"))
    return [START, *(_token(word, is_first=at == 0) for at, word in enumerate(found)), END]


def names_kind(kind: QuestionKind, text: str) -> bool:
    """Whether a question has a word that asks for this kind: "timeline of the siege"; never for other kinds."""
    named = _NAMING.get(kind)
    return named is not None and bool({named, f"{named}S"} & set(word_pattern(text)))


def _token(word: str, *, is_first: bool) -> str:
    lower = word.lower()
    if lower in _AS_THEY_ARE or not word[0].isalnum():
        return lower
    plural = len(lower) > 3 and lower.endswith("s") and not lower.endswith(_SINGULAR_ENDINGS)
    if own := _by_stem().get(stem(lower)):
        return f"{own}S" if plural else own
    if any(sign.isdigit() for sign in word):
        return "NUMBER"
    if word[0].isupper() and not is_first:
        return "NAME"
    if lower in STOP_WORDS:
        return lower
    if plural:
        return "PLURAL"
    for ending, token in (("ing", "VERB_ING"), ("ed", "VERB_ED"), ("ly", "ADVERB")):
        if len(lower) > len(ending) + 2 and lower.endswith(ending):
            return token
    return "WORD"


@lru_cache(maxsize=1)
def _by_stem() -> Mapping[str, str]:
    """The class of each stem; a word of several classes has the first."""
    found: dict[str, str] = {}
    for name, words in _CLASSES.items():
        for word in words.split():
            found.setdefault(stem(word), name)
    return found
