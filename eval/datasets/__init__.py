"""Suites: questions with accepted answers, and their documents."""

from askive.eval.datasets.discover import BUILT_IN, Discovery, discover, open_suite
from askive.eval.datasets.suite import GoldQuote, Sample, Suite, split_of

__all__ = ["BUILT_IN", "Discovery", "GoldQuote", "Sample", "Suite", "discover", "open_suite", "split_of"]
