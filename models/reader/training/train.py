"""Trains the reader: `python -m askive.models.reader.training.train --help`.

A cross-encoder on the weights of the embedder (MiniLM, 6 layers) with four heads: where the answer is (start and end
of a span, as in BERT for SQuAD), whether there is one, whether a text supports or contradicts a claim or neither, and
whether it answers a yes/no question with yes, no or not at all. The learning rate falls with the clock, so that a run
takes the time it is given. Every ten minutes it writes a checkpoint, from which the same command continues.
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

from askive.models.reader.training.labelled import labelled_pairs
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
_CHECKPOINT_S = 600.0


def build(weights: Path) -> nn.Module:
    """The encoder of `weights` with fresh heads.

    forward(input_ids, attention_mask, token_type_ids), each (n, length), gives start and end logits
    (n, length), answerable logits (n, 1), support logits (n, 3) and yes/no logits (n, 3).
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
            self.pair = nn.Sequential(nn.Linear(3 * width, width), nn.GELU(), nn.Linear(width, 7))

        def forward(
            self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
        ) -> tuple[torch.Tensor, ...]:
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
            return spans[..., 0], spans[..., 1], heads[:, :1], heads[:, 1:4], heads[:, 4:]

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
        "yes_no": torch.tensor([-100 if row["pair"].yes_no is None else row["pair"].yes_no for row in rows]),
    }


