import models  # noqa: F401  Goes offline before anything else is imported.
