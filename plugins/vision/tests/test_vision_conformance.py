"""Datasets and transforms pass the conformance kit."""

from __future__ import annotations

from torchere.vision import transforms
from torchere.vision.datasets import Digits

from torchere.testing import A, DatasetConformance, Sample, TransformConformance

IMAGE = [A(3, 8, 8, low=0.0, high=1.0)]


class TestDigits(DatasetConformance):
    make = Digits


class TestNormalize(TransformConformance):
    make = transforms.Normalize
    samples = (Sample((0.5,) * 3, (0.25,) * 3, inputs=IMAGE, output=(3, 8, 8), bounds=(-2, 2)),)


class TestRandomCrop(TransformConformance):
    make = transforms.RandomCrop
    samples = (Sample(6, padding=1, inputs=IMAGE, output=(3, 6, 6), bounds=(0, 1)),)


class TestRandomHorizontalFlip(TransformConformance):
    make = transforms.RandomHorizontalFlip
    samples = (Sample(inputs=IMAGE, output=(3, 8, 8), bounds=(0, 1)),)


class TestRandomAffine(TransformConformance):
    make = transforms.RandomAffine
    samples = (Sample(10, inputs=IMAGE, output=(3, 8, 8), bounds=(0, 1)),)


class TestCompose(TransformConformance):
    make = transforms.Compose
    samples = (Sample([transforms.RandomCrop(6), transforms.RandomHorizontalFlip()], inputs=IMAGE, output=(3, 6, 6)),)
