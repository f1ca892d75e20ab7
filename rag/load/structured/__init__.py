"""Files of records: captions, JSON, notebooks, calendars. In: bytes. Out: a Document with a line or block for each."""
