"""Large folders: `python -m tests.torture.volume`."""
