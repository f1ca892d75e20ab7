"""What `askive doctor` examines; nothing is written.

In: the settings. Out: findings, each with a remedy.
"""
