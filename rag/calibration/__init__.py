"""Fitted logistic models and their weights.

In: features of an answer or a sentence. Out: a probability. `eval/calibration` fits the models.
"""
