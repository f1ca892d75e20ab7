"""Trains the reader: `python -m askive.models.reader.training.train --help`.

A cross-encoder on the weights of the embedder (MiniLM, 6 layers) with three heads: where the answer stands
(start and end of a span, as in BERT for SQuAD), whether there is one, and whether a text supports, contradicts
or does not speak of a claim. The rate of learning falls with the clock, so that a run takes the time it is given.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from askive.models.reader.training.pairs import Pair, claim_pairs, question_pairs, sentence_pairs

if TYPE_CHECKING:
    import torch
    from torch import nn

MAX_TOKENS = 320
_BATCH = 32
_BUCKETS = 40
_HELD_OUT = 0.04
_PEAK = 1.5e-4
_WARM_UP = 0.05


def build(weights: Path) -> nn.Module:
    """The encoder of `weights` with fresh heads.

    forward(input_ids, attention_mask, token_type_ids), each (n, length), gives start and end logits
    (n, length), answerable logits (n, 1) and support logits (n, 3).
    """
    import torch
    from torch import nn
    from transformers import BertModel

    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = BertModel.from_pretrained(
                weights, add_pooling_layer=False, attn_implementation="sdpa"
            )
            width = self.encoder.config.hidden_size
            self.span = nn.Linear(width, 2)
            self.pair = nn.Sequential(nn.Linear(3 * width, width), nn.GELU(), nn.Linear(width, 4))

        def forward(
            self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
            states = self.encoder(
                input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
            ).last_hidden_state
            spans = self.span(states)
            source = (token_type_ids * attention_mask).unsqueeze(-1).to(states.dtype)
            # The states of the likeliest place of an answer tell best whether it is one.
            likely = torch.softmax(
                spans.sum(-1, keepdim=True).float() + (source.float() - 1.0) * 1e4, dim=1
            ).to(states.dtype)
            mean = (states * source).sum(1) / source.sum(1).clamp(min=1.0)
            pooled = torch.cat([states[:, 0], mean, (states * likely).sum(1)], dim=-1)
            heads = self.pair(pooled)
            return spans[..., 0], spans[..., 1], heads[:, :1], heads[:, 1:]

    return Reader()


class Encoder:
    """Pairs to padded arrays."""

    def __init__(self, weights: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(weights / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS, strategy="only_second")

    def encode(self, pairs: Sequence[Pair]) -> list[dict[str, Any]]:
        """Ids, types and targets of each pair; spans as positions of tokens, or None."""
        rows = []
        for pair, item in zip(
            pairs, self._tokenizer.encode_batch([(p.first[:600], p.second) for p in pairs]), strict=True
        ):
            span = None
            if pair.spans:
                start, end = pair.spans[0]
                inside = [
                    at
                    for at, (sequence, (low, high)) in enumerate(
                        zip(item.sequence_ids, item.offsets, strict=True)
                    )
                    if sequence == 1 and low < end and high > start
                ]
                span = (inside[0], inside[-1]) if inside else None
            rows.append({"ids": item.ids, "types": item.type_ids, "span": span, "pair": pair})
        return rows


def collate(rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """A batch: ids, mask and types padded to the longest, and targets (-100 or -1 where there is none)."""
    import torch

    length = max(len(row["ids"]) for row in rows)
    ids, mask, types = (torch.zeros(len(rows), length, dtype=torch.long) for _ in range(3))
    for at, row in enumerate(rows):
        n = len(row["ids"])
        ids[at, :n] = torch.tensor(row["ids"])
        types[at, :n] = torch.tensor(row["types"])
        mask[at, :n] = 1
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "token_type_ids": types,
        "start": torch.tensor([row["span"][0] if row["span"] else -100 for row in rows]),
        "end": torch.tensor([row["span"][1] if row["span"] else -100 for row in rows]),
        "answerable": torch.tensor(
            [-1.0 if row["pair"].answerable is None else float(row["pair"].answerable) for row in rows]
        ),
        "support": torch.tensor(
            [-100 if row["pair"].support is None else row["pair"].support for row in rows]
        ),
    }


def loss_of(model: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Sum of the losses of the three tasks, each a mean over the pairs that have it."""
    import torch
    from torch.nn import functional

    start, end, answerable, support = model(
        batch["input_ids"], batch["attention_mask"], batch["token_type_ids"]
    )
    outside = batch["token_type_ids"] * batch["attention_mask"] == 0
    total = torch.zeros(())
    if (batch["start"] >= 0).any():
        for logits, target in ((start, batch["start"]), (end, batch["end"])):
            masked = logits.float().masked_fill(outside, -1e4)
            total = total + 0.5 * functional.cross_entropy(masked, target, ignore_index=-100)
    asked = batch["answerable"] >= 0
    if asked.any():
        total = total + functional.binary_cross_entropy_with_logits(
            answerable.float()[asked, 0], batch["answerable"][asked]
        )
    if (batch["support"] >= 0).any():
        total = total + functional.cross_entropy(support.float(), batch["support"], ignore_index=-100)
    return total


def epoch_of(groups: Sequence[Sequence[Pair]], claim_share: float, rng: random.Random) -> list[Pair]:
    """All pairs of questions and a share of those of claims, in random order."""
    pairs = [p for group in groups for p in group if p.support is None or rng.random() < claim_share]
    rng.shuffle(pairs)
    return pairs


