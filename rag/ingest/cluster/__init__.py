"""Reading and embedding on the machines of a Ray cluster.

In: the bytes of files, and texts. Out: documents with their passages, and vectors, as the processes of one machine make
them.
"""
