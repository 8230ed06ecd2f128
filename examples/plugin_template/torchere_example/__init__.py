"""One plugin of each kind for torchere. The entry points in pyproject.toml name them; importing this imports none."""

__version__ = "1.0.0"
