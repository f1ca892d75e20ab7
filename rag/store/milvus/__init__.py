"""Collections in Milvus, for several machines: documents, passages, vectors and full text on a server.

In: an address and a name. Out: a store with its indexes, behind the protocols of `askive.rag.store.protocols`.
"""
