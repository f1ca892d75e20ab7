"""Metrics, each with a confidence interval."""

from askive.eval.metrics.bootstrap import Estimate, bootstrap
from askive.eval.metrics.figures import FIGURES, Figure, estimate, estimate_all
from askive.eval.metrics.scores import score_row

__all__ = ["FIGURES", "Estimate", "Figure", "bootstrap", "estimate", "estimate_all", "score_row"]
