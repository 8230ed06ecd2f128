"""``torchere.backends.mps``: Apple's GPUs, for which there is no device plugin."""

from __future__ import annotations

from torchere.errors import DeviceError

__all__ = ["get_core_count", "get_name", "is_available", "is_built", "is_macos13_or_newer", "is_macos_or_newer"]


def is_built() -> bool:
    """Whether a plugin provides the device ``mps``."""
    from torchere import plugins

    return "mps" in plugins.manager.names("device")


def is_available() -> bool:
    """Whether the device ``mps`` can be used."""
    if not is_built():
        return False
    from torchere.backend import backend_of

    try:
        return backend_of("mps").count() > 0
    except Exception:  # a plugin without hardware or library
        return False


def _refuse(what: str) -> DeviceError:
    return DeviceError(f"mps.{what}(): there is no device mps here. Ask torch.backends.mps.is_available() first.")


def get_core_count() -> int:
    """Cores of the GPU. RuntimeError without one."""
    raise _refuse("get_core_count")


def get_name() -> str:
    """Name of the GPU. RuntimeError without one."""
    raise _refuse("get_name")


def is_macos_or_newer(major: int, minor: int) -> bool:
    """Whether the system is macOS of this version or a later one. RuntimeError elsewhere."""
    import platform

    found = platform.mac_ver()[0]
    if not found:
        raise _refuse("is_macos_or_newer")
    return tuple(int(part) for part in f"{found}.0".split(".")[:2]) >= (major, minor)


def is_macos13_or_newer(minor: int = 0) -> bool:
    """Whether the system is macOS 13 or later. RuntimeError elsewhere."""
    return is_macos_or_newer(13, minor)
