"""Registration, the seven steps, and what the dispatcher says about them."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchere_dispatch import (
    Dispatcher,
    FallbackWarning,
    Kernel,
    KernelTable,
    NoKernelError,
    RegistrationError,
    Source,
)

CPU = Source("cpu", "torchere", "0.1")
FAST = Source("fast", "fast-kernels", "2.0")


def table(device="cpu", priority=0, *, override=False, **kernels):
    """A table with a fresh function for each ``op=dtypes``."""
    made = KernelTable(device, priority, override=override)
    for op, dtypes in kernels.items():
        made.add(op, lambda *arguments: arguments, dtypes)
    return made


@pytest.fixture
def dispatcher(fake_operator, fake_device):
    """cpu with float32, float64 and bfloat16 (computed in float32); acc with float32; sum and conv have no kernel."""
    made = Dispatcher()
    for operator in (
        fake_operator("exp"),
        fake_operator("softmax", True),
        fake_operator("clone"),
        fake_operator("conv"),
    ):
        made.register_operator(operator, CPU)
    made.register_device(fake_device("cpu", ("float32", "float64", "bfloat16"), {"bfloat16": "float32"}), CPU)
    made.register_device(fake_device("acc", ("float32", "int8")), Source("acc", "acc-device", "1"))
    made.add_kernels(table(exp=("float32", "float64"), softmax=("float32",), clone=None), CPU)
    return made


def test_step_2_takes_the_kernel_of_the_dtype(dispatcher):
    found = dispatcher.resolve("exp", "cpu", "float64")
    assert (found.kind, found.step, found.device, found.compute_dtype) == ("kernel", 2, "cpu", "float64")
    assert (found.kernel.dtype, found.kernel.plugin, found.kernel.distribution) == ("float64", "cpu", "torchere")


def test_a_yielding_kernel_is_passed_over_when_it_has_yielded(dispatcher):
    made = KernelTable("cpu", priority=9)
    made.add("softmax", lambda x: NotImplemented, ("float32",), yields=True)
    dispatcher.add_kernels(made, FAST)
    first = dispatcher.resolve("softmax", "cpu", "float32")
    assert (first.kernel.plugin, first.kernel.yields, first.kernel.to_dict()["yields"]) == ("fast", True, True)
    assert "yields" in first.kernel.describe()
    second = dispatcher.find("softmax", "cpu", "float32", (first.kernel,))
    assert (second.kernel.plugin, second.kernel.yields) == ("cpu", False)
    third = dispatcher.find("softmax", "cpu", "float32", (first.kernel, second.kernel))
    assert third.kind == "decomposition"


def test_step_2_prefers_the_higher_priority_in_any_order(dispatcher):
    tables = [(table(priority=p, conv=("float32",)), Source(f"p{p}", f"dist{p}")) for p in (5, 20, 10)]
    for order in itertools.permutations(tables):
        for made, source in order:
            dispatcher.add_kernels(made, source)
        assert dispatcher.resolve("conv", "cpu", "float32").kernel.plugin == "p20"
        for _, source in order:
            assert dispatcher.remove_plugin(source.plugin) == 1


def test_override_ranks_above_any_priority_in_any_order(dispatcher):
    high, override = table(priority=99, conv=None), table(override=True, conv=None)
    for first, second in (((high, CPU), (override, FAST)), ((override, FAST), (high, CPU))):
        dispatcher.add_kernels(*first)
        dispatcher.add_kernels(*second)
        assert dispatcher.resolve("conv", "cpu", "float32").kernel.plugin == "fast"
        dispatcher.remove_plugin("fast")
        assert dispatcher.resolve("conv", "cpu", "float32").kernel.priority == 99
        dispatcher.remove_plugin("cpu")
        dispatcher.register_device(type("D", (), {"name": "cpu", "dtypes": ("float32",), "compute_casts": {}}), CPU)


def test_step_3_takes_the_kernel_for_any_dtype(dispatcher):
    found = dispatcher.resolve("clone", "cpu", "bfloat16")
    assert (found.kind, found.step, found.compute_dtype) == ("kernel", 3, "bfloat16")


def test_step_3_refuses_a_dtype_the_device_does_not_hold(dispatcher):
    with pytest.raises(NoKernelError, match="does not hold int64; it holds float32, float64, bfloat16"):
        dispatcher.resolve("clone", "cpu", "int64")


def test_step_4_casts_before_step_5_decomposes(dispatcher):
    found = dispatcher.resolve("softmax", "cpu", "bfloat16")
    assert (found.kind, found.step, found.compute_dtype, found.kernel.dtype) == (
        "compute-cast",
        4,
        "float32",
        "float32",
    )


def test_step_5_decomposes_where_no_kernel_is(dispatcher):
    found = dispatcher.resolve("softmax", "cpu", "float64")
    assert (found.kind, found.step, found.kernel, found.device) == ("decomposition", 5, None, "cpu")


def test_step_5_needs_a_registered_device(dispatcher):
    with pytest.raises(NoKernelError, match="Device 'gpu' is not registered; registered devices: 'acc', 'cpu'"):
        dispatcher.resolve("softmax", "gpu", "float32")


def test_step_6_only_under_a_policy_and_default_device_first(dispatcher, fake_device):
    dispatcher.register_device(fake_device("aaa"), FAST)
    dispatcher.add_kernels(table("aaa", exp=("float32",)), FAST)
    with pytest.raises(NoKernelError):
        dispatcher.resolve("exp", "acc", "float32")
    with dispatcher.fallback_policy("allow"):
        found = dispatcher.resolve("exp", "acc", "float32")
        assert (found.kind, found.step, found.device) == ("fallback", 6, "cpu")
        dispatcher.remove_plugin("cpu")
        assert dispatcher.resolve("exp", "acc", "float32").device == "aaa"
    assert dispatcher.policy == "error"


def test_step_6_neither_uses_nor_serves_layouts(dispatcher, fake_device):
    dispatcher.commit(layouts=[fake_device("packed")], kernels=table("packed", only=None).kernels(FAST), source=FAST)
    dispatcher.set_fallback_policy("allow")
    assert dispatcher.find("only", "cpu", "float32") is None
    assert dispatcher.find("exp", "packed", "float32") is None
    assert "packed" not in str(dispatcher.why("only", "cpu", "float32"))


def test_step_6_may_compute_in_another_dtype_there(dispatcher, fake_device):
    dispatcher.register_device(fake_device("tpu", ("bfloat16",)), FAST)
    with dispatcher.fallback_policy("allow"):
        found = dispatcher.resolve("exp", "tpu", "bfloat16")
    assert (found.device, found.compute_dtype, found.kernel.dtype) == ("cpu", "float32", "float32")


def test_step_7_says_who_has_it_and_what_to_do(dispatcher):
    with pytest.raises(NoKernelError) as caught:
        dispatcher.resolve("exp", "acc", "float32")
    message = str(caught.value)
    assert isinstance(caught.value, NotImplementedError)
    assert isinstance(caught.value, RuntimeError)
    assert (caught.value.operator, caught.value.device, caught.value.dtype) == ("exp", "acc", "float32")
    for part in ("exp: no kernel for device 'acc' and dtype float32", "'cpu' has it for float32, float64"):
        assert part in message
    for remedy in ("x.to('cpu')", "set_fallback_policy('warn')"):
        assert remedy in message


def test_step_7_proposes_a_dtype_the_device_has(dispatcher, fake_operator):
    dispatcher.register_operator(fake_operator("matmul"), CPU)
    dispatcher.add_kernels(table("acc", matmul=("float32",)), CPU)
    with pytest.raises(NoKernelError, match=r"convert first, x.to\(torchere.float32\)"):
        dispatcher.resolve("matmul", "acc", "int8")


def test_step_7_for_an_operator_nobody_has(dispatcher):
    with pytest.raises(NoKernelError, match="install a plugin that provides 'conv' for 'acc'"):
        dispatcher.resolve("conv", "acc", "float32")
    with pytest.raises(NoKernelError, match="no such operator is registered; did you mean 'softmax'"):
        dispatcher.resolve("sofmax", "cpu", "float32")


def test_the_advisor_adds_to_step_7(dispatcher):
    dispatcher.advisor = lambda op, device, dtype: f"Install more for {op} {device} {dtype}."
    with pytest.raises(NoKernelError, match="Install more for conv acc float32"):
        dispatcher.resolve("conv", "acc", "float32")


class TestPrefer:
    @pytest.fixture(autouse=True)
    def faster(self, dispatcher):
        dispatcher.add_kernels(table(priority=10, exp=("float32",), softmax=("float32", "bfloat16")), FAST)

    def test_pin_wins_over_priority_and_ends_with_the_block(self, dispatcher):
        assert dispatcher.resolve("exp", "cpu", "float32").kernel.plugin == "fast"
        with dispatcher.prefer("cpu"):
            found = dispatcher.resolve("exp", "cpu", "float32")
            assert (found.kernel.plugin, found.step, found.kind) == ("cpu", 1, "kernel")
            assert dispatcher.preferred == ("cpu",)
        assert dispatcher.resolve("exp", "cpu", "float32").kernel.plugin == "fast"
        assert dispatcher.preferred == ()

    def test_pin_reaches_through_a_compute_cast(self, dispatcher):
        with dispatcher.prefer("cpu"):
            found = dispatcher.resolve("softmax", "cpu", "bfloat16")
        assert (found.kernel.plugin, found.kind, found.compute_dtype, found.step) == (
            "cpu",
            "compute-cast",
            "float32",
            1,
        )

    def test_innermost_pin_decides_and_an_idle_pin_changes_nothing(self, dispatcher):
        with dispatcher.prefer("cpu"), dispatcher.prefer("fast"), dispatcher.prefer("acc"):
            assert dispatcher.resolve("exp", "cpu", "float32").kernel.plugin == "fast"
            assert dispatcher.resolve("clone", "cpu", "float32").kernel.plugin == "cpu"

    def test_a_distribution_can_be_named(self, dispatcher):
        with dispatcher.prefer("torchere:cpu"):
            assert dispatcher.resolve("exp", "cpu", "float32").kernel.plugin == "cpu"
        with dispatcher.prefer("other:cpu"):
            assert dispatcher.resolve("exp", "cpu", "float32").kernel.plugin == "fast"

    def test_blocks_may_end_in_any_order_and_by_an_exception(self, dispatcher):
        outer, inner = dispatcher.prefer("cpu"), dispatcher.prefer("fast")
        outer.__enter__()
        inner.__enter__()
        outer.__exit__(None, None, None)
        assert dispatcher.preferred == ("fast",)
        inner.__exit__(None, None, None)
        with pytest.raises(KeyError), dispatcher.prefer("cpu"):
            raise KeyError("x")
        assert dispatcher.preferred == ()


class TestDuplicates:
    def test_equal_rank_names_both_distributions_and_registers_nothing(self, dispatcher):
        generation = dispatcher.generation
        rival = table(conv=("float32",), exp=("float64",))
        with pytest.raises(RegistrationError) as caught:
            dispatcher.add_kernels(rival, FAST)
        message = str(caught.value)
        assert "torchere 0.1" in message
        assert "fast-kernels 2.0" in message
        assert "test_dispatcher.py" in message
        assert dispatcher.kernels_of("conv") == []
        assert dispatcher.generation == generation

    def test_a_table_that_names_a_kernel_twice(self, dispatcher):
        twice = KernelTable("cpu")
        twice.add("conv", abs, ("float32", "float64"))
        twice.add("conv", abs, ("float64",))
        with pytest.raises(RegistrationError, match="two kernels of equal priority 0 for conv on cpu, float64"):
            dispatcher.add_kernels(twice, CPU)

    @pytest.mark.parametrize("kind", ["operator", "device"])
    def test_names_are_unique(self, dispatcher, fake_operator, fake_device, kind):
        register = dispatcher.register_operator if kind == "operator" else dispatcher.register_device
        thing = fake_operator("exp") if kind == "operator" else fake_device("cpu")
        with pytest.raises(RegistrationError, match=f"two {kind}s named .* torchere 0.1 .* fast-kernels 2.0"):
            register(thing, FAST)

    def test_declared_priority_decides_in_any_order_and_removal_restores(self, dispatcher, fake_operator):
        first, better = fake_operator("erf"), fake_operator("erf", True)
        better_source = FAST._replace(priority=5)
        for order in (((first, CPU), (better, better_source)), ((better, better_source), (first, CPU))):
            for operator, source in order:
                dispatcher.register_operator(operator, source)
            assert dispatcher.operators["erf"] is better
            assert dispatcher.source_of("operator", "erf") == better_source
            dispatcher.remove_plugin("fast")
            assert dispatcher.operators["erf"] is first
            dispatcher.remove_plugin("cpu")
            assert "erf" not in dispatcher.operators

    def test_registering_the_same_object_again_is_fine(self, dispatcher):
        dispatcher.register_operator(dispatcher.operators["exp"], FAST)
        assert dispatcher.source_of("operator", "exp") == CPU

    def test_nameless_things_are_refused(self, dispatcher):
        with pytest.raises(RegistrationError, match=r"needs a \.name"):
            dispatcher.register_operator(object())

    def test_commit_is_whole_or_nothing(self, dispatcher, fake_operator, fake_device):
        with pytest.raises(RegistrationError):
            dispatcher.commit(
                devices=[fake_device("new")],
                operators=[fake_operator("new")],
                kernels=table(new=None, exp=("float32",)).kernels(FAST),
                source=FAST,
            )
        assert "new" not in dispatcher.devices
        assert "new" not in dispatcher.operators
        assert dispatcher.kernels_of("new") == []


class TestInvalidation:
    def test_every_change_is_announced_under_the_lock(self, dispatcher, fake_operator, fake_device):
        seen = []
        dispatcher.subscribe(lambda: seen.append(dispatcher.generation))

        changes = [
            lambda: dispatcher.register_operator(fake_operator("a")),
            lambda: dispatcher.register_device(fake_device("b")),
            lambda: dispatcher.add_kernels(table(a=None)),
            lambda: dispatcher.remove_plugin(""),
            lambda: dispatcher.set_fallback_policy("allow"),
            lambda: dispatcher.mask(lambda kernel: False),
        ]
        for change in changes:
            before = len(seen)
            change()
            assert len(seen) == before + 1
        with dispatcher.prefer("cpu"):
            assert len(seen) == len(changes) + 1
        assert len(seen) == len(changes) + 2
        assert seen == sorted(set(seen))

    def test_resolving_changes_nothing(self, dispatcher):
        generation = dispatcher.generation
        dispatcher.resolve("exp", "cpu", "float32")
        dispatcher.why("exp", "cpu", "float32")
        assert dispatcher.generation == generation


class TestFallbackCounts:
    def test_counts_by_operator_and_devices(self, dispatcher):
        dispatcher.set_fallback_policy("allow")
        for _ in range(3):
            dispatcher.count_fallback("exp", "acc", "cpu")
        dispatcher.count_fallback("conv", "acc", "cpu")
        assert list(dispatcher.fallbacks().items()) == [(("exp", "acc", "cpu"), 3), (("conv", "acc", "cpu"), 1)]
        dispatcher.reset_fallbacks()
        assert dispatcher.fallbacks() == {}

    def test_warns_once_under_warn(self, dispatcher):
        dispatcher.set_fallback_policy("warn")
        with pytest.warns(FallbackWarning, match="exp: device 'acc' has no kernel"):
            dispatcher.count_fallback("exp", "acc", "cpu")
        dispatcher.count_fallback("exp", "acc", "cpu")  # a second warning would be an error here
        assert dispatcher.fallbacks() == {("exp", "acc", "cpu"): 2}

    def test_unknown_policies_are_refused(self, dispatcher):
        for call in (dispatcher.set_fallback_policy, dispatcher.fallback_policy):
            with pytest.raises(ValueError, match="error, warn, allow"):
                call("silent")


class TestKnowledge:
    def test_missing(self, dispatcher):
        assert dispatcher.missing("cpu") == ["conv"]
        assert dispatcher.missing("acc") == ["clone", "conv", "exp"]
        assert dispatcher.missing("cpu", "float64") == ["conv"]
        assert dispatcher.missing("cpu", "int64") == ["clone", "conv", "exp", "softmax"]

    def test_undeclared(self, dispatcher):
        dispatcher.add_kernels(table("cpu", expp=None), FAST)
        dispatcher.add_kernels(table("cpuu", exp=None), FAST)
        assert [(k.op, k.device) for k in dispatcher.undeclared()] == [("exp", "cpuu"), ("expp", "cpu")]

    def test_kernels_of(self, dispatcher):
        assert [k.dtype for k in dispatcher.kernels_of("exp")] == ["float32", "float64"]
        assert dispatcher.kernels_of("exp", device="acc") == []
        assert {k.op for k in dispatcher.kernels_of(device="cpu")} == {"exp", "softmax", "clone"}

    def test_masked_kernels_are_passed_over_but_kept(self, dispatcher):
        dispatcher.add_kernels(table(priority=10, exp=("float32",)), FAST)
        dispatcher.mask(lambda kernel: kernel.plugin == "fast")
        assert dispatcher.resolve("exp", "cpu", "float32").kernel.plugin == "cpu"
        dispatcher.mask(None)
        assert dispatcher.resolve("exp", "cpu", "float32").kernel.plugin == "fast"

    def test_kernel_loader_is_asked_once_for_each_device_without_the_lock(self, dispatcher):
        asked = []

        def loader(device):
            asked.append(device)
            dispatcher.add_kernels(table(device, priority=50, exp=("float32",)), Source(f"late-{device}"))

        dispatcher.kernel_loader = loader
        for _ in range(2):
            assert dispatcher.resolve("exp", "acc", "float32").kernel.plugin == "late-acc"
        assert asked == ["acc"]
        with dispatcher.fallback_policy("allow"):
            dispatcher.find("conv", "acc", "float32")
        assert asked == ["acc", "cpu"]


class TestWhy:
    def test_all_seven_steps_and_exactly_one_is_chosen(self, dispatcher):
        for op, dtype, step in [
            ("exp", "float32", 2),
            ("clone", "bfloat16", 3),
            ("exp", "bfloat16", 4),
            ("softmax", "float64", 5),
            ("conv", "float32", 7),
        ]:
            explanation = dispatcher.why(op, "cpu", dtype)
            assert [s.number for s in explanation.steps] == [1, 2, 3, 4, 5, 6, 7]
            assert [s.number for s in explanation.steps if s.verdict == "chosen"] == [step]
            assert all(s.reason for s in explanation.steps)

    def test_text_names_the_chosen_and_the_passed_over(self, dispatcher):
        dispatcher.add_kernels(table(priority=10, exp=("float32",)), FAST)
        text = str(dispatcher.why("exp", "cpu", "float32"))
        assert "exp on cpu for float32" in text
        assert "→ 2 a kernel for this dtype: chosen" in text
        chosen, passed = text.index("fast-kernels 2.0 (priority 10)"), text.index("torchere 0.1 (priority 0)")
        assert chosen < passed
        assert text.count("      * ") == 1

    def test_unknown_operator_is_remarked(self, dispatcher):
        assert "did you mean 'softmax'" in str(dispatcher.why("softmx", "cpu", "float32"))

    def test_json(self, dispatcher):
        for op in ("exp", "conv", "softmax"):
            for dtype in ("float32", "bfloat16"):
                data = json.loads(json.dumps(dispatcher.why(op, "cpu", dtype).to_dict()))
                assert len(data["steps"]) == 7
                assert (data["resolution"] is None) == (op == "conv")


DTYPES = ("f", "d", "b")
kernels = st.builds(
    Kernel,
    st.sampled_from(["op", "other"]),
    st.sampled_from(["cpu", "acc", "tpu"]),
    st.sampled_from([*DTYPES, None]),
    st.just(abs),
    priority=st.integers(0, 2),
    override=st.booleans(),
    source=st.sampled_from([Source(name, f"dist-{name}") for name in "xyz"]),
)


@given(
    st.lists(kernels, max_size=12),
    st.booleans(),
    st.sampled_from(["error", "warn", "allow"]),
    st.lists(st.sampled_from("xyz"), max_size=2),
    st.randoms(use_true_random=False),
)
def test_answers_follow_the_rules_and_depend_on_no_order(fake, decomposes, policy, pins, shuffler):
    """Against the rules written as a brute-force search; registered one by one in two orders; `why` agrees."""
    unique = list({(k.op, k.device, k.dtype, k.rank): k for k in fake}.values())
    shuffled = unique[:]
    shuffler.shuffle(shuffled)
    answers = []
    for order in (unique, shuffled):
        dispatcher = Dispatcher()
        dispatcher.register_operator(type("O", (), {"name": "op", "has_decomposition": decomposes}))
        for name in ("cpu", "acc", "tpu"):
            casts = {"b": "f"} if name != "tpu" else {}
            dispatcher.register_device(type("D", (), {"name": name, "dtypes": DTYPES, "compute_casts": casts}))
        for kernel in order:
            dispatcher.add_kernels([kernel])
        dispatcher.set_fallback_policy(policy)
        for pin in pins:
            dispatcher.prefer(pin).__enter__()
        for device in ("cpu", "acc", "tpu"):
            for dtype in DTYPES:
                found = dispatcher.find("op", device, dtype)
                assert dispatcher.why("op", device, dtype).resolution == found
                assert found == expected(unique, device, dtype, decomposes, policy, pins)
                answers.append(found)
    assert answers[: len(answers) // 2] == answers[len(answers) // 2 :]


def expected(kernels, device, dtype, decomposes, policy, pins):
    def best(device, dtype, plugin=None):
        found = [
            k for k in kernels if (k.op, k.device, k.dtype) == ("op", device, dtype) and plugin in (None, k.plugin)
        ]
        return max(found, key=lambda k: k.rank, default=None)

    def computes(device):
        cast = "f" if dtype == "b" and device != "tpu" else None
        return [(dtype, dtype, "kernel"), (None, dtype, "kernel")] + ([(cast, cast, "compute-cast")] if cast else [])

    for plugin in reversed(pins):
        for wanted, compute, kind in computes(device):
            if kernel := best(device, wanted, plugin):
                return (kind, kernel, compute, device, 1)
    for step, (wanted, compute, kind) in enumerate(computes(device), start=2):
        if kernel := best(device, wanted):
            return (kind, kernel, compute, device, step)
    if decomposes:
        return ("decomposition", None, dtype, device, 5)
    for other in ("cpu", "acc", "tpu") if policy != "error" else ():
        for wanted, compute, _ in computes(other):
            if other != device and (kernel := best(other, wanted)):
                return ("fallback", kernel, compute, other, 6)
    return None