def loss_of(model: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Sum of the losses of the four tasks, each a mean over the pairs that have it."""
    import torch
    from torch.nn import functional

    start, end, answerable, support, yes_no = model(
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
    for logits, target in ((support, batch["support"]), (yes_no, batch["yes_no"])):
        if (target >= 0).any():
            total = total + functional.cross_entropy(logits.float(), target, ignore_index=-100)
    return total


def epoch_of(groups: Sequence[Sequence[Pair]], question_share: float, rng: random.Random) -> list[Pair]:
    """All pairs of claims and yes/no questions and a share of the others, in random order."""
    pairs = [p for group in groups for p in group if p.answerable is None or rng.random() < question_share]
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
    """Figures on held-out pairs: AUC of answerable and of support, share of spans that overlap the answer, balanced
    accuracy of support and yes/no; those that the pairs have labels for.
    """
    import torch
    from sklearn.metrics import balanced_accuracy_score, roc_auc_score

    model.eval()
    rows = sorted(encoder.encode(pairs), key=lambda row: len(row["ids"]))
    answerable: list[tuple[float, float]] = []
    spans: list[bool] = []
    support: list[tuple[int, int, float]] = []
    yes_no: list[tuple[int, int]] = []
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for at in range(0, len(rows), 64):
            batch = collate(rows[at : at + 64])
            start, end, has, holds, says = model(
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
                    shares = torch.softmax(holds[i].float(), 0)
                    support.append((int(batch["support"][i]), int(holds[i].argmax()), float(shares[0])))
                if batch["yes_no"][i] >= 0:
                    yes_no.append((int(batch["yes_no"][i]), int(says[i].argmax())))
    model.train()
    figures = {"n": float(len(pairs))}
    if len({label for label, _ in answerable}) > 1:
        figures["answerable_auc"] = float(roc_auc_score(*zip(*answerable, strict=True)))
    if spans:
        figures["span_overlap"] = sum(spans) / len(spans)
    if support:
        labels, chosen, supports = zip(*support, strict=True)
        figures["support_balanced_accuracy"] = float(balanced_accuracy_score(labels, chosen))
        figures["support_auc"] = float(roc_auc_score([label == 0 for label in labels], supports))
    if yes_no:
        figures["yes_no_balanced_accuracy"] = float(balanced_accuracy_score(*zip(*yes_no, strict=True)))
    return figures


def train(arguments: argparse.Namespace) -> None:
    """Train for the given minutes, print the figures of held-out pairs, save `reader.pt` and `figures.json`."""
    import torch

    torch.manual_seed(arguments.seed)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    rng = random.Random(arguments.seed)
    encoder = Encoder(arguments.embedder)
    model = build(arguments.embedder)
    model.train()
    decay = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}], lr=_PEAK, fused=True
    )
    arguments.out.mkdir(parents=True, exist_ok=True)
    checkpoint = arguments.out / "checkpoint.pt"
    n_pairs, spent, smoothed = 0, 0.0, math.nan
    if checkpoint.is_file():
        kept = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(kept["model"])
        optimizer.load_state_dict(kept["optimizer"])
        n_pairs, spent = kept["n_pairs"], kept["spent"]
        rng.seed(f"{arguments.seed} {n_pairs}")
    begun, saved = time.monotonic() - spent, time.monotonic()
    budget = 60.0 * arguments.minutes
    while (done := (time.monotonic() - begun) / budget) < 1.0:
        groups = [group for made in _training_groups(arguments, rng) for group in made]
        pairs = epoch_of(groups, arguments.questions_share, rng)
        for step, batch in enumerate(batches_of(pairs, encoder, rng)):
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
                sys.stderr.write(
                    f"{done:5.1%}  {n_pairs} of {len(pairs)} pairs  {rate:.1f}/s  loss {smoothed:.3f}\n"
                )
            if time.monotonic() - saved > _CHECKPOINT_S:
                saved = time.monotonic()
                state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
                torch.save({**state, "n_pairs": n_pairs, "spent": saved - begun}, checkpoint)
    torch.save(model.state_dict(), arguments.out / "reader.pt")
    figures = {"n_pairs_seen": n_pairs, "held_out": _held_out_figures(model, encoder, arguments)}
    text = json.dumps(figures, indent=2) + "\n"
    (arguments.out / "figures.json").write_text(text, encoding="utf-8")
    sys.stdout.write(text)


def _training_groups(arguments: argparse.Namespace, rng: random.Random) -> Iterator[list[list[Pair]]]:
    """The groups of each source that are trained on."""
    for _, groups in _unlabelled_sources(arguments, rng):
        yield groups[: -_held(groups)]
    for folder in arguments.labelled:
        yield labelled_pairs(folder, rng, held_out=False)


def _held_out_figures(
    model: nn.Module, encoder: Encoder, arguments: argparse.Namespace
) -> dict[str, dict[str, float]]:
    """The figures of each source by itself."""
    rng = random.Random(arguments.seed)
    held_out = {name: groups[-_held(groups) :] for name, groups in _unlabelled_sources(arguments, rng)}
    held_out |= {folder.name: labelled_pairs(folder, rng, held_out=True) for folder in arguments.labelled}
    return {
        name: evaluate(model, [p for group in groups for p in group], encoder)
        for name, groups in held_out.items()
    }


def _unlabelled_sources(
    arguments: argparse.Namespace, rng: random.Random
) -> Iterator[tuple[str, list[list[Pair]]]]:
    """Groups made from articles with questions, and from claims with evidence, in the order of their articles."""
    for folder in arguments.questions:
        yield folder.name, question_pairs(folder, rng)
        yield f"{folder.name}, sentences", sentence_pairs(folder, rng)
    if arguments.claims:
        yield "claims", claim_pairs(arguments.claims, arguments.corpus, rng)


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
        "--questions", type=Path, nargs="*", default=[], help="folders in BEIR form with answers"
    )
    parser.add_argument(
        "--labelled", type=Path, nargs="*", default=[], help="folders with support, yesno or qa.jsonl"
    )
    parser.add_argument("--claims", type=Path, help="SciFact's claims.jsonl")
    parser.add_argument("--corpus", type=Path, help="SciFact's corpus.jsonl, with --claims")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=0, help="of torch; all cores by default")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument(
        "--questions-share", type=float, default=0.5, help="of the pairs of questions, each pass"
    )
    parser.add_argument("--seed", type=int, default=1)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
