"""Mail. In: the bytes of a message or a mailbox. Out: a Document with a section for each part."""
