"""One module for each command of `askive`; what they share is in `ui/terminal`."""
