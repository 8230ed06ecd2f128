"""Devices from Array-API namespaces: `ArrayApiDevice(name, xp, device).register(registry)` is a whole plugin."""

from .device import ArrayApiDevice

__all__ = ["ArrayApiDevice"]
