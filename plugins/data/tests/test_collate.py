"""From samples to batches, with the results and errors of PyTorch."""

import collections

import numpy as np
import pytest
from torchere.utils.data import default_collate, default_convert

import torchere

Point = collections.namedtuple("Point", "x y")


def same(value, expected):
    """Whether a nested result has the expected types and values; tensors are given as (dtype, list)."""
    if isinstance(value, torchere.Tensor):
        return (value.dtype, value.tolist()) == expected
    if isinstance(value, dict):
        return type(value) is type(expected) and all(same(value[key], expected[key]) for key in expected)
    if isinstance(value, list | tuple):
        pairs = zip(value, expected, strict=True)
        return type(value) is type(expected) and all(same(*pair) for pair in pairs)
    return value == expected


INT, FLOAT, DOUBLE, BOOL = torchere.int64, torchere.float32, torchere.float64, torchere.bool

COLLATED = [
    ([1, 2], (INT, [1, 2])),
    ([1.5, 2], (DOUBLE, [1.5, 2.0])),
    ([1, 2.5], (FLOAT, [1.0, 2.5])),
    ([True, False], (BOOL, [True, False])),
    (["a", "b"], ["a", "b"]),
    (("a", "b"), ("a", "b")),
    ([b"a"], [b"a"]),
    ([np.str_("a")], [np.str_("a")]),
    ([{"a": 1}, {"a": 2}], {"a": (INT, [1, 2])}),
    ([Point(1, 2.0), Point(3, 4.0)], Point((INT, [1, 3]), (DOUBLE, [2.0, 4.0]))),
    ([(1, 2), (3, 4)], [(INT, [1, 3]), (INT, [2, 4])]),
    ([[1, 2], [3, 4]], [(INT, [1, 3]), (INT, [2, 4])]),
    ([[], []], []),
    ([range(2), range(2)], [(INT, [0, 0]), (INT, [1, 1])]),
    ([np.float32(1), np.float32(2)], (FLOAT, [1.0, 2.0])),
    ([np.float64(1)], (DOUBLE, [1.0])),
    ([np.array(1), np.array(2)], (INT, [1, 2])),
    ([np.bool_(True)], (BOOL, [True])),
    ([np.int8(1)], (torchere.int8, [1])),
    ([np.zeros(2), np.ones(2)], (DOUBLE, [[0.0, 0.0], [1.0, 1.0]])),
    ([[[1, 2], ["a", "b"]]] * 2, [[(INT, [1, 1]), (INT, [2, 2])], [("a", "a"), ("b", "b")]]),
]


@pytest.mark.parametrize(("batch", "expected"), COLLATED)
def test_collate(batch, expected):
    assert same(default_collate(batch), expected)


def test_collate_keeps_mapping_types():
    result = default_collate([collections.OrderedDict(a=1)])
    assert type(result) is collections.OrderedDict
    result = default_collate([collections.defaultdict(int, a=1)])
    assert result.default_factory is int
    assert result["a"].tolist() == [1]


def test_programs_add_types_and_change_functions(monkeypatch):
    from torchere.utils.data._utils.collate import collate, default_collate_fn_map

    class Word:
        pass

    class Long(Word):
        pass

    def count(batch, *, collate_fn_map=None):
        return len(batch)

    with pytest.raises(TypeError, match="Word"):
        default_collate([Word()])
    assert collate([{"a": Long()}, {"a": Word()}], collate_fn_map={Word: count}) == {"a": 2}
    with pytest.raises(TypeError, match="float"):
        collate([1.0], collate_fn_map={Word: count})
    monkeypatch.setitem(default_collate_fn_map, Word, count)
    assert default_collate([(Word(), 1), (Long(), 2)])[0] == 2
    monkeypatch.setitem(default_collate_fn_map, Long, lambda batch, *, collate_fn_map=None: "its own")
    assert default_collate([Long()]) == "its own", "the type itself comes before those it derives from"


def test_collate_leaves_the_samples_alone():
    sample = {"a": 1}
    default_collate([sample, {"a": 2}])
    assert sample == {"a": 1}


def test_collate_stacks_tensors():
    assert default_collate([torchere.zeros(2, 3)] * 4).shape == (4, 2, 3)
    leaf = torchere.zeros(2, requires_grad=True)
    assert default_collate([leaf, leaf]).requires_grad


@pytest.mark.parametrize(
    ("sample", "found"),
    [
        (None, "NoneType"),
        (1j, "complex"),
        (object(), "object"),
        (np.array(["a"]), "<U1"),
        (np.array("a"), "<U1"),
        (np.array([object()]), "object"),
    ],
)
def test_collate_refuses(sample, found):
    with pytest.raises(
        TypeError, match=f"must contain tensors, numpy arrays, numbers, dicts or lists; found .*{found}"
    ):
        default_collate([sample])


def test_collate_errors():
    with pytest.raises(RuntimeError, match="each element in list of batch should be of equal size"):
        default_collate([[1], [1, 2]])
    with pytest.raises(RuntimeError, match=r"sizes \[1, 2\]"):
        default_collate([Point(1, 2), (1,)])
    with pytest.raises(IndexError):
        default_collate([])
    with pytest.raises(KeyError, match="a"):
        default_collate([{"a": 1}, {"b": 1}])
    with pytest.raises(RuntimeError, match="equal size"):
        default_collate([torchere.zeros(3, 2), torchere.zeros(4)])
    with pytest.raises(RuntimeError, match="equal size"):
        default_collate([np.zeros(3), np.zeros(4)])


CONVERTED = [
    ([1, 2], [1, 2]),
    (np.zeros(2), (DOUBLE, [0.0, 0.0])),
    ((1, np.zeros(1)), [1, (DOUBLE, [0.0])]),
    (Point(1, np.ones(1)), Point(1, (DOUBLE, [1.0]))),
    ({"a": np.ones(1)}, {"a": (DOUBLE, [1.0])}),
    (np.float64(1), (DOUBLE, 1.0)),
    ("a", "a"),
    (b"a", b"a"),
    (None, None),
    (1.5, 1.5),
    (range(2), [0, 1]),
]


@pytest.mark.parametrize(("data", "expected"), CONVERTED)
def test_convert(data, expected):
    assert same(default_convert(data), expected)


def test_convert_shares_memory():
    array = np.zeros(2)
    default_convert(array)[0] = 5
    assert array[0] == 5


def test_convert_leaves_text_arrays():
    array = np.array(["a"])
    assert default_convert(array) is array
