"""The models, and what keeps every library under them offline."""

from models.offline import go_offline

go_offline()
