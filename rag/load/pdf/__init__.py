"""PDF. In: the bytes of a file. Out: a Document with a page for each of its pages."""
