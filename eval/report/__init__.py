"""Runs as one self-contained HTML page, and as Markdown."""

from askive.eval.report.page import write_report

__all__ = ["write_report"]
