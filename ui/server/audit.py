"""The audit log: who did what with which collection, and when; texts only if that is switched on.

One JSON object a line in `server/audit.jsonl`. With texts it holds quotes of documents, so it is a place of
`askive.rag.privacy.register`.
"""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

from askive.rag.privacy.quotes import audit_path, lock_audit
from askive.rag.serialize import uris_of

if TYPE_CHECKING:
    from askive.rag.config import Config
    from askive.rag.types import Answer
    from askive.ui.server.tokens import Caller


class AuditLog:
    """Appends to the log of a data folder. with_texts: also write questions, answers and the addresses of sources."""

    def __init__(self, config: Config, *, with_texts: bool = False) -> None:
        self._path = audit_path(config)
        self._config = config
        self._with_texts = with_texts
        self._lock = threading.Lock()
        self._path.parent.mkdir(parents=True, exist_ok=True)

    def write(
        self,
        caller: Caller,
        action: str,
        collection: str | None,
        *,
        question: str = "",
        answer: Answer | None = None,
        **more: Any,
    ) -> None:
        """Append one entry. more: further fields without text of documents. Raises OSError when the disk is full."""
        entry: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "who": caller.name,
            "action": action,
            "collection": collection,
            **more,
        }
        if self._with_texts and question:
            entry["question"] = question
        if self._with_texts and answer is not None:
            entry |= {"answer": answer.text, "sources": sorted(uris_of(answer))}
        line = json.dumps(entry, ensure_ascii=False) + "\n"
        # The lock of the file polls, so threads of this process wait for each other here.
        with self._lock, lock_audit(self._config), self._path.open("a", encoding="utf-8") as file:
            file.write(line)
