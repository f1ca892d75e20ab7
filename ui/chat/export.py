"""A conversation as Markdown or as one HTML page, with its sources."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from askive.rag.answer.partial import missing_text
from askive.ui.chat.conversations import Conversation, KeptTurn
from askive.ui.chat.http.payloads import View, byline, citations_of, file_of
from askive.ui.wording import VERDICT_WORDS

_MAX_STEM_CHARS = 60
_SPECIAL = r"[\\`*_\[\]#|~$<>&]"
PAGE_STYLE = (
    "body{font:1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color:#1f2328}"
    "table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}"
    "h2{margin-top:2.5rem;font-size:1.1rem}blockquote{margin:.3rem 0;padding-left:1rem;border-left:3px solid #cfd8d6}"
    "small{color:#59636e}sup{font-weight:600}"
)


def file_stem(title: str) -> str:
    """A file's name, without its ending, that tells one conversation from another: `who-built-the-bridge`."""
    words = re.findall(r"\w+", title.lower())
    stem = ""
    for word in words:
        if len(stem) + len(word) >= _MAX_STEM_CHARS:
            break
        stem = f"{stem}-{word}" if stem else word
    return stem or "conversation"


def to_markdown(conversation: Conversation, turns: Sequence[KeptTurn]) -> str:
    """The questions, the answers with citation numbers, and the quotes."""
    parts = [
        f"# {escape_markdown(conversation.title)}",
        f"Collection: {escape_markdown(conversation.collection)}",
    ]
    for turn in turns:
        parts.append(f"## {escape_markdown(turn.question)}")
        parts.append(answer_markdown(turn.answer))
    return "\n\n".join(part for part in parts if part) + "\n"


def answer_markdown(answer: Mapping[str, Any] | None) -> str:
    """One answer with its citation numbers and quotes."""
    if answer is None:
        return "(no answer)"
    if failure := answer.get("failure"):
        return escape_markdown(f"{failure['message']}. {failure['remedy']}")
    sentences = []
    for sentence in answer["sentences"]:
        # Not escaped: no text of a document can define what `[1]` refers to, as all of it is escaped.
        marks = "".join(f"[{n}]" for n in _numbers(sentence)) or _no_source(sentence)
        verdict = _verdict(sentence)
        marks = f"{f' {marks}' if marks else ''}{f' ({verdict})' if verdict else ''}"
        sentences.append(f"{sentence['lead']}{escape_markdown(sentence['text'])}{marks}")
    body = "".join(sentences).strip() if sentences else escape_markdown(answer["text"])
    if answer.get("rows"):
        table = [_table_line([*answer["columns"], "Sources"]), "|---" * (len(answer["columns"]) + 1) + "|"]
        table += [_table_line(row["cells"], _row_marks(row)) for row in answer["rows"]]
        body += "\n\n" + "\n".join(table)
    for item in answer["disagreement"]:
        marks = "".join(f"[{citation['number']}]" for citation in item["citations"])
        body += f"\n\n- {escape_markdown(item['value'])} ({item['published'] or 'no date'}) {marks}"
    for note in (missing_text(answer.get("unanswered", ())), _filtered(answer)):
        body += f"\n\n{escape_markdown(note)}" if note else ""
    quotes = [
        "\n".join(
            f"> {line}"
            for line in (
                f"[{c['number']}] “{escape_markdown(_one_line(c['quote']))}”",
                escape_markdown(byline(c)),
                escape_markdown(file_of(c)),
            )
        )
        for c in citations_of(answer)
    ]
    return "\n\n".join([body, *quotes])


def answer_text(answer: Mapping[str, Any] | None) -> str:
    """As `answer_markdown`, without the escapes of Markdown: to be pasted as plain text."""
    return re.sub(rf"\\({_SPECIAL})", r"\1", answer_markdown(answer))


