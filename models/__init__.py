"""The models. Importing this package keeps every library under it offline."""

from askive.models.offline import go_offline

go_offline()

if not __name__.startswith("askive."):
    raise ImportError(
        f"this folder is the package askive.models: write `import askive.models`, not `{__name__}`"
    )
