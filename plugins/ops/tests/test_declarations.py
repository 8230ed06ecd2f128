"""Every declaration is documented, typed, published under its names, differentiable as declared, and has cases."""

from torchere.testing import OperatorConformance


class TestStandardOperators(OperatorConformance):
    library = "standard"
    tier = 0
