"""The conformance kit that every plugin runs, ours and third parties'."""

from torchere.testing.cases import A, Case, ErrorCase, I, Values

__all__ = ["A", "Case", "ErrorCase", "I", "Values"]
