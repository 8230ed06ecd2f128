"""Every optimizer passes the conformance kit, with its defaults and with options."""

from __future__ import annotations

from torchere import optim
from torchere.testing import OptimizerConformance, Sample

OPTIONS: dict[str, list[Sample]] = {
    "SGD": [Sample(lr=0.01), Sample(lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.1)],
    "Adam": [Sample(), Sample(lr=0.01, amsgrad=True, weight_decay=0.1)],
    "AdamW": [Sample(), Sample(lr=0.01, maximize=False, betas=(0.8, 0.9))],
    "RMSprop": [Sample(), Sample(lr=0.01, momentum=0.9, centered=True)],
}

#: One group only, matrices only, sparse gradients only: the kit's parameters do not suit them; other tests here do.
PARTICULAR = {"LBFGS", "Muon", "SparseAdam"}

for _name in sorted({*optim.__all__} - PARTICULAR):
    _found = getattr(optim, _name)
    if isinstance(_found, type) and issubclass(_found, optim.Optimizer) and _found is not optim.Optimizer:
        globals()[f"Test{_name}"] = type(
            f"Test{_name}",
            (OptimizerConformance,),
            {"make": _found, "samples": OPTIONS.get(_name, [Sample()]), "__module__": __name__},
        )


def test_every_optimizer_is_here() -> None:
    assert {"TestSGD", "TestAdam", "TestAdamW"} <= set(globals())
