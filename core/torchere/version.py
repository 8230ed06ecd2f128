"""The version of this distribution."""

__all__ = ["__version__", "cuda", "debug", "git_version", "hip", "xpu"]

__version__ = "0.1.0"

#: Versions of the toolkits PyTorch would be built with. Nothing is built: device plugins bring their own libraries.
cuda: str | None = None
hip: str | None = None
xpu: str | None = None
debug = False
git_version: str | None = None
