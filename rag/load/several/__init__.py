"""Files that hold several documents. In: the bytes of a file, and a rule. Out: its documents, in their order."""
