"""PyTorch's files: what PyTorch wrote, what we write, and what nobody should have written."""

import io
import os
import pickle
import pickletools
import struct
import sys
import zipfile
from collections import Counter, OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import torchere as torch
from torchere import serialization
from torchere.errors import DeviceError, FileFormatError
from torchere.restricted_pickle import UnsafeGlobalError

FILES = Path(__file__).parent / "golden" / "pytorch_files"


def load(name: str, **keywords):
    return torch.load(FILES / name, **keywords)


def round_trip(obj, format="pytorch", **keywords):
    stream = io.BytesIO()
    torch.save(obj, stream, format=format)
    stream.seek(0)
    return torch.load(stream, **keywords)


# --- files of PyTorch --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "mmap"), [("dtypes.pt", False), ("dtypes.pt", True), ("dtypes_stream.pt", False)])
def test_dtypes_of_pytorch(name, mmap):
    found = load(name, mmap=mmap)
    assert len(found) >= 12
    for name, tensor in found.items():
        assert tensor.dtype is getattr(torch, name)
        expected = [0, 1, 1, 1] if name == "bool" else [0, 1, 2, 1]
        assert tensor.to(torch.complex64 if tensor.is_complex() else torch.float32).tolist() == expected


@pytest.mark.parametrize("name", ["values.pt", "values_stream.pt", "values_protocol4.pt"])
def test_values_of_pytorch(name):
    found = load(name)
    base = np.arange(12.0).reshape(3, 4)
    for key, expected, stride in (
        ("base", base, (4, 1)),
        ("transposed", base.T, (1, 4)),
        ("row", base[1], (1,)),
        ("column", base[:, 2], (4,)),
        ("step", base[:, ::2], (4, 2)),
        ("expanded", np.ones(4), (0,)),
        ("scalar", np.array(7), ()),
        ("empty", np.zeros((0, 3)), (3, 1)),
        ("conjugate", np.array([1 - 2j]), (1,)),
        ("negative", np.array([-2.0]), None),
    ):
        np.testing.assert_array_equal(found[key].numpy(), expected)
        assert stride is None or found[key].stride() == stride
    found["base"][1, 0] = -1.0
    assert found["row"][0] == -1
    assert found["transposed"][0, 1] == -1
    assert found["ordered"]["weight"][1, 0] == -1
    assert type(found["parameter"]) is torch.nn.Parameter
    assert [found[key].requires_grad for key in ("parameter", "frozen", "needs grad", "base")] == [1, 0, 1, 0]
    assert type(found["ordered"]) is OrderedDict
    assert found["ordered"]._metadata == {"": {"version": 2}}
    assert type(found["counter"]) is Counter
    assert found["counter"]["a"] == 2
    assert type(found["size"]) is torch.Size
    assert found["size"] == (2, 3)
    assert found["device"] == torch.device("cuda", 1)
    assert found["dtype"] is torch.bfloat16
    assert found["layout"] is torch.strided
    assert found["set"] == {1, "two"}
    assert found["bytes"] == b"a\xff"
    assert found["no bytes"] == bytearray(b"x")
    assert found["complex"] == 1 - 2j
    assert found["numbers"] == (0, -1, 255, 65535, -(2**31), 2**40, -(2**70), 1.5, float("inf"), True, None)
    assert found["text"] == "torchère"
    assert found["list"][0] is found["list"][1]


def test_checkpoint_of_pytorch_continues():
    state = load("checkpoint.pt")
    model = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.ReLU(), torch.nn.Linear(4, 2)
    ).eval()
    model.load_state_dict(state["model"])
    np.testing.assert_allclose(model(state["x"]).detach().numpy(), state["output"].numpy(), rtol=1e-5, atol=1e-6)
    optimizer = torch.optim.Adam(model.parameters(), lr=1.0)
    optimizer.load_state_dict(state["optimizer"])
    assert optimizer.param_groups[0]["lr"] == 0.1


def test_numpy_and_storages_of_pytorch():
    np.testing.assert_array_equal(load("numpy.pt"), np.arange(6).reshape(2, 3))
    found = load("numpy_values.pt")
    assert type(found["loss"]) is np.float64
    assert found["loss"] == 0.5
    assert found["step"] == 3
    assert found["array"].tolist() == [[1, 1], [1, 1]]
    found = load("storages.pt")
    assert found["s"].tolist() == [1.0, 1.0, 1.0]
    assert len(found["u"]) == 12


