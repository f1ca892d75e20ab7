"""The Model Context Protocol: tools and resources for language models, over stdio and streamable HTTP.

In: requests of a host. Out: the same answers as over HTTP, as text to read and as structured content with spans.
"""
