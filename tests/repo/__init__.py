"""Rules of the repository itself: layers, public names, packaging, the README."""
