"""Layers pass the conformance kit, each with its documented output shape."""

from __future__ import annotations

from torchere import nn
from torchere.testing import A, I, LayerConformance, Sample

SAMPLES: dict[str, list[Sample]] = {
    "Linear": [
        Sample(3, 5, inputs=[A(2, 4, 3)], output=(2, 4, 5)),
        Sample(3, 5, bias=False, inputs=[A(3)], output=(5,)),
    ],
    "Bilinear": [Sample(3, 4, 5, inputs=[A(2, 3), A(2, 4)], output=(2, 5))],
    "Conv1d": [Sample(3, 4, 3, stride=2, padding=1, inputs=[A(2, 3, 7)], output=(2, 4, 4))],
    "Conv2d": [
        Sample(4, 6, 3, groups=2, dilation=2, inputs=[A(2, 4, 8, 7)], output=(2, 6, 4, 3)),
        Sample(1, 2, 3, padding="same", padding_mode="reflect", inputs=[A(1, 5, 5)], output=(2, 5, 5)),
    ],
    "Conv3d": [Sample(2, 3, 2, inputs=[A(1, 2, 3, 4, 5)], output=(1, 3, 2, 3, 4))],
    "ConvTranspose1d": [Sample(3, 2, 3, stride=2, inputs=[A(2, 3, 4)], output=(2, 2, 9))],
    "ConvTranspose2d": [
        Sample(3, 2, 3, stride=2, padding=1, output_padding=1, inputs=[A(1, 3, 4, 4)], output=(1, 2, 8, 8))
    ],
    "ConvTranspose3d": [Sample(1, 2, 2, inputs=[A(1, 1, 2, 2, 2)], output=(1, 2, 3, 3, 3))],
    "BatchNorm1d": [Sample(3, inputs=[A(4, 3)], output=(4, 3)), Sample(3, inputs=[A(4, 3, 5)], output=(4, 3, 5))],
    "BatchNorm2d": [Sample(3, affine=False, inputs=[A(4, 3, 2, 2)], output=(4, 3, 2, 2))],
    "BatchNorm3d": [Sample(2, momentum=None, inputs=[A(3, 2, 2, 2, 2)], output=(3, 2, 2, 2, 2))],
    "InstanceNorm1d": [Sample(3, affine=True, inputs=[A(4, 3, 5)], output=(4, 3, 5))],
    "InstanceNorm2d": [Sample(3, track_running_stats=True, inputs=[A(4, 3, 2, 3)], output=(4, 3, 2, 3))],
    "LayerNorm": [Sample((3, 4), inputs=[A(2, 3, 4)], output=(2, 3, 4))],
    "GroupNorm": [Sample(2, 4, inputs=[A(3, 4, 5)], output=(3, 4, 5))],
    "RMSNorm": [Sample(4, inputs=[A(2, 4)], output=(2, 4))],
    "LocalResponseNorm": [Sample(2, inputs=[A(2, 4, 3)], output=(2, 4, 3))],
    "Embedding": [Sample(7, 3, padding_idx=0, inputs=[I(2, 4, high=7)], output=(2, 4, 3))],
    "EmbeddingBag": [Sample(7, 3, inputs=[I(2, 4, high=7)], output=(2, 3))],
    "RNN": [Sample(3, 4, num_layers=2, inputs=[A(5, 2, 3)], output=(5, 2, 4))],
    "LSTM": [
        Sample(3, 4, inputs=[A(5, 2, 3)], output=(5, 2, 4)),
        Sample(3, 4, batch_first=True, bidirectional=True, inputs=[A(2, 5, 3)], output=(2, 5, 8)),
    ],
    "GRU": [Sample(3, 4, bias=False, inputs=[A(5, 3)], output=(5, 4))],
    "RNNCell": [Sample(3, 4, inputs=[A(2, 3)], output=(2, 4))],
    "LSTMCell": [Sample(3, 4, inputs=[A(2, 3)], output=(2, 4))],
    "GRUCell": [Sample(3, 4, inputs=[A(2, 3)], output=(2, 4))],
    "MultiheadAttention": [
        Sample(4, 2, batch_first=True, inputs=[A(2, 3, 4), A(2, 5, 4), A(2, 5, 4)], output=(2, 3, 4))
    ],
    "TransformerEncoderLayer": [
        Sample(4, 2, 6, norm_first=True, batch_first=True, inputs=[A(2, 3, 4)], output=(2, 3, 4)),
    ],
    "TransformerDecoderLayer": [Sample(4, 2, 6, inputs=[A(3, 2, 4), A(5, 2, 4)], output=(3, 2, 4))],
    "Transformer": [Sample(4, 2, 1, 1, 6, inputs=[A(3, 2, 4), A(5, 2, 4)], output=(5, 2, 4))],
    "MaxPool1d": [Sample(2, inputs=[A(2, 3, 6)], output=(2, 3, 3))],
    "MaxPool2d": [Sample(3, 2, 1, ceil_mode=True, inputs=[A(2, 3, 6, 6)], output=(2, 3, 4, 4))],
    "AvgPool2d": [Sample(2, inputs=[A(2, 3, 6, 5)], output=(2, 3, 3, 2))],
    "AdaptiveAvgPool2d": [Sample((1, None), inputs=[A(2, 3, 6, 5)], output=(2, 3, 1, 5))],
    "AdaptiveMaxPool1d": [Sample(3, inputs=[A(2, 3, 7)], output=(2, 3, 3))],
    "Dropout": [Sample(0.5, inputs=[A(4, 5)], output=(4, 5))],
    "Dropout2d": [Sample(0.5, inputs=[A(2, 3, 4, 4)], output=(2, 3, 4, 4))],
    "AlphaDropout": [Sample(0.5, inputs=[A(4, 5)], output=(4, 5))],
    "ReLU": [Sample(inputs=[A(2, 3)], output=(2, 3))],
    "PReLU": [Sample(3, inputs=[A(2, 3, 4)], output=(2, 3, 4))],
    "GELU": [Sample(approximate="tanh", inputs=[A(2, 3)], output=(2, 3))],
    "Softmax": [Sample(dim=1, inputs=[A(2, 3)], output=(2, 3))],
    "GLU": [Sample(inputs=[A(2, 6)], output=(2, 3))],
    "Flatten": [Sample(inputs=[A(2, 3, 4)], output=(2, 12))],
    "Unflatten": [Sample(1, (2, 3), inputs=[A(4, 6)], output=(4, 2, 3))],
    "PixelShuffle": [Sample(2, inputs=[A(1, 8, 2, 3)], output=(1, 2, 4, 6))],
    "Upsample": [Sample(scale_factor=2, mode="bilinear", inputs=[A(1, 2, 3, 4)], output=(1, 2, 6, 8))],
    "ReflectionPad2d": [Sample((1, 1, 2, 0), inputs=[A(1, 2, 3, 4)], output=(1, 2, 5, 6))],
    "ZeroPad2d": [Sample(1, inputs=[A(1, 2, 3, 4)], output=(1, 2, 5, 6))],
    "CrossEntropyLoss": [Sample(label_smoothing=0.1, inputs=[A(4, 3), I(4, high=3)], output=())],
    "MSELoss": [Sample(reduction="none", inputs=[A(4, 3), A(4, 3)], output=(4, 3))],
    "CosineSimilarity": [Sample(inputs=[A(4, 3), A(4, 3)], output=(4,))],
}

for _name, _samples in SAMPLES.items():
    globals()[f"Test{_name}"] = type(
        f"Test{_name}", (LayerConformance,), {"make": getattr(nn, _name), "samples": _samples, "__module__": __name__}
    )
