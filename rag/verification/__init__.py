"""Checking of claims: rules and a fitted model compare a sentence with the sources it cites.

In: a sentence and source texts. Out: its citations and a verdict.
"""
