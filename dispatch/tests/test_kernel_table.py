"""KernelTable and Kernel: what is recorded, and where it says it comes from."""

import functools
import inspect
import math
import operator

import pytest

from torchere_dispatch import KernelTable, RegistrationError, Source


def test_ufuncs_write_out_and_expand_over_dtypes():
    table = KernelTable("cpu", priority=3)
    table.ufuncs(("float32", "float64"), exp=math.exp, log=math.log)
    kernels = list(table)
    assert [(k.op, k.device, k.dtype, k.writes_out, k.priority) for k in kernels] == [
        ("exp", "cpu", "float32", True, 3),
        ("exp", "cpu", "float64", True, 3),
        ("log", "cpu", "float32", True, 3),
        ("log", "cpu", "float64", True, 3),
    ]
    assert kernels[0].function is math.exp
    assert len(table) == 4


def test_decorator_returns_the_function_and_takes_its_own_priority():
    table = KernelTable("cpu", priority=3)

    @table.kernel("softmax", dtypes=("float32",), priority=7)
    def softmax(x):
        return x

    assert softmax(5) == 5
    (kernel,) = table
    assert (kernel.priority, kernel.writes_out, kernel.override) == (7, False, False)
    line = inspect.getsourcelines(softmax)[1]
    assert kernel.location.endswith(f"test_kernel_table.py:{line}")


def test_no_dtypes_means_any_dtype():
    table = KernelTable("cpu")
    table.add("clone", abs)
    (kernel,) = table
    assert kernel.dtype is None
    assert "any dtype" in kernel.describe()


def test_compiled_functions_are_located_where_they_were_added():
    table = KernelTable("cpu")
    here = inspect.currentframe().f_lineno + 1
    table.ufuncs(None, neg=operator.neg)
    (kernel,) = table
    assert kernel.location.endswith(f"test_kernel_table.py:{here}")


def test_partials_and_wrappers_are_located_at_the_inner_function():
    def inner(x, y):
        return x + y

    @functools.wraps(inner)
    def outer(x, y):
        return inner(x, y)

    table = KernelTable("cpu")
    table.add("a", functools.partial(inner, 1))
    table.add("b", outer)
    line = inspect.getsourcelines(inner)[1]
    assert all(kernel.location.endswith(f":{line}") for kernel in table)


def test_describe_names_the_source():
    table = KernelTable("cpu", override=True)
    table.ufuncs(("float32",), exp=math.exp)
    (kernel,) = table.kernels(Source("fast", "fast-kernels", "2.1"))
    text = kernel.describe()
    for part in (
        "exp",
        "cpu",
        "float32",
        "'fast'",
        "fast-kernels 2.1",
        "override",
        "writes out",
        "test_kernel_table.py",
    ):
        assert part in text
    assert kernel.to_dict()["distribution"] == "fast-kernels"


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda: KernelTable(""), "non-empty name"),
        (lambda: KernelTable("cpu").ufuncs("float32", exp=math.exp), "tuple of dtype names"),
        (lambda: KernelTable("cpu").ufuncs((float,), exp=math.exp), "must be names"),
        (lambda: KernelTable("cpu").ufuncs((), exp=math.exp), "empty"),
        (lambda: KernelTable("cpu").add("exp", 5), "callable"),
        (lambda: KernelTable("cpu").add("", math.exp), "must be a name"),
    ],
)
def test_mistakes_are_reported_at_the_table(call, problem):
    with pytest.raises(RegistrationError, match=problem):
        call()
