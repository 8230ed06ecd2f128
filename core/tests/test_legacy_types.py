"""``torch.FloatTensor`` and its like, ``Tensor.new``, defaults by type, thread counts, small questions."""

import pytest

import torchere as torch

NAMES = {
    "FloatTensor": torch.float32,
    "DoubleTensor": torch.float64,
    "HalfTensor": torch.float16,
    "BFloat16Tensor": torch.bfloat16,
    "ByteTensor": torch.uint8,
    "CharTensor": torch.int8,
    "ShortTensor": torch.int16,
    "IntTensor": torch.int32,
    "LongTensor": torch.int64,
    "BoolTensor": torch.bool,
}


@pytest.mark.parametrize("name", NAMES)
def test_constructors(name):
    kind, dtype = getattr(torch, name), NAMES[name]
    assert kind.dtype is dtype
    assert repr(kind) == f"<class 'torch.{name}'>"
    assert kind(2, 3).shape == (2, 3)
    assert kind().shape == (0,)
    made = kind([[1, 0]])
    assert type(made) is torch.Tensor
    assert made.dtype is dtype
    assert made.tolist() == [[1, 0]]
    assert isinstance(made, kind)
    other = torch.LongTensor if kind is not torch.LongTensor else torch.FloatTensor
    assert not isinstance(made, other)
    assert not isinstance(1, kind)
    assert made.type() == f"torch.{name}"
    for asked in (kind, f"torch.{name}"):
        assert torch.ones(2).type(asked).dtype is dtype
    assert kind(made).data_ptr() == made.data_ptr()
    with pytest.raises(RuntimeError, match="expects device type: cpu but device type: cuda"):
        kind(2, device="cuda")
    with pytest.raises(TypeError, match="Convert it"):
        kind(other([1]))
    with pytest.raises(TypeError):
        kind("text")


def test_new():
    long = torch.ones(2, dtype=torch.int64)
    assert long.new(2, 3).shape == (2, 3)
    assert long.new(torch.Size([4])).shape == (4,)
    assert long.new().dtype is torch.int64
    assert torch.ones(1).new([1, 2]).tolist() == [1.0, 2.0]


def test_default_tensor_type():
    before = torch.get_default_dtype()
    try:
        torch.set_default_tensor_type("torch.DoubleTensor")
        assert torch.tensor(1.0).dtype is torch.float64
        torch.set_default_tensor_type(torch.FloatTensor)
        assert torch.tensor(1.0).dtype is torch.float32
        with pytest.raises(TypeError, match="only floating-point types"):
            torch.set_default_tensor_type(torch.LongTensor)
        with pytest.raises(TypeError, match="invalid type object"):
            torch.set_default_tensor_type("torch.NoTensor")
    finally:
        torch.set_default_dtype(before)


def test_small_questions():
    assert torch.is_signed(torch.ones(1))
    assert not torch.is_signed(torch.ones(1, dtype=torch.uint8))
    assert not torch.is_conj(torch.ones(1))
    assert not torch.is_neg(torch.ones(1))
    with pytest.raises(TypeError, match=r"is_signed\(\): argument 'input'"):
        torch.is_signed(1)
    with pytest.raises(RuntimeError, match=r"complex32.*cfloat"):
        torch.ones(1).chalf()
    assert torch.set_flush_denormal(False)
    assert not torch.set_flush_denormal(True)
    with pytest.raises(TypeError):
        torch.set_flush_denormal("yes")


def test_interop_threads(monkeypatch):
    from torchere import threads

    monkeypatch.setattr(threads, "_interop", [])
    assert torch.get_num_interop_threads() >= 1
    torch.set_num_interop_threads(3)
    assert torch.get_num_interop_threads() == 3
    with pytest.raises(RuntimeError, match="positive integer"):
        torch.set_num_interop_threads(0)


def test_version_config_and_accelerator():
    assert torch.version.__version__ == torch.__version__
    assert torch.version.cuda is None
    assert torch.version.hip is None
    assert torch.version.debug is False
    assert "NumPy" in torch.__config__.show()
    assert "num_threads" in torch.__config__.parallel_info()
    if torch.accelerator.is_available():
        assert torch.accelerator.device_count() >= 1
        assert torch.accelerator.current_accelerator().type != "cpu"
        return
    assert torch.accelerator.device_count() == 0
    assert torch.accelerator.current_accelerator() is None
    for call in (torch.accelerator.current_device_index, torch.accelerator.synchronize, torch.accelerator.empty_cache):
        with pytest.raises(RuntimeError, match="when none is available"):
            call()
    with pytest.raises(RuntimeError, match="when none is available"):
        torch.accelerator.set_device_index(0)


def test_accelerator_with_a_device(monkeypatch):
    class Backend:
        name = "imaginary"
        waited = None

        def count(self):
            return 2

        def synchronize(self, index=None):
            self.waited = index

    backend = Backend()
    monkeypatch.setattr(torch.accelerator, "_backend", lambda: backend)
    assert torch.accelerator.device_count() == 2
    assert torch.accelerator.current_accelerator() == torch.device("imaginary")
    with torch.accelerator.device_index(1):
        assert torch.accelerator.current_device_index() == 1
        torch.accelerator.synchronize()
    assert backend.waited == 1
    assert torch.accelerator.current_device_index() == 0
    with pytest.raises(ValueError, match="doesn't match the current accelerator"):
        torch.accelerator.set_device_index("cpu:0")
    with pytest.raises(RuntimeError, match="out of range"):
        torch.accelerator.set_device_index(2)