def test_whole_modules_are_refused_and_sparse_tensors_loaded():
    with pytest.raises(pickle.UnpicklingError, match=r"torch\.nn\.modules.*add_safe_globals.*state_dict"):
        load("whole_module.pt", weights_only=False)
    assert load("sparse.pt").is_sparse


# --- files of ours -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["pytorch", "pytorch-legacy"])
def test_round_trip(format):
    base = torch.arange(12.0).reshape(3, 4)
    ordered = OrderedDict(w=base)
    ordered._metadata = {"": {"version": 1}}
    nested = [
        base,
        (base.t(), {"b": base[1:, ::2]}),
        b"\x00\xff",
        bytearray(b"y"),
        {1, (2, "x")},
        1j,
        2**70,
        -3,
        ordered,
    ]
    nested += [
        torch.Size([1]),
        torch.device("cpu"),
        torch.float16,
        torch.strided,
        frozenset([1]),
        range(3),
        slice(1, 2),
    ]
    nested += [np.float32(0.5), np.arange(6, dtype=np.int16).reshape(2, 3).T, Counter("aa"), 1.5, None, True, "é"]
    nested.append(nested)
    found = round_trip(nested, format)
    assert found[-1] is found
    assert found[2:8] == nested[2:8]
    assert list(map(type, found)) == list(map(type, nested))
    assert found[9:16] == nested[9:16]
    assert found[16] == nested[16]
    np.testing.assert_array_equal(found[17], nested[17])
    assert found[18:-1] == nested[18:-1]
    assert found[8]._metadata == ordered._metadata
    assert found[1][0].stride() == (1, 4)
    found[0].zero_()
    assert not found[1][1]["b"].any()
    assert not found[8]["w"].any()


def test_only_what_a_view_shows_is_stored():
    stream = io.BytesIO()
    torch.save(torch.zeros(1_000_000)[10:12], stream, format="pytorch")
    assert len(stream.getvalue()) < 2000


def test_format_follows_suffix_and_arguments(tmp_path):
    for name, keywords, start in (
        ("a.pt", {}, b"PK"),
        ("a.pth", {}, b"PK"),
        ("a.safetensors", {}, None),
        ("a.pt", {"format": "safetensors"}, None),
        ("a", {"pickle_protocol": 2}, b"PK"),
        ("a", {"_use_new_zipfile_serialization": True}, b"PK"),
        ("a.pt", {"_use_new_zipfile_serialization": False}, b"\x80\x02"),
    ):
        path = tmp_path / name
        torch.save({"x": torch.ones(2)}, path, **keywords)
        content = path.read_bytes()
        assert content.startswith(start) if start else content[8:9] == b"{"
        assert torch.load(path)["x"].tolist() == [1, 1]
    with pytest.raises(ValueError, match="unknown format 'zip'"):
        torch.save(1, tmp_path / "b", format="zip")


def test_archive_has_the_structure_pytorch_reads():
    stream = io.BytesIO()
    tensors = {"a": torch.ones(3), "b": torch.ones(2, dtype=torch.uint16), "p": torch.nn.Parameter(torch.ones(1))}
    torch.save(tensors, stream, format="pytorch")
    with zipfile.ZipFile(stream) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        assert names[0] == "archive/data.pkl"
        assert {"archive/byteorder", "archive/version", "archive/data/0", "archive/data/2"} <= set(names)
        assert archive.read("archive/version") == b"3\n"
        assert archive.read("archive/byteorder") == sys.byteorder.encode()
        for info in archive.infolist():
            assert info.compress_type == zipfile.ZIP_STORED
            name_length, extra_length = struct.unpack("<HH", stream.getvalue()[info.header_offset + 26 :][:4])
            assert (info.header_offset + 30 + name_length + extra_length) % 64 == 0
        operations = list(pickletools.genops(archive.read("archive/data.pkl")))
    assert max(operation.proto for operation, _, _ in operations) == 2
    globals_ = {argument for operation, argument, _ in operations if operation.name == "GLOBAL"}
    assert globals_ == {
        "collections OrderedDict",
        "torch FloatStorage",
        "torch uint16",
        "torch.storage UntypedStorage",
        "torch._utils _rebuild_parameter",
        "torch._utils _rebuild_tensor_v2",
        "torch._utils _rebuild_tensor_v3",
    }


