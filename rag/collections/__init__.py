"""Collections: their names and folders, who may write, how one takes the place of another.

In: the settings and a name. Out: an opened Archive, or an error that names the collection.
"""
