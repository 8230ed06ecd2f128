"""Generates the node class of an operator, and the lines of its entry that fill a node."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torchere.autograd import saving
from torchere.autograd.node import FREED, SPECIAL, Node
from torchere.operators.declaration import Operator
from torchere.operators.signature import Parameter

if TYPE_CHECKING:
    from torchere.operators.source import Source

__all__ = ["add_recording", "build_node"]

_METADATA = ("_shape", "_dtype", "_device")


class Plan:
    """What an operator's gradient rules need: computed once, read by both generators."""

    def __init__(self, op: Operator) -> None:
        self.op = op
        self.tensors = [p for p in op.parameters if p.is_tensor]
        self.by_name = {p.name: p for p in op.parameters}
        self.output_names: dict[str, int] = {"out": 0}
        for index, name in enumerate(op.outputs or ()):
            self.output_names[name] = index
        #: parameter or output name → names of tensor parameters whose rules use it
        self.users: dict[str, set[str]] = {}
        self.metadata: set[str] = set()
        self.rules: list[tuple[str, Callable[..., Any], tuple[str, ...]]] = []
        everything = {p.name for p in self.tensors}
        if op.joint_rule is not None:
            self._read("", op.joint_rule, everything)
        for name, rule in op.rules.items():
            if name not in everything:
                raise TypeError(f"operator {op.name}: gradient for '{name}', which is no tensor parameter")
            self._read(name, rule, {name})

    def _read(self, target: str, rule: Callable[..., Any], users: set[str]) -> None:
        code = rule.__code__
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        self.rules.append((target, rule, names))
        for name in names:
            if name in ("grad", "grads", "needs"):
                continue
            base = next((name.removesuffix(end) for end in _METADATA if name.endswith(end)), None)
            if name in self.by_name or name in self.output_names:
                self.users.setdefault(name, set()).update(users)
            elif base is not None and base in self.by_name:
                self.metadata.add(base)
            else:
                known = ", ".join(["grad", "grads", "needs", *self.by_name, *self.output_names])
                raise TypeError(f"operator {self.op.name}: gradient rule asks for '{name}'; known are {known}")

    @property
    def saved_tensors(self) -> list[Parameter]:
        return [p for p in self.tensors if p.name in self.users]

    @property
    def saved_plain(self) -> list[Parameter]:
        return [p for p in self.op.parameters if not p.is_tensor and p.name in self.users]

    @property
    def saved_outputs(self) -> list[int]:
        return sorted({self.output_names[name] for name in self.users if name in self.output_names})

    @property
    def fits(self) -> bool:
        """Whether gradients may have another shape or dtype than the operands: broadcast, promoted, or by `dtype`."""
        return self.op.promote is not None or any(p.kind == "dtype" for p in self.op.parameters)

    @property
    def has_lists(self) -> bool:
        return any(p.kind == "tensors" for p in self.tensors)


def _plan(op: Operator) -> Plan:
    found = op.cached.get("plan")
    if found is None:
        found = op.cached["plan"] = Plan(op)
    return found


