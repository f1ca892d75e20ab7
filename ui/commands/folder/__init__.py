"""Commands that keep a collection in step with folders: its status, watching, backups, checks."""
