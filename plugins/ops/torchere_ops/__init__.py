"""The standard operators: signature, documentation, decomposition and gradient of each; no device code."""
