"""Suites: questions with what is accepted, and the documents they are asked of."""

from askive.eval.datasets.discover import BUILT_IN, Found, discover, open_suite
from askive.eval.datasets.suite import GoldQuote, Sample, Suite, split_of

__all__ = ["BUILT_IN", "Found", "GoldQuote", "Sample", "Suite", "discover", "open_suite", "split_of"]
