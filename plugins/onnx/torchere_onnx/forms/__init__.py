"""The ONNX forms of the standard operators, by family."""
