"""Plugins that break in every way we could think of: the rest of the house stands, and the doctor names the culprit.

Kinds are chosen so that the worst place is hit that can be survived: kernels for the cpu are loaded by the training
itself. What hangs or kills its process cannot be survived once it is imported, so there the point is that nothing
imports it unasked.
"""

import json
import os
from dataclasses import dataclass

import pytest

#: A short training, exact to the last bit; it also asks for a name that nobody has, which loads operator libraries.
TRAINING = """
import json, sys
import torchere as torch

torch.manual_seed(0)
x, weight = torch.randn(16, 4), torch.randn(4, 3)
first = torch.randn(4, 8, requires_grad=True)
second = torch.randn(8, 3, requires_grad=True)
losses = []
for step in range(20):
    hidden = (x @ first).relu()
    loss = ((hidden @ second - (x @ weight).tanh()) ** 2).mean() + hidden.softmax(1).exp().mean()
    loss.backward()
    with torch.no_grad():
        for p in (first, second):
            p -= 0.1 * p.grad
            p.grad = None
    losses.append(loss.item().hex())
if len(sys.argv) > 1:
    assert not hasattr(torch, "a_name_nobody_has")
    losses.append((torch.ones(2) + torch.arange(2)).tolist())
assert torch.autograd.grad(first.sum(), first)[0].sum() == torch.zeros(()) + 32
print("\\nRESULT", json.dumps(losses))
"""

REGISTER = """
from torchere_dispatch import KernelTable, hookimpl
@hookimpl
def torchere_register(registry):
"""


@dataclass
class Broken:
    """One plugin that is not as it should be, and what the doctor has to say."""

    group: str
    entry: str
    source: str
    state: str
    reason: str
    remedy: str
    requires: tuple[str, ...] = ()
    warning: str = ""
    deadly: bool = False  # importing it ends or stops the process
    known_by_name: bool = False  # its entry point alone shows that something is wrong

    @property
    def name(self):
        return self.entry.rpartition(".")[2]


BROKEN = [
    Broken(
        "v1.kernels", "cpu.import_error", "from torchere_dispatch import a_name_it_never_had",
        "failed", "ImportError: cannot import name 'a_name_it_never_had'", "versions of torchere and broken-",
    ),
    Broken(
        "v1.kernels", "cpu.missing", "import acme_runtime",
        "missing-dependency", "needs the module 'acme_runtime'", "pip install 'acme-runtime>=2'",
        requires=("acme-runtime>=2",),
    ),
    Broken("v1.kernels", "cpu.syntax", "def broken(:\n", "failed", "SyntaxError: ", "report it to the authors of"),
    Broken("v1.kernels", "cpu.exits", "import sys\nsys.exit('bye')", "failed", "called sys.exit('bye')", "report it"),
    Broken(
        "v1.kernels", "cpu.half",
        REGISTER + """
    table = KernelTable("cpu", priority=100)
    table.ufuncs(None, exp=lambda x, out=None: x * 0, relu=lambda x, out=None: x * 0)
    registry.kernels(table)
    raise RuntimeError("half way")
""",
        "failed", "RuntimeError: half way", "TORCHERE_PLUGINS=-half",
    ),
    Broken(
        "v1.kernels", "cpu.chatty", "print('welcome!')" + REGISTER + "    print('registering')",
        "loaded", "", "", warning="prints while loading: 'welcome!'",
    ),
    Broken(
        "v1.kernels", "cpu.patches",
        """
import torchere
from torchere import autograd, Tensor
def nonsense(self, *args, **kwargs): return self
Tensor.backward = Tensor.__add__ = Tensor.exp = Tensor.shape = nonsense
Tensor.new_method_of_mine = nonsense
torchere.Tensor = torchere.no_grad = torchere.exp = torchere.Size = autograd.backward = autograd.grad = nonsense
torchere.autograd = torchere.zeros = nonsense
""" + REGISTER + "    pass",
        "loaded", "", "", warning="torchere itself was changed: ",
    ),
    Broken(
        "v1.operators", "second_relu",
        """
from torchere import Tensor
from torchere.operators import operator
@operator(method=True)
def relu(input: Tensor) -> Tensor:
    '''Zero.'''
    return input * 0
""" + REGISTER + "    registry.operators([relu])",
        "failed", "two operators named 'relu'", "TORCHERE_PLUGINS=-second_relu",
    ),
    Broken(
        "v1.device", "cpu",
        """
import numpy
from torchere_cpu.backend import CpuBackend
from torchere_dispatch import KernelTable, hookimpl
table = KernelTable("cpu", priority=100)
table.ufuncs(None, exp=lambda x, out=None: x * 0)
@hookimpl
def torchere_register(registry):
    registry.device(CpuBackend())
    registry.kernels(table)
""",
        "failed", "two devices named 'cpu' of equal priority 0", "TORCHERE_PLUGINS=-broken-cpu:cpu",
        warning="device 'cpu' stays that of torchere", known_by_name=True,
    ),
    Broken("v9.kernels", "cpu.future", "raise SystemExit", "incompatible", "API v9", "pip install --upgrade torchere",
           known_by_name=True),
    Broken("v1.operators", "hangs", "import time\nwhile True: time.sleep(1)", "failed", "did not finish loading within",
           "TORCHERE_PLUGINS=-hangs", deadly=True),
    Broken("v1.operators", "leaves", "import os\nos._exit(7)", "failed", "ended the process with exit code 7",
           "TORCHERE_PLUGINS=-leaves", deadly=True),
    Broken("v1.device", "killer", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "failed",
           "killed the process (SIGKILL)", "TORCHERE_PLUGINS=-killer", deadly=True),
]  # fmt: skip
IDS = [item.name for item in BROKEN]

