"""In: the cells of a table, from any kind of file. Out: a line of text for each row, with its column heads."""
