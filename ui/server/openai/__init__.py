"""The routes of the OpenAI API: chat completions, responses, models and embeddings.

In: requests as OpenAI clients send them. Out: answers with numbered notes and annotations, and as a whole in `askive`.
"""