def add_recording(source: Source, tensors: list[Parameter], needs: str) -> None:
    """Append the lines that make a node when an operand requires gradients and recording is on."""
    op = source.op
    plan = _plan(op)
    source.names["Node"] = op.generated("node")
    source.names["saving"] = saving
    result = "results_" if op.is_multiple else "result_"
    add = source.add
    if not op.is_multiple:
        add("result_._node = None")
        add("result_._requires_grad = False")
    # A result without derivative (an integer dtype asked for) ends the graph.
    smooth = " and okey_.dtype.category > 1" if op.result == "array" and not op.is_multiple else ""
    add(f"if ({needs}) and (mode_ := state.enabled){smooth}:")
    add("node_ = new(Node)\nnode_.hooks = None", 2)
    names = []
    for p in tensors:
        n = p.name
        if p.kind == "tensors":
            add(f"e_{n} = saving.edges_of({n})\nnode_.n_{n} = len({n})", 2)
            names.append(f"*e_{n}")
        elif n in op.rules or op.joint_rule is not None:
            add(
                f"if g_{n}:\n    if {n}._view is not None:\n        refresh_view({n})\n"
                f"    e_{n} = {n}._node\n    if e_{n} is None:\n        e_{n} = {n}\nelse:\n    e_{n} = None",
                2,
            )
            names.append(f"e_{n}")
        else:
            names.append("None")
    add(f"node_.edges = ({', '.join(names)},)", 2)
    for p in plan.saved_tensors:
        n = p.name
        users = plan.users[n]
        if p.kind == "tensors":
            add(f"node_.s_{n} = saving.save_list({n})", 2)
            continue
        number = op.promote is not None or p.kind == "optional_tensor"
        always = users >= {t.name for t in tensors} or any(t.kind == "tensors" and t.name in users for t in tensors)
        condition = "" if always else " or ".join(f"g_{user}" for user in sorted(users))
        save = f"node_.s_{n} = {n}\n"
        if number:
            save += (
                f"node_.v_{n} = saving.version_of({n})"
                if p.kind == "optional_tensor"
                else (
                    f"node_.v_{n} = {n}._storage.version if {n}.__class__ in PLAIN and {n}._storage is not None else 0"
                )
            )
        else:
            save += f"node_.v_{n} = 0 if {n}._storage is None else {n}._storage.version"
        if condition:
            add(f"if {condition}:", 2)
            add(save, 3)
            add(f"else:\n    node_.s_{n} = None\n    node_.v_{n} = 0", 2)
        else:
            add(save, 2)
    for p in plan.saved_plain:
        add(f"node_.p_{p.name} = {p.name}", 2)
    for name in sorted(plan.metadata):
        if op.promote is None and plan.by_name[name].kind == "tensor":
            add(f"node_.m_{name} = (x_{name}.shape, {name}._key.dtype, {name}._key.device)", 2)
        else:
            add(f"node_.m_{name} = saving.metadata({name}, key_)", 2)
    if plan.fits:
        add("node_.k = key_", 2)
        for p in tensors:
            if p.kind != "tensors" and (p.name in op.rules or op.joint_rule is not None):
                add(f"node_.z_{p.name} = x_{p.name}.shape if g_{p.name} else ()", 2)
    if op.is_multiple:
        indices = op.differentiable
        source.names["differentiable"] = indices
        add("saving.attach_outputs(results_, node_, differentiable)", 2)
        for index in plan.saved_outputs:
            add(f"node_.o_{index} = saving.save_output(results_[{index}])", 2)
    else:
        if plan.saved_outputs:
            if op.view:
                add("node_.o_0 = (r_, okey_, storage_, storage_.version)", 2)
            else:
                add("storage_ = result_._storage = Storage()\nnode_.o_0 = (r_, okey_, storage_, 0)", 2)
        add(f"{result}._requires_grad = True\n{result}._node = node_", 2)
    add("if mode_ is not True:\n    mode_.recorded(node_)", 2)