def test_what_cannot_be_stored_names_the_place(tmp_path):
    path = tmp_path / "a.pt"
    path.write_bytes(b"before")
    with pytest.raises(TypeError, match=r"obj\['m'\].*state_dict"):
        torch.save({"m": torch.nn.Linear(1, 1)}, path)
    deep: list = []
    for _ in range(1000):
        deep = [deep]
    with pytest.raises(TypeError, match=r"levels deep"):
        torch.save(deep, path)
    with pytest.raises(TypeError, match=r"older stream.*format='pytorch'"):
        torch.save(torch.ones(1, dtype=torch.uint16), path, _use_new_zipfile_serialization=False)
    assert path.read_bytes() == b"before"


# --- where tensors go --------------------------------------------------------------------------------------------


def on_cuda() -> io.BytesIO:
    """A file that says its tensor was on a GPU."""
    stream = io.BytesIO()
    torch.save(torch.ones(2), stream, format="pytorch-legacy")
    return io.BytesIO(stream.getvalue().replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:3"))


def test_map_location():
    with pytest.raises(DeviceError, match=r"(?s)cuda:3.*map_location='cpu'"):
        torch.load(on_cuda())
    for place in ("cpu", torch.device("cpu"), {"cuda:3": "cpu"}, lambda storage, location: storage):
        assert torch.load(on_cuda(), map_location=place).tolist() == [1, 1]
    seen = []
    torch.load(on_cuda(), map_location=lambda storage, location: seen.append((len(storage), location)) or storage)
    assert seen == [(8, "cuda:3")]

    def failing(storage, location):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        torch.load(on_cuda(), map_location=failing)
    with pytest.raises(TypeError, match="map_location"):
        torch.load(on_cuda(), map_location=3)
    with pytest.raises(RuntimeError, match="Invalid device string"):
        torch.load(on_cuda(), map_location="no device")


def test_mapped_tensors_are_private(tmp_path):
    path = tmp_path / "a.pt"
    torch.save([torch.arange(4.0), torch.arange(3)], path)
    before = path.read_bytes()
    found = torch.load(path, mmap=True)
    found[0][0] = 9
    assert path.read_bytes() == before
    with pytest.raises(ValueError, match="path"):
        torch.load(io.BytesIO(before), mmap=True)


def test_big_endian_archive():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target, zipfile.ZipFile(FILES / "dtypes.pt") as source:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("byteorder"):
                data = b"big"
            elif "/data/" in name:
                number = list(torch.load(FILES / "dtypes.pt"))[int(name.rpartition("/")[2])]
                dtype = getattr(torch, number)
                size = dtype.itemsize // (2 if dtype.is_complex else 1)
                data = np.frombuffer(data, f"V{size}").tobytes()
                data = np.frombuffer(data, np.uint8).reshape(-1, size)[:, ::-1].tobytes()
            target.writestr(name, data)
    stream.seek(0)
    for name, tensor in torch.load(stream).items():
        kind = torch.complex64 if tensor.is_complex() else torch.float32
        assert tensor.to(kind).tolist() == ([0, 1, 1, 1] if name == "bool" else [0, 1, 2, 1]), name


# --- hostile files -----------------------------------------------------------------------------------------------


def archive(pickled: bytes, records: dict[str, bytes] | None = None, **keywords) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **keywords) as target:
        target.writestr("a/data.pkl", pickled)
        for name, data in (records or {}).items():
            target.writestr(name, data)
    stream.seek(0)
    return stream


class Evil:
    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


executed: list[str] = []


def execute(text):
    executed.append(text)


@pytest.mark.parametrize(
    "payload",
    [
        Evil(os.system, "echo executed"),
        Evil(eval, "1+1"),
        Evil(execute, "x"),
        Evil(getattr, "text", "upper"),
        Evil(print, "executed"),
        {"deep": [Evil(__import__, "os")]},
        Evil,
        np.array([Evil(os.system, "echo executed")]),
    ],
)
@pytest.mark.parametrize("protocol", range(6))
def test_code_is_not_run(payload, protocol, capfd):
    pickled = pickle.dumps(payload, protocol)
    legacy = b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {})) + pickled
    for stream in (archive(pickled), io.BytesIO(legacy), io.BytesIO(pickled)):
        with pytest.raises(FileFormatError):
            torch.load(stream, weights_only=False)
    with pytest.raises((UnsafeGlobalError, FileFormatError)):
        torch.load(archive(pickled))
    assert executed == []
    assert "executed" not in capfd.readouterr().out


