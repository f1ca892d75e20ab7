"""Fitting of the models in `rag/calibration`.

In: suites, or sheets of annotated sentences. Out: JSON files with the fitted weights.
"""