def build_node(op: Operator) -> type[Node]:
    """The node class: one field per saved thing, `apply` calls the rules."""
    plan = _plan(op)
    tensors = plan.tensors
    slots = []
    inputs: list[str] = []
    for p in plan.saved_tensors:
        slots.append(f"s_{p.name}")
        inputs.append(f"s_{p.name}")
        if p.kind != "tensors":
            slots.append(f"v_{p.name}")
    slots += [f"p_{p.name}" for p in plan.saved_plain]
    slots += [f"m_{name}" for name in sorted(plan.metadata)]
    slots += [f"n_{p.name}" for p in tensors if p.kind == "tensors"]
    outputs = [f"o_{index}" for index in plan.saved_outputs]
    slots += outputs
    if plan.fits:
        slots.append("k")
        slots += [f"z_{p.name}" for p in tensors if p.kind != "tensors"]

    names: dict[str, Any] = {"SPECIAL": SPECIAL, "saving": saving, "__name__": f"torchere.generated.{op.name}"}
    lines = ["def apply(self, grad):"]
    add = lines.append
    if op.is_multiple:
        add("    grads = grad")
        chosen = (op.differentiable or (0,))[0]
        if any("grad" in rule[2] for rule in plan.rules):
            add(f"    grad = grads[{chosen}]")
            add("    if grad is None:\n        return (None,) * len(self.edges)")
    if plan.has_lists:
        add("    edges = list(self.edges)\n    begin = 0")
        for p in tensors:
            if p.kind == "tensors":
                add(f"    n_{p.name} = self.n_{p.name}")
                add(f"    e_{p.name} = edges[begin:begin + n_{p.name}]\n    begin += n_{p.name}")
            else:
                add(f"    e_{p.name} = edges[begin]\n    begin += 1")
    else:
        add(f"    ({''.join(f'e_{p.name}, ' for p in tensors)}) = self.edges")
    for p in plan.saved_tensors:
        n = p.name
        if p.kind == "tensors":
            add(f"    {n} = saving.load_list(self, 's_{n}')")
        else:
            plain = op.promote is not None or p.kind == "optional_tensor"
            version = f"saving.version_of({n})" if plain else f"(0 if {n}._storage is None else {n}._storage.version)"
            add(
                f"    {n} = self.s_{n}\n"
                f"    if {n}.__class__ in SPECIAL:\n        {n} = {n}.unpack(self)\n"
                f"    elif {n} is not None and {version} != self.v_{n}:\n        saving.stale(self, {n}, self.v_{n})"
            )
    for index in plan.saved_outputs:
        add(f"    out_{index} = saving.load_output(self, self.o_{index}, {index})")

    def argument(name: str) -> str:
        if name in ("grad", "grads"):
            return name
        if name == "needs":
            parts = [
                f"any(e is not None for e in e_{p.name})" if p.kind == "tensors" else f"e_{p.name} is not None"
                for p in tensors
            ]
            return f"({', '.join(parts)},)"
        if name in plan.by_name:
            return name if plan.by_name[name].is_tensor else f"self.p_{name}"
        if name in plan.output_names:
            return f"out_{plan.output_names[name]}"
        base, _, what = name.rpartition("_")
        return f"self.m_{base}[{('shape', 'dtype', 'device').index(what)}]"

    for number, (target, rule, rule_names) in enumerate(plan.rules):
        names[f"rule_{number}"] = rule
        code = rule.__code__
        keyword_only = set(rule_names[code.co_argcount :])
        call = ", ".join(f"{n}={argument(n)}" if n in keyword_only else argument(n) for n in rule_names)
        if target == "":
            add(f"    ({''.join(f'd_{p.name}, ' for p in tensors)}) = rule_{number}({call})")
        elif plan.by_name[target].kind == "tensors":
            add(f"    d_{target} = rule_{number}({call}) if any(e is not None for e in e_{target}) else None")
        else:
            add(f"    d_{target} = rule_{number}({call}) if e_{target} is not None else None")
    if plan.fits:
        names["fit"] = saving.fit
        for p in tensors:
            if p.kind != "tensors" and (p.name in op.rules or op.joint_rule is not None):
                n = p.name
                key = "" if n in op.unpromoted else f" or d_{n}._key is not self.k"
                add(
                    f"    if d_{n} is not None and (d_{n}._array.shape != self.z_{n}{key}):\n"
                    f"        d_{n} = fit(d_{n}, self.z_{n}, self.k)"
                )
    parts = []
    for p in tensors:
        if p.name not in op.rules and op.joint_rule is None:
            parts.append(f"*((None,) * n_{p.name})" if p.kind == "tensors" else "None")
        elif p.kind == "tensors":
            parts.append(f"*(d_{p.name} if d_{p.name} is not None else (None,) * n_{p.name})")
        else:
            parts.append(f"d_{p.name}")
    add(f"    return ({', '.join(parts)},)")
    saved = inputs + outputs
    names["FREED"] = FREED
    add("def release(self):")
    for field in saved:
        add(f"    self.{field} = FREED")
    add("    pass")
    text = "\n".join(lines) + "\n"
    exec(compile(text, f"<torchere {op.name}.node>", "exec"), names)
    fields: dict[str, Any] = {
        "__slots__": tuple(slots),
        "__module__": "torchere.autograd",
        "__doc__": f"Backward of {op.name}.",
        "apply": names["apply"],
        "saved_inputs": tuple(inputs),
        "saved_outputs": tuple(outputs),
        "pack": saving.pack_node,
        "output_count": len(op.outputs) if op.outputs else 1,
        "operator": op,
    }
    if saved:
        fields["release"] = names["release"]
    if op.add_gradient is not None:
        fields["add_gradient"] = staticmethod(op.add_gradient)
    return type(op.node_name, (Node,), fields)