class Point:
    def __init__(self, x):
        self.x = x


def test_a_program_can_vouch_for_a_class():
    stream = archive(pickle.dumps([Point(3)], 2))
    with pytest.raises(UnsafeGlobalError, match=r"Point.*add_safe_globals\(\[Point\]\)"):
        torch.load(stream)
    with serialization.safe_globals([Point]):
        assert serialization.get_safe_globals() == [Point]
        stream.seek(0)
        assert torch.load(stream)[0].x == 3
    assert serialization.get_safe_globals() == []


def tensor_pickle(identity, offset, size, stride) -> bytes:
    """A pickle of a float32 tensor in storage `identity`: class, key, location, number of elements."""
    kind, key, location, count = identity
    return (
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\n" + kind + b"\n"
        + pickle.dumps(key, 2)[2:-1] + pickle.dumps(location, 2)[2:-1] + pickle.dumps(count, 2)[2:-1] + b"tQ"
        + b"".join(pickle.dumps(item, 2)[2:-1] for item in (offset, size, stride))
        + b"\x89ccollections\nOrderedDict\n)RtR."
    )  # fmt: skip


DATA = {"a/data/0": bytes(16)}


def test_the_tensor_pickle_of_these_tests_is_right():
    found = torch.load(archive(tensor_pickle((b"FloatStorage", "0", "cpu", 4), 0, (2, 2), (2, 1)), DATA))
    assert found.shape == (2, 2)


@pytest.mark.parametrize(
    ("identity", "offset", "size", "stride"),
    [
        ((b"FloatStorage", "0", "cpu", 5), 0, (2, 2), (2, 1)),  # more elements than the record
        ((b"FloatStorage", "0", "cpu", 3), 0, (2,), (1,)),  # fewer
        ((b"FloatStorage", "0", "cpu", -4), 0, (2,), (1,)),
        ((b"FloatStorage", "0", "cpu", 2**70), 0, (2,), (1,)),
        ((b"FloatStorage", "7", "cpu", 4), 0, (2,), (1,)),  # no such record
        ((b"FloatStorage", "../data.pkl", "cpu", 4), 0, (2,), (1,)),
        ((b"FloatStorage", "/etc/passwd", "cpu", 4), 0, (2,), (1,)),
        ((b"FloatStorage", 0, "cpu", 4), 0, (2,), (1,)),
        ((b"FloatStorage", "0", 3, 4), 0, (2,), (1,)),
        ((b"FloatStorage", "0", "", 4), 0, (2,), (1,)),
        ((b"Size", "0", "cpu", 4), 0, (2,), (1,)),
        ((b"FloatStorage", "0", "cpu", 4), 0, (5,), (1,)),  # beyond the storage
        ((b"FloatStorage", "0", "cpu", 4), 3, (2,), (1,)),
        ((b"FloatStorage", "0", "cpu", 4), -1, (2,), (1,)),
        ((b"FloatStorage", "0", "cpu", 4), 0, (2,), (-1,)),
        ((b"FloatStorage", "0", "cpu", 4), 0, (2,), (2**62,)),
        ((b"FloatStorage", "0", "cpu", 4), 0, (2**62, 2**62), (0, 0)),
        ((b"FloatStorage", "0", "cpu", 4), 0, (2, 2), (1,)),
        ((b"FloatStorage", "0", "cpu", 4), 0, (1,) * 70, (1,) * 70),
        ((b"FloatStorage", "0", "cpu", 4), 0, ("2",), (1,)),
        ((b"FloatStorage", "0", "cpu", 4), 2**63, (2,), (1,)),
    ],
)
def test_wrong_storages(identity, offset, size, stride):
    with pytest.raises(FileFormatError):
        torch.load(archive(tensor_pickle(identity, offset, size, stride), DATA))


