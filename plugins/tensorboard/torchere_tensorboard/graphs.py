"""Models as graphs: one run on example inputs, each function called a node in the scope of its module."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.config_pb2 import RunMetadata
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef
from tensorboard.compat.proto.step_stats_pb2 import DeviceStepStats, StepStats
from tensorboard.compat.proto.versions_pb2 import VersionDef

import torchere
from torchere.overrides import TorchFunctionMode

from .plugin_values import shape_proto

__all__ = ["graph"]


def graph(model: Any, args: Any, verbose: bool = False, use_strict_trace: bool = True) -> tuple[GraphDef, RunMetadata]:
    """Run ``model`` on ``args`` in evaluation mode and write down the functions it calls.

    Nodes have the scopes and kinds of PyTorch's graphs (``Net/Conv2d[conv]/conv2d``, ``aten::conv2d``; parameters
    ``prim::GetAttr``); arguments that are no tensors stand in the node's attribute ``attr``, not in nodes of their own.

    Args:
        model: a module, or a function.
        args: a tensor, or a list or tuple of arguments.
        verbose: print the nodes.
        use_strict_trace: refuse a dictionary as result.

    Raises:
        RuntimeError: no inputs, no tensor in the result, or a dictionary under ``use_strict_trace``.
    """
    if args is None:
        raise RuntimeError("add_graph needs input_to_model, example inputs to run the model on: a tensor or a tuple")
    arguments = (args,) if isinstance(args, torchere.Tensor | Mapping) else tuple(args)
    recorder = _Recorder(model)
    recorder.enter_inputs(model, arguments)
    with _evaluating(model), recorder.scopes(model), torchere.no_grad(), recorder:
        result = model(*arguments)
    if isinstance(result, Mapping) and use_strict_trace:
        raise RuntimeError("the model returned a dictionary, whose keys a graph loses. Pass use_strict_trace=False.")
    recorder.leave_outputs(result)
    if verbose:
        for node in recorder.nodes:
            print(f"{node.name} = {node.op}({', '.join(node.input)})")
    run = RunMetadata(step_stats=StepStats(dev_stats=[DeviceStepStats(device="/device:CPU:0")]))
    return GraphDef(node=recorder.nodes, versions=VersionDef(producer=22)), run


@contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    """Evaluation mode within the block; afterwards each module has its own mode back."""
    modules = list(model.modules()) if hasattr(model, "modules") else []
    before = [module.training for module in modules]
    for module in modules[:1]:
        module.eval()
    try:
        yield
    finally:
        for module, training in zip(modules, before, strict=True):
            module.training = training


def _tensors(value: Any) -> Iterator[torchere.Tensor]:
    """The tensors within nested containers, in order."""
    if isinstance(value, torchere.Tensor):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _tensors(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _tensors(part)


class _Recorder(TorchFunctionMode):
    """Makes a node of each call, and knows which node made which tensor."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.nodes: list[NodeDef] = []
        self._names: dict[int, str] = {}  # id of a tensor → its node, or node:output
        self._alive: list[Any] = []  # an id means something only while its tensor lives
        self._counts: dict[str, int] = {}
        root = type(model).__name__ if hasattr(model, "modules") else getattr(model, "__name__", "function")
        self._scope = [root]
        self._owned: dict[int, tuple[str, str]] = {}  # id of a parameter → scope, name
        self._scope_of: dict[int, str] = {}
        for path, module in model.named_modules() if hasattr(model, "named_modules") else ():
            scope = self._scope_of[id(module)] = self._scoped(model, root, path)
            for name, tensor in (*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)):
                self._owned.setdefault(id(tensor), (scope, name))

    @staticmethod
    def _scoped(model: Any, root: str, path: str) -> str:
        """``body.0`` as ``Net/Sequential[body]/Linear[0]``."""
        parts, module = [root], model
        for name in path.split(".") if path else ():
            module = getattr(module, name)
            parts.append(f"{type(module).__name__}[{name}]")
        return "/".join(parts)

    def _fresh(self, name: str) -> str:
        count = self._counts[name] = self._counts.get(name, 0) + 1
        return name if count == 1 else f"{name}_{count - 1}"

    def _add(
        self, name: str, kind: str, made: Sequence[torchere.Tensor], inputs: Sequence[str] = (), attributes: str = ""
    ) -> str:
        """Append a node that made these tensors."""
        name = self._fresh(name)
        shapes = AttrValue(list=AttrValue.ListValue(shape=[shape_proto(tensor.shape) for tensor in made]))
        attr = {"attr": AttrValue(s=attributes.encode())}
        if made:
            attr["_output_shapes"] = shapes
        self.nodes.append(NodeDef(name=name, op=kind, input=inputs, attr=attr))
        for place, tensor in enumerate(made):
            self._names[id(tensor)] = f"{name}:{place}" if place else name
        self._alive.append(made)
        return name

    def enter_inputs(self, model: Any, arguments: Sequence[Any]) -> None:
        """The nodes of the inputs, named as ``forward``'s parameters are."""
        try:
            parameters = list(inspect.signature(getattr(model, "forward", model)).parameters)
        except ValueError:  # a built-in function
            parameters = []
        for place, argument in enumerate(arguments):
            name = parameters[place] if place < len(parameters) else f"input.{place + 1}"
            for tensor in _tensors(argument):
                self._add(f"input/{name}", "IO Node", [tensor])

    def leave_outputs(self, result: Any) -> None:
        """The nodes of the results."""
        found = list(_tensors(result))
        if not found:
            raise RuntimeError(f"the model returned no tensor but {type(result).__name__}: there is no graph to show")
        for number, tensor in enumerate(found, start=1):
            self._add(f"output/output.{number}", "IO Node", [tensor], [self._name_of(tensor)])

    @contextmanager
    def scopes(self, model: Any) -> Iterator[None]:
        """Within the block a module's nodes stand in its scope."""

        def enter(module: Any, args: Any) -> None:
            self._scope.append(self._scope_of.get(id(module), self._scope[-1]))

        def leave(module: Any, args: Any, output: Any) -> None:
            self._scope.pop()

        hooks = []
        for module in model.modules() if hasattr(model, "modules") else ():
            hooks.append(module.register_forward_pre_hook(enter, prepend=True))
            hooks.append(module.register_forward_hook(leave))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _name_of(self, tensor: torchere.Tensor) -> str:
        """The node that made a tensor; parameters and constants get theirs when they are first used."""
        known = self._names.get(id(tensor))
        if known is not None:
            return known
        if id(tensor) in self._owned:
            scope, name = self._owned[id(tensor)]
            return self._add(f"{scope}/{name}/{name}", "prim::GetAttr", [tensor], attributes=f"{{ name :  {name} }}")
        return self._add(f"{self._scope[-1]}/constant", "prim::Constant", [tensor])

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Call the function, and add its node."""
        kwargs = kwargs or {}
        inputs = [self._name_of(tensor) for tensor in _tensors([*args, *kwargs.values()])]
        result = func(*args, **kwargs)
        made = list(_tensors(result))
        if made:
            name = getattr(func, "__name__", type(func).__name__).strip("_")
            others = {key: value for key, value in _plain(func, args, kwargs).items() if value is not None}
            text = "{" + ", ".join(f" {key} : {value}" for key, value in others.items()) + "}"
            self._add(f"{self._scope[-1]}/{name}", f"aten::{name}", made, inputs, text.replace("'", " "))
        return result


def _plain(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that are no tensors, by name."""
    try:
        given = inspect.signature(func).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        given = {f"argument {place}": value for place, value in enumerate(args)} | dict(kwargs)
    return {name: value for name, value in given.items() if next(_tensors(value), None) is None}
