"""Collections: names, folders, locks and atomic replacement.

In: the settings and a name. Out: an open Archive, or an error that names the collection.
"""
