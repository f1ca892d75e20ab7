"""Upkeep of collections: watching folders, backups, checks and repairs.

In: the settings and paths. Out: collections in step with their folders, backup files, findings.
"""
