"""Models behind an HTTP server that speaks the OpenAI API.

In: the same calls that a local model takes. Out: the same vectors and tokens, or an EndpointError.
"""
