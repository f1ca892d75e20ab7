"""Runs of a suite through a pipeline: record, rows, comparison, gate and judge.

In: a suite, models and settings. Out: a run folder, and comparisons of two runs.
"""
