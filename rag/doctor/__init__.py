"""The checks of `askive doctor`; read-only.

In: the settings. Out: findings, each with a remedy.
"""