def batches_of(
    pairs: Sequence[Pair], encoder: Encoder, rng: random.Random
) -> Iterator[dict[str, torch.Tensor]]:
    """Batches of pairs of like length, in random order."""
    for at in range(0, len(pairs), _BATCH * _BUCKETS):
        rows = encoder.encode(pairs[at : at + _BATCH * _BUCKETS])
        rows.sort(key=lambda row: len(row["ids"]))
        parts = [rows[i : i + _BATCH] for i in range(0, len(rows), _BATCH)]
        rng.shuffle(parts)
        yield from map(collate, parts)


def evaluate(model: nn.Module, pairs: Sequence[Pair], encoder: Encoder) -> dict[str, float]:
    """AUC of answerable, share of spans that overlap the answer, accuracy of support, on held-out pairs."""
    import torch
    from sklearn.metrics import roc_auc_score

    model.eval()
    rows = sorted(encoder.encode(pairs), key=lambda row: len(row["ids"]))
    answerable: list[tuple[float, float]] = []
    spans: list[bool] = []
    support: list[bool] = []
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for at in range(0, len(rows), 64):
            batch = collate(rows[at : at + 64])
            start, end, has, holds = model(
                batch["input_ids"], batch["attention_mask"], batch["token_type_ids"]
            )
            outside = batch["token_type_ids"] * batch["attention_mask"] == 0
            first = start.float().masked_fill(outside, -1e4).argmax(1)
            last = end.float().masked_fill(outside, -1e4).argmax(1)
            for i in range(len(has)):
                if batch["answerable"][i] >= 0:
                    answerable.append((batch["answerable"][i].item(), has[i, 0].item()))
                if batch["start"][i] >= 0:
                    spans.append(bool(first[i] <= batch["end"][i] and last[i] >= batch["start"][i]))
                if batch["support"][i] >= 0:
                    support.append(int(holds[i].argmax()) == int(batch["support"][i]))
    model.train()
    return {
        "answerable_auc": float(roc_auc_score(*zip(*answerable, strict=True))),
        "span_overlap": sum(spans) / max(len(spans), 1),
        "support_accuracy": sum(support) / max(len(support), 1),
    }


def train(arguments: argparse.Namespace) -> None:
    """Train for the given minutes, print what is held out, save `reader.pt` and `figures.json`."""
    import torch

    torch.manual_seed(arguments.seed)
    rng = random.Random(arguments.seed)
    encoder = Encoder(arguments.embedder)
    model = build(arguments.embedder)
    model.train()

    def grouped() -> list[list[list[Pair]]]:
        made = [
            maker(folder, rng) for folder in arguments.questions for maker in (question_pairs, sentence_pairs)
        ]
        return [*made, claim_pairs(arguments.claims, arguments.corpus, rng)]

    held_out = [p for groups in grouped() for group in groups[-_held(groups) :] for p in group]
    decay = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}], lr=_PEAK, fused=True
    )
    n_pairs, smoothed, epoch = 0, math.nan, 0
    begun = time.monotonic()
    budget = 60.0 * arguments.minutes
    while (done := (time.monotonic() - begun) / budget) < 1.0:
        groups = [group for made in grouped() for group in made[: -_held(made)]]
        for step, batch in enumerate(batches_of(epoch_of(groups, arguments.claims_share, rng), encoder, rng)):
            done = (time.monotonic() - begun) / budget
            if done >= 1.0:
                break
            for group in optimizer.param_groups:
                group["lr"] = _PEAK * min(done / _WARM_UP, (1.0 - done) / (1.0 - _WARM_UP))
            with torch.autocast("cpu", torch.bfloat16):
                loss = loss_of(model, batch)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            n_pairs += len(batch["start"])
            smoothed = loss.item() if math.isnan(smoothed) else 0.98 * smoothed + 0.02 * loss.item()
            if step % 100 == 0:
                rate = n_pairs / (time.monotonic() - begun)
                sys.stderr.write(f"{done:5.1%}  {n_pairs} pairs  {rate:.1f}/s  loss {smoothed:.3f}\n")
        epoch += 1
    figures = evaluate(model, held_out, encoder) | {"n_pairs_seen": n_pairs, "n_held_out": len(held_out)}
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), arguments.out / "reader.pt")
    (arguments.out / "figures.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(figures) + "\n")


def _held(groups: Sequence[object]) -> int:
    """The last groups are held out: the sets are in the order of their articles."""
    return max(1, round(_HELD_OUT * len(groups)))


def main() -> None:
    """The command line of this module."""
    parser = argparse.ArgumentParser(
        description=__doc__, prog="python -m askive.models.reader.training.train"
    )
    parser.add_argument("--embedder", type=Path, required=True, help="folder of the MiniLM weights")
    parser.add_argument(
        "--questions", type=Path, nargs="+", required=True, help="folders in BEIR form with answers"
    )
    parser.add_argument("--claims", type=Path, required=True, help="SciFact's claims.jsonl")
    parser.add_argument("--corpus", type=Path, required=True, help="SciFact's corpus.jsonl")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--claims-share", type=float, default=0.45)
    parser.add_argument("--seed", type=int, default=1)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
