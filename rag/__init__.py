from askive import models  # noqa: F401  Goes offline before anything else is imported.

if not __name__.startswith("askive."):
    raise ImportError(f"this folder is the package askive.rag: write `import askive.rag`, not `{__name__}`")