SOUND_DEVICE = """
import array_api_strict
from torchere_arrayapi import ArrayApiDevice
from torchere_dispatch import hookimpl
@hookimpl
def torchere_register(registry):
    ArrayApiDevice("sound", array_api_strict).register(registry)
"""

#: The house's own plugins that load late: the doctor need not examine them anew for each of ours.
QUICK = {"TORCHERE_PLUGINS": "-cuda,-onednn,-compiled,-nn,-optim,-data,-vision,-onnx,-checkpoint,-dlpack"}


def losses(environment, *, ask=True, **variables):
    """The result of the training; with ``ask`` it also asks for a name that nobody has."""
    arguments = ("-c", TRAINING, *(["ask"] if ask else []))
    output = environment.run(*arguments, **variables).output
    return json.loads(output.rpartition("RESULT ")[2])


def diagnosed(environment, code, timeout=3, **variables):
    """What the doctor finds, by distribution and entry."""
    found = environment.torchere("plugins", "doctor", "--timeout", timeout, "--json", code=code, **variables).json
    return {(item["distribution"], item["entry"]): item for item in found["findings"]}


def install(site, broken):
    module = f"broken_{broken.name}"
    line = f"{broken.entry} = {module}"
    site.install(f"broken-{broken.name}", {broken.group: line}, {module: broken.source}, broken.requires)


def assert_named(finding, broken):
    assert finding["state"] == broken.state
    assert broken.reason in finding["reason"]
    assert broken.remedy in finding["remedy"]
    if broken.warning:
        assert any(broken.warning in warning for warning in finding["warnings"]), finding
    else:
        assert finding["warnings"] == []
    severe = {"failed": "broken", "loaded": "warnings", "incompatible": "warnings", "missing-dependency": "warnings"}
    assert finding["severity"] == severe[broken.state]


@pytest.fixture(scope="module")
def expected(running_environment):
    """What the training gives where no plugin is broken."""
    return losses(running_environment)


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("broken", BROKEN, ids=IDS)
def test_one_broken_plugin(site, broken, expected):
    install(site, broken)
    environment = site.environment
    assert losses(environment, ask=not broken.deadly) == expected[: None if not broken.deadly else -1]
    listed = environment.torchere("plugins", "list", "--json", code=1 if broken.known_by_name else 0).json
    (record,) = [item for item in listed["plugins"] if item["distribution"] == f"broken-{broken.name}"]
    assert record["state"] == ("incompatible" if broken.state == "incompatible" else "available")
    found = diagnosed(environment, code=2 if broken.state == "failed" else 1, **QUICK)
    assert_named(found[f"broken-{broken.name}", broken.entry], broken)
    assert found["torchere", "cpu"]["state"] == "loaded"
    assert found["torchere", "standard"]["state"] == "loaded"


def test_kernels_for_the_cpu_that_end_the_process(site):
    """Nothing protects the process that loads them; but the doctor names them, and only them, and how to go on."""
    fatal = Broken("v1.kernels", "cpu.fatal", "import os\nos._exit(3)", "failed", "ended the process with exit code 3",
                   "TORCHERE_PLUGINS=-fatal", deadly=True)  # fmt: skip
    install(site, fatal)
    site.install("sound", {"v1.device": "sound = sound_device"}, {"sound_device": SOUND_DEVICE})
    environment = site.environment
    environment.program("import torchere")
    environment.torchere("plugins", "list")
    found = diagnosed(environment, code=2, **QUICK)
    assert_named(found["broken-fatal", "cpu.fatal"], fatal)
    assert {item["entry"] for item in found.values() if item["severity"] != "fine"} == {"cpu.fatal"}
    assert found["sound", "sound"]["state"] == "loaded"
    environment.run("-c", TRAINING, code=3)
    losses(environment, TORCHERE_PLUGINS="-fatal")


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_all_broken_plugins_at_once(site, expected):
    for broken in BROKEN:
        install(site, broken)
    environment = site.environment
    assert losses(environment, ask=False) == expected[:-1]
    listed = environment.torchere("plugins", "list", code=1)
    assert "torchere plugins doctor" in listed.output
    found = diagnosed(environment, code=2, timeout=8)
    for broken in BROKEN:
        assert_named(found[f"broken-{broken.name}", broken.entry], broken)
    house = [item for (distribution, _), item in found.items() if distribution == "torchere"]
    assert {item["state"] for item in house} <= {"loaded", "no-hardware", "missing-dependency"}
    # Switched off, as the doctor advises, even a name nobody has can be asked for.
    off = ",".join(f"-{broken.name}" if broken.name != "cpu" else "-broken-cpu:cpu" for broken in BROKEN)
    assert losses(environment, TORCHERE_PLUGINS=off) == expected
    assert diagnosed(environment, code=1, TORCHERE_PLUGINS=f"{QUICK['TORCHERE_PLUGINS']},{off}")
