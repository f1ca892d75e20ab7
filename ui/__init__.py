from askive import models  # noqa: F401  Goes offline before anything else is imported.

if not __name__.startswith("askive."):
    raise ImportError(f"this folder is the package askive.ui: write `import askive.ui`, not `{__name__}`")