def test_zip_bombs_and_wrong_archives(tmp_path):
    with pytest.raises(FileFormatError, match="compressed"):
        torch.load(archive(bytes(10_000_000), compression=zipfile.ZIP_DEFLATED))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        target.writestr("../../data", b"x")
    stream.seek(0)
    with pytest.raises(FileFormatError, match=r"without data\.pkl"):
        torch.load(stream)
    with pytest.raises(FileFormatError, match="TorchScript"):
        torch.load(archive(b"", {"a/constants.pkl": b""}))
    with pytest.raises(FileFormatError, match="byte order"):
        torch.load(archive(pickle.dumps(1), {"a/byteorder": b"middle"}))
    with pytest.raises(FileFormatError, match="checksum"):
        torch.load(io.BytesIO(archive(b"\x80\x02X\x04\x00\x00\x00abcd.").getvalue().replace(b"abcd", b"abce", 1)))
    with pytest.raises(FileFormatError, match="is a pickle, but not one"):
        torch.load(io.BytesIO(pickle.dumps([1, 2], 2)))
    # Nothing of an archive is unpacked, wherever its names point.
    torch.load(archive(pickle.dumps(1, 2), {"../evil": b"x", "/tmp/evil": b"x"}))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "pickled",
    [
        b"\x80\x02.",
        b"",
        b"\x80\x02X\xff\xff\xff\x7f.",  # a text of 2 GB
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.",  # of 8 EB
        b"\x80\x02\x8b\xff\xff\xff\x7f.",
        b"\x80\x02]r\xff\xff\xff\x7f0h\x05.",
        b"\x80\x02(0(0(.",
        b"\x80\x02K\x01K\x02a.",
        b"\x80\x02}K\x01s.",
        b"\x80\x02}(]K\x01u.",  # a list as key
        b"\x80\x02cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R.",
        b"\x80\x02cbuiltins\nbytes\nJ\xff\xff\xff\x7f\x85R.",
        b"\x80\x02ctorch\nSize\nX\x01\x00\x00\x00x\x85R.",
        b"\x80\x02ctorch\nTensor\n)R.",
        b"\x80\x02ctorch\nTensor\n)\x81.",
        b"\x80\x02ccollections\nOrderedDict\n)R}X\x05\x00\x00\x00itemsK\x01sb.",
        b"\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n(ccollections\nOrderedDict\nctorch\nTensor\n)}tR.",
        b"\x80\x02\x82\x01.",
        b"\x80\x02(ios\nsystem\n.",
        b"(ios\nsystem\n.",
        b"\x80\x02cnumpy\ndtype\nX\x02\x00\x00\x00O8\x85R.",
        b"\x80\x02I" + b"9" * 100_000 + b"\n.",
        b"\x80\x02)" + b"\x85" * 1_000_000 + b"}q\x001h\x00.",
        b"\x80\x02})" + b"\x85" * 1_000_000 + b"K\x01s.",  # a key nested a million times
        b"\x80\x02})" + b"2\x86" * 200 + b"K\x01s.",  # a key of 2^200 parts
    ],
)
def test_hostile_pickles(pickled):
    with pytest.raises(FileFormatError):
        torch.load(archive(pickled))


def test_deep_and_recursive_structures_are_no_danger():
    deep = torch.load(archive(b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b"."))
    for _ in range(199_999):
        (deep,) = deep
    found = torch.load(archive(b"\x80\x02]q\x00h\x00a."))
    assert found[0] is found
    # Shared parts of shared parts: quick to load, whatever it would print.
    torch.load(archive(b"\x80\x02)" + b"2\x86" * 200 + b"."))


GOLDEN = sorted(path for path in FILES.iterdir())


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_files_are_refused_or_read(data):
    content = bytearray(data.draw(st.sampled_from(GOLDEN)).read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    for _ in range(data.draw(st.integers(0, 3))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        torch.load(io.BytesIO(bytes(content)), map_location="cpu")
    except FileFormatError:
        pass


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_pickles_are_refused_or_read(data):
    with zipfile.ZipFile(data.draw(st.sampled_from([path for path in GOLDEN if "stream" not in path.name]))) as source:
        records = {"a/" + name.partition("/")[2]: source.read(name) for name in source.namelist()}
    pickled = bytearray(records.pop("a/data.pkl"))
    for _ in range(data.draw(st.integers(1, 6))):
        pickled[data.draw(st.integers(0, len(pickled) - 1))] = data.draw(st.integers(0, 255))
    try:
        torch.load(archive(bytes(pickled), records), map_location="cpu")
    except FileFormatError:
        pass
    assert executed == []
