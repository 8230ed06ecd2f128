"""Transforms against straightforward NumPy, and their errors."""

import numpy as np
import pytest
from torchere.vision import transforms
from torchere.vision.transforms import (
    Compose,
    Lambda,
    Normalize,
    RandomAffine,
    RandomCrop,
    RandomHorizontalFlip,
    ToTensor,
    Transform,
)

import torchere


def seeded(seed=0):
    return torchere.Generator().manual_seed(seed)


def image(*shape):
    return torchere.arange(int(np.prod(shape))).reshape(shape).float()


def test_to_tensor():
    array = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    tensor = ToTensor()(array)
    assert tensor.shape == (3, 2, 4)
    assert tensor.dtype == torchere.float32
    np.testing.assert_allclose(tensor.numpy(), array.transpose(2, 0, 1) / np.float32(255))
    assert ToTensor()(np.ones((2, 3))).shape == (1, 2, 3)
    assert ToTensor()(np.ones((2, 3))).dtype == torchere.float64
    assert ToTensor()(np.ones((2, 3), bool)).tolist() == [[[1.0] * 3] * 2]


def test_to_tensor_owns_its_memory():
    array = np.zeros((2, 2), np.float32)
    ToTensor()(array).add_(1)
    assert array.max() == 0


def test_to_tensor_errors():
    for wrong in ([1, 2], torchere.zeros(2, 2)):
        with pytest.raises(TypeError, match=r"pic should be PIL Image or ndarray. Got"):
            ToTensor()(wrong)
    with pytest.raises(ValueError, match=r"pic should be 2/3 dimensional. Got 1 dimensions"):
        ToTensor()(np.zeros(3))


def test_normalize():
    x = image(2, 3, 2, 2)
    result = Normalize([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])(x)
    mean, std = np.array([1, 2, 3]).reshape(3, 1, 1), np.array([1, 2, 4]).reshape(3, 1, 1)
    np.testing.assert_allclose(result.numpy(), (x.numpy() - mean) / std)
    assert x[0, 0, 0, 0] == 0
    same = Normalize([1.0], [2.0], inplace=True)(x)
    assert same is x
    assert x[0, 0, 0, 0] == -0.5


def test_normalize_errors():
    with pytest.raises(ValueError, match="std evaluated to zero"):
        Normalize([0.0], [0.0])
    with pytest.raises(TypeError, match=r"should be a float tensor. Got torch.*int64"):
        Normalize([0.0], [1.0])(torchere.zeros(1, 2, 2, dtype=torchere.int64))
    with pytest.raises(ValueError, match=r"shape \(\*, C, H, W\), got \(2, 2\)"):
        Normalize([0.0], [1.0])(torchere.zeros(2, 2))
    with pytest.raises(TypeError, match=r"expects tensors of shape .* got ndarray"):
        Normalize([0.0], [1.0])(np.zeros((1, 2, 2)))


def test_flip():
    x = image(1, 2, 3)
    assert RandomHorizontalFlip(1.0)(x).tolist() == [[[2, 1, 0], [5, 4, 3]]]
    assert RandomHorizontalFlip(0.0)(x) is x
    flip = RandomHorizontalFlip(0.3, generator=seeded())
    flipped = sum(flip(x)[0, 0, 0].item() == 2 for _ in range(400))
    assert 80 < flipped < 160
    with pytest.raises(ValueError, match=r"p should be within 0..1"):
        RandomHorizontalFlip(1.5)


def test_crop_windows_are_all_equally_likely():
    crop = RandomCrop(2, generator=seeded())
    seen = {}
    for _ in range(400):
        window = crop(image(1, 3, 4))
        assert window.shape == (1, 2, 2)
        corner = int(window[0, 0, 0].item())
        assert window.tolist() == [[[corner, corner + 1], [corner + 4, corner + 5]]]
        seen[corner] = seen.get(corner, 0) + 1
    assert sorted(seen) == [0, 1, 2, 4, 5, 6]
    assert min(seen.values()) > 40


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
@pytest.mark.parametrize(
    ("padding", "rows", "columns"), [(1, (1, 1), (1, 1)), ((1, 2), (2, 2), (1, 1)), ((0, 1, 2, 0), (1, 0), (0, 2))]
)
def test_crop_padding(mode, padding, rows, columns):
    x = image(1, 3, 4)
    options = {"constant_values": 7} if mode == "constant" else {}
    padded = np.pad(x.numpy(), ((0, 0), rows, columns), mode=mode, **options)
    crop = RandomCrop(padded.shape[1:], padding, fill=7, padding_mode=mode)
    np.testing.assert_array_equal(crop(x).numpy(), padded)


