"""Comparisons with baselines; `README.md` has the tables. Not part of the wheel.

In: the shipped models and public suites. Out: the records in `results/`.
"""
