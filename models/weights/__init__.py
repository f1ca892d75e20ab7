"""Weights on disk: the catalog, download, verification, and the user's own models.

In: a model id and the models folder. Out: the paths of complete, verified files.
"""
