"""Whole runs with the real weights."""