def test_crop_errors():
    with pytest.raises(ValueError, match=r"required crop size \(4, 4\) is larger than the padded image \(3, 4\)"):
        RandomCrop(4)(image(1, 3, 4))
    assert RandomCrop(4, pad_if_needed=True)(image(1, 3, 4)).shape == (1, 4, 4)
    with pytest.raises(ValueError, match="padding_mode should be one of constant, edge"):
        RandomCrop(4, padding_mode="mirror")
    with pytest.raises(ValueError, match="1, 2, or 4 element tuple, not a 3"):
        RandomCrop(4, padding=(1, 2, 3))


def affine_by_loops(x, angle, right, down, factor, fill):
    """Inverse mapping with bilinear interpolation, pixel by pixel."""
    height, width = x.shape
    result = np.zeros((height, width))
    turn = np.deg2rad(angle)
    forward = factor * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    for row in range(height):
        for column in range(width):
            place = np.linalg.solve(forward, np.array([column, row]) - centre - [right, down]) + centre
            left, top = np.floor(place).astype(int)
            for y in (top, top + 1):
                for c in (left, left + 1):
                    weight = (1 - abs(place[0] - c)) * (1 - abs(place[1] - y))
                    inside = 0 <= y < height and 0 <= c < width
                    result[row, column] += weight * (x[y, c] if inside else fill)
    return result


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("fill", [0, 2.5])
def test_affine_against_loops(seed, fill):
    affine = RandomAffine(40, (0.3, 0.2), (0.6, 1.5), fill=fill)
    x = torchere.rand(2, 5, 7, dtype=torchere.float64, generator=seeded(seed))
    drawn = affine.draw(5, 7, seeded(seed))
    result = affine.apply(x, **drawn)
    assert result.shape == x.shape
    for channel in range(2):
        expected = affine_by_loops(x[channel].numpy(), fill=fill, **drawn)
        np.testing.assert_allclose(result[channel].numpy(), expected, atol=1e-12)


def test_affine_that_does_nothing_and_that_turns():
    x = image(1, 3, 3)
    np.testing.assert_allclose(RandomAffine(0)(x).numpy(), x.numpy(), atol=1e-6)
    quarter = RandomAffine((90, 90))(x)  # clockwise: the left column becomes the top row
    np.testing.assert_allclose(quarter.numpy(), np.rot90(x.numpy(), -1, (1, 2)), atol=1e-5)


def test_affine_ranges():
    affine = RandomAffine(10, (0.1, 0.2), (0.5, 2.0), generator=seeded())
    drawn = [affine.draw(20, 10, affine.generator) for _ in range(300)]
    for key, low, high in (("angle", -10, 10), ("right", -1, 1), ("down", -4, 4), ("factor", 0.5, 2)):
        values = [one[key] for one in drawn]
        assert low <= min(values) < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < max(values) <= high


def test_affine_errors():
    with pytest.raises(ValueError, match="single degrees value should be positive"):
        RandomAffine(-1)
    with pytest.raises(ValueError, match="translation values should be between 0 and 1"):
        RandomAffine(0, (2, 0))
    with pytest.raises(ValueError, match="scale values should be positive"):
        RandomAffine(0, scale=(0, 1))
    with pytest.raises(TypeError, match="expected a floating image"):
        RandomAffine(0)(torchere.zeros(1, 2, 2, dtype=torchere.uint8))


def test_image_and_mask_share_one_draw():
    chain = Compose([RandomCrop(4, padding=2), RandomHorizontalFlip(), RandomAffine(0, (0.4, 0.4))])
    for _ in range(5):
        x = torchere.rand(1, 6, 6)
        first, second = chain(x, x.clone())
        assert first.shape == (1, 4, 4)
        assert first.tolist() == second.tolist()


def test_compose_and_lambda():
    assert Compose([Lambda(lambda x: x + 1), lambda x: x * 2])(3) == 8
    with pytest.raises(TypeError, match="lambd should be callable, got 'int'"):
        Lambda(3)
    text = repr(Compose([ToTensor(), Normalize([0.5], [0.5]), RandomHorizontalFlip()]))
    assert text == "Compose(\n    ToTensor()\n    Normalize(mean=[0.5], std=[0.5])\n    RandomHorizontalFlip(p=0.5)\n)"


def test_global_seed_decides():
    def draw(seed):
        torchere.manual_seed(seed)
        return RandomAffine(30)(image(1, 4, 4)).tolist()

    assert draw(1) == draw(1) != draw(2)


def test_transform_without_apply():
    with pytest.raises(NotImplementedError, match="must define apply"):
        Transform()(image(2, 2))


def test_unknown_names():
    with pytest.raises(AttributeError, match="NoSuchTransform"):
        transforms.NoSuchTransform  # noqa: B018
    assert not hasattr(transforms, "__wrapped__")