def to_html(conversation: Conversation, turns: Sequence[KeptTurn]) -> str:
    """One page without scripts or external resources."""
    title = html.escape(conversation.title)
    parts = [
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        f"<style>{PAGE_STYLE}</style></head><body><h1>{title}</h1>",
        f"<p><small>Collection: {html.escape(conversation.collection)}</small></p>",
    ]
    parts += [f"<h2>{html.escape(turn.question)}</h2>{answer_html(turn.answer)}" for turn in turns]
    return "".join([*parts, "</body></html>\n"])


def answer_html(answer: Mapping[str, Any] | None) -> str:
    """One answer with its citation numbers and quotes, as a part of a page."""
    if answer is None:
        return "<p>(no answer)</p>"
    if failure := answer.get("failure"):
        return f"<p>{html.escape(failure['message'])}. {html.escape(failure['remedy'])}</p>"
    sentences = []
    for sentence in answer["sentences"]:
        marks = "".join(f"<sup>[{n}]</sup>" for n in _numbers(sentence))
        if not marks and _no_source(sentence):
            marks = f" <small>{_no_source(sentence)}</small>"
        verdict = _verdict(sentence)
        small = f" <small>({verdict})</small>" if verdict else ""
        sentences.append(f"{html.escape(sentence['lead'] + sentence['text'])}{marks}{small}")
    body = f"<p>{''.join(sentences) or html.escape(answer['text'])}</p>"
    if answer.get("rows"):
        head = _html_line("th", [*answer["columns"], "Sources"])
        lines = [_html_line("td", [*row["cells"], _row_marks(row)]) for row in answer["rows"]]
        body += f"<table>{head}{''.join(lines)}</table>"
    if answer["disagreement"]:
        rows = [
            f"<li>{html.escape(item['value'])} ({html.escape(item['published'] or 'no date')})"
            + "".join(f"<sup>[{c['number']}]</sup>" for c in item["citations"])
            + "</li>"
            for item in answer["disagreement"]
        ]
        body += f"<ul>{''.join(rows)}</ul>"
    for note in (missing_text(answer.get("unanswered", ())), _filtered(answer)):
        body += f"<p>{html.escape(note)}</p>" if note else ""
    quotes = [
        f"<blockquote>[{c['number']}] “{html.escape(_one_line(c['quote']))}”<br>"
        f"<small>{html.escape(byline(c))}<br>{html.escape(file_of(c))}</small></blockquote>"
        for c in citations_of(answer)
    ]
    return body + "".join(quotes)


def _filtered(answer: Mapping[str, Any]) -> str:
    """Which documents were looked at; empty for all of them, and for a refusal, which says it itself."""
    only = answer.get("filtered")
    return f"Only some documents were looked at ({only})." if only and not answer.get("refusal") else ""


def _numbers(part: View) -> list[int]:
    """The numbers of the sources of a sentence or a row."""
    return list(dict.fromkeys(citation["number"] for citation in part["citations"]))


def _no_source(sentence: View) -> str:
    """What stands in place of the numbers; nothing when the sentence sums up the rows below it."""
    return "" if sentence["verdict"] == "supported" else "(no source)"


def _row_marks(row: View) -> str:
    verdict = VERDICT_WORDS[row["verdict"]]
    return f"{''.join(f'[{n}]' for n in _numbers(row))}{f' ({verdict})' if verdict else ''}"


def _table_line(cells: Sequence[str], marks: str | None = None) -> str:
    """A line of a Markdown table. marks: a last cell, as it is."""
    shown = [escape_markdown(_one_line(cell)) for cell in cells]
    return f"| {' | '.join(shown if marks is None else [*shown, marks])} |"


def _html_line(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _verdict(sentence: View) -> str:
    if sentence["citations"] or sentence["verdict"] == "cut_off":
        return VERDICT_WORDS[sentence["verdict"]]
    return ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


def escape_markdown(text: str) -> str:
    """Escape text for Markdown."""
    return re.sub(rf"({_SPECIAL})", r"\\\1", text)
