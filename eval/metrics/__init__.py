"""What is measured, each figure with an interval."""

from eval.metrics.bootstrap import Estimate, bootstrap
from eval.metrics.figures import FIGURES, Figure, estimate, estimate_all
from eval.metrics.scores import score_row

__all__ = ["FIGURES", "Estimate", "Figure", "bootstrap", "estimate", "estimate_all", "score_row"]
