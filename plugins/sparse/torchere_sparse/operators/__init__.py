"""Declarations of what sparse tensors have beside the operators of all tensors."""
