"""What only a GPU can show."""

import pytest

import torchere as torch
from torchere.testing import DeviceConformance

if not torch.cuda.is_available():
    pytest.skip("no GPU that CuPy can use", allow_module_level=True)


class TestCuda(DeviceConformance):
    device = "cuda"
    tier = 3


def test_views_share_memory():
    x = torch.zeros(3, 4, device="cuda")
    x.t()[1] = 5
    assert x[:, 1].tolist() == [5, 5, 5]
    assert x[1:].data_ptr() == x.data_ptr() + 16


def test_streams_order_work():
    stream, event = torch.cuda.Stream(), torch.cuda.Event(enable_timing=True)
    begin = torch.cuda.current_stream().record_event(torch.cuda.Event(enable_timing=True))
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        assert torch.cuda.current_stream() == stream
        x = torch.ones(1000, device="cuda").sum()
        event.record()
    event.synchronize()
    assert stream.query()
    assert x.item() == 1000
    assert begin.elapsed_time(event) >= 0


def test_memory_is_counted():
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    x = torch.zeros(1 << 20, device="cuda")
    assert torch.cuda.memory_allocated() - before >= 4 << 20
    del x
    assert torch.cuda.memory_allocated() == before
    assert torch.cuda.max_memory_allocated() - before >= 4 << 20
    free, total = torch.cuda.mem_get_info()
    assert 0 < free <= total


def test_seeds():
    torch.cuda.manual_seed(4)
    state = torch.cuda.get_rng_state()
    first = torch.rand(7, device="cuda").tolist()
    torch.cuda.set_rng_state(state)
    assert torch.rand(7, device="cuda").tolist() == first


def test_large_copies_to_the_host():
    x = torch.arange(1 << 18, device="cuda")
    assert x.cpu().sum().item() == x.sum().item()
