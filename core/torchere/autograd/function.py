"""Functions with a backward of one's own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any
from weakref import ref

from torchere.autograd.forward_ad import is_transposing
from torchere.autograd.modes import no_grad, state
from torchere.autograd.node import FREED, Node, OutputSlot
from torchere.autograd.saving import edge_of, fit, stale, version_of
from torchere.errors import GradientError
from torchere.storage import Storage
from torchere.tensors.tensor import Tensor, wrap
from torchere.tensors.views import as_results

__all__ = [
    "BackwardCFunction",
    "Function",
    "FunctionCtx",
    "InplaceFunction",
    "NestedIOFunction",
    "once_differentiable",
]


class FunctionCtx:
    """What `forward` leaves for `backward`: the ``ctx`` of a `Function`.

    Any attribute may be set. `needs_input_grad` says which arguments of `forward` want a gradient.
    """

    needs_input_grad: tuple[bool, ...] = ()
    materialize_grads = True
    #: What `save_for_forward` saved: `saved_tensors` while `jvp` runs.
    saved_for_forward: tuple[Any, ...] | None = None

    def __init__(self) -> None:
        self._to_save: tuple[Any, ...] = ()
        self._saved: Any = None
        self._dirty: tuple[Any, ...] = ()
        self._constant: tuple[Any, ...] = ()
        # Weak, for the node holds its context.
        self._node_reference: Any = None

    def save_for_backward(self, *tensors: Any) -> None:
        """Save inputs or outputs of `forward` (tensors or None); changes in place are then noticed. Call once."""
        for item in tensors:
            if item is not None and not isinstance(item, Tensor):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument is of type {type(item).__name__}"
                )
        self._to_save = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Save tensors for `jvp`."""
        self.saved_for_forward = tensors

    def mark_dirty(self, *args: Any) -> None:
        """Name the inputs that `forward` changed in place; each must be returned."""
        self._dirty = args

    def mark_non_differentiable(self, *args: Any) -> None:
        """Name outputs without gradient; `backward` still gets a zero gradient for each."""
        self._constant = args

    def mark_shared_storage(self, *pairs: Any) -> None:
        """Deprecated in PyTorch and without effect."""

    def set_materialize_grads(self, value: bool) -> None:
        """Whether undefined gradients reach `backward` as zeros (default) or as None."""
        self.materialize_grads = bool(value)

    @property
    def _node(self) -> Any:
        return None if self._node_reference is None else self._node_reference()

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` saved. RuntimeError after the graph was freed or a tensor was changed in place."""
        saved = self._saved
        if saved is None:
            return self._to_save
        if saved is FREED:
            FREED.unpack(self._node)
        found = []
        for kind, value, version in saved:
            if kind == "packed":
                tensor = value.unpack(self._node)
                if version is not None:  # an output, whose number this is
                    tensor = tensor.detach()
                    tensor._requires_grad = True
                    tensor._node = OutputSlot(self._node, version) if self._node.output_count > 1 else self._node
                found.append(tensor)
            elif kind == "output":
                index, array, key, storage = value
                tensor = wrap(array, key)
                tensor._storage = storage
                if storage.version != version:
                    stale(self._node, tensor, version, index)
                tensor._requires_grad = True
                tensor._node = OutputSlot(self._node, index) if self._node.output_count > 1 else self._node
                found.append(tensor)
            else:
                if value is not None and version_of(value) != version:
                    stale(self._node, value, version)
                found.append(value)
        return tuple(found)

    saved_variables = saved_tensors


class FunctionNode(Node):
    """The node of a call of a `Function`."""

    __slots__ = ("count", "ctx", "function", "inputs", "outputs", "slots")
    count: int
    ctx: FunctionCtx
    function: Any
    #: (shape, key) of the tensor arguments and of the outputs; None for outputs that are no tensors.
    inputs: list[Any]
    outputs: list[Any]
    slots: list[int]

    def name(self) -> str:
        return f"{self.function.__name__}Backward"

    def apply(self, grad: Any) -> Sequence[Any]:
        grads = grad if isinstance(grad, list) else [grad]
        ctx = self.ctx
        if self.function.jvp is not Function.jvp and is_transposing():
            return _transposed(self, grads)
        if ctx.materialize_grads:
            for index, item in enumerate(grads):
                if item is None and self.outputs[index] is not None:
                    shape, key = self.outputs[index]
                    grads[index] = _zeros(shape, key)
        results = self.function.backward(ctx, *grads)
        if not isinstance(results, tuple):
            results = (results,)
        wanted = self.count
        if len(results) > wanted and all(item is None for item in results[wanted:]):
            results = results[:wanted]
        if len(results) != wanted:
            raise GradientError(
                f"function {self.name()} returned an incorrect number of gradients (expected {wanted}, got "
                f"{len(results)})"
            )
        for index, value in enumerate(results):
            if value is None:
                continue
            if index not in self.slots:
                raise GradientError(
                    f"function {self.name()} returned a gradient different than None at position {index + 1}, but the "
                    "corresponding forward input was not a Variable"
                )
            if not isinstance(value, Tensor):
                raise GradientError(
                    f"expected Variable or None (got {type(value).__name__}) as gradient {index} of {self.name()}"
                )
        return [
            None if edge is None or results[index] is None else self._fitted(index, results[index], shape, key)
            for index, edge, (shape, key) in zip(self.slots, self.edges, self.inputs, strict=True)
        ]

    def _fitted(self, index: int, grad: Tensor, shape: tuple[int, ...], key: Any) -> Any:
        """A gradient summed over broadcast axes and converted, so that it is like its argument."""
        have = tuple(grad._array.shape)
        if have == shape and grad._key is key:
            return grad
        extra = len(have) - len(shape)
        if extra < 0 or any(size not in (1, other) for size, other in zip(shape, have[extra:], strict=True)):
            raise GradientError(
                f"Function {self.name()} returned an invalid gradient at index {index} - got {list(have)} but expected "
                f"shape compatible with {list(shape)}"
            )
        return fit(grad, shape, key)

    def release(self) -> None:
        if self.ctx._to_save:
            self.ctx._saved = FREED

    def __getattr__(self, name: str) -> Any:
        # PyTorch's grad_fn of a Function is its ctx.
        if name.startswith("__") or name in FunctionNode.__slots__:
            raise AttributeError(name)
        return getattr(self.ctx, name)


class FunctionTranspose(Node):
    """Stands where the gradients of a `Function` with a `jvp` would be: its own backward is that `jvp`.

    A backward pass that runs to be transposed needs the graph of these gradients and not their values.
    """

    __slots__ = ("call",)
    call: FunctionNode

    def apply(self, grad: Any) -> Sequence[Any]:
        call, ctx = self.call, self.call.ctx
        arrived = grad if isinstance(grad, list) else [grad]
        tangents: list[Any] = [None] * call.count
        for place, slot in enumerate(call.slots):
            tangent = arrived[place]
            if tangent is None and ctx.materialize_grads:
                tangent = _zeros(*call.inputs[place])
            tangents[slot] = tangent
        kept = ctx._to_save, ctx._saved
        if ctx.saved_for_forward is not None:
            ctx._to_save, ctx._saved = ctx.saved_for_forward, None
        try:
            results = call.function.jvp(ctx, *tangents)
        finally:
            ctx._to_save, ctx._saved = kept
        results = results if isinstance(results, tuple) else (results,)
        if len(results) != len(call.outputs):
            raise GradientError(
                f"Function {call.function.__name__}.jvp returned {len(results)} tangents, expected one for each of "
                f"{len(call.outputs)} outputs"
            )
        return results


def _transposed(call: FunctionNode, grads: Sequence[Any]) -> list[Any]:
    node = FunctionTranspose()
    node.call = call
    node.edges = tuple(edge_of(item) for item in grads)
    node.output_count = len(call.slots)  # type: ignore[misc]
    found: list[Any] = []
    for place, edge in enumerate(call.edges):
        made = None
        if edge is not None:
            made = _zeros(*call.inputs[place])
            made._requires_grad = True
            made._node = OutputSlot(node, place) if len(call.slots) > 1 else node
        found.append(made)
    return found


def _zeros(shape: tuple[int, ...], key: Any) -> Tensor:
    from torchere.operators import operator_named

    return operator_named("zeros")(shape, dtype=key.dtype, device=key.device)  # type: ignore[no-any-return]


class _FunctionMeta(type):
    """Gives every Function a context class PyTorch programs can name."""


class Function(metaclass=_FunctionMeta):
    """An operation defined by `forward` and `backward`, called through ``apply``.

    Subclasses define static methods ``forward(ctx, *args)`` and ``backward(ctx, *grad_outputs)``; or ``forward(*args)``
    with ``setup_context(ctx, inputs, output)``. Backward returns one gradient (or None) for each argument of forward.
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the result; not recorded."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Save what `backward` needs; `forward` then takes no ctx."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Gradients for the arguments of `forward`."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
            "backward mode AD."
        )

    vjp = backward

    #: Whether `vmap` maps the methods of the class; then `vmap` is not overridden.
    generate_vmap_rule = False

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """Tangents of the outputs, from those of the arguments (None where there is none). Without it, forward mode
        transposes `backward`.
        """
        raise NotImplementedError("You must implement the jvp function for custom autograd.Function.")

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *args: Any) -> Any:
        """(output, out_dims) for arguments whose mapped axes are `in_dims`; `info` has batch_size and randomness."""
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap static method or set "
            "generate_vmap_rule=True."
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Refused as PyTorch does: call ``apply`` of the class."""
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd "
            f"function with static forward method: {type(self).__name__}.apply(...)."
        )

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Call `forward` and record the call."""
        if state.depth and any(isinstance(item, Tensor) and item._key.level for item in args):
            from torchere.func.custom import apply_mapped

            return apply_mapped(cls, args, kwargs)
        return cls._applied(args, kwargs)

    @classmethod
    def _applied(cls, args: Sequence[Any], kwargs: dict[str, Any], forward: Callable[..., Any] | None = None) -> Any:
        args = tuple(args)
        if cls.backward is Function.backward and cls.vjp is not Function.vjp:
            cls.backward = cls.vjp  # type: ignore[method-assign]
        ctx = FunctionCtx()
        ctx.needs_input_grad = tuple(isinstance(item, Tensor) and item._requires_grad for item in args)
        recording = bool(state.enabled) and any(ctx.needs_input_grad)
        slots = [index for index, item in enumerate(args) if isinstance(item, Tensor)]
        edges = tuple(edge_of(args[index]) for index in slots)
        with no_grad():
            if cls.setup_context is Function.setup_context:
                output = cls.forward(ctx, *args, **kwargs)
            else:
                output = (forward or cls.forward)(*args, **kwargs)
                cls.setup_context(ctx, args, output)
        single = not isinstance(output, (tuple, list))
        outputs = [output] if single else list(output)
        for item in ctx._dirty:
            if not any(item is result for result in outputs):
                raise GradientError(
                    "Some elements marked as dirty during the forward method were not returned as output. The inputs "
                    "that are modified inplace must all be outputs of the Function."
                )
        node = FunctionNode() if recording else None
        results: list[Any] = []
        for item in outputs:
            results.append(cls._result(ctx, item, args, node) if isinstance(item, Tensor) else item)
        if node is not None:
            node.function, node.ctx, node.edges = cls, ctx, edges
            node.slots, node.count = slots, len(args)
            node.inputs = [(tuple(args[index]._array.shape), args[index]._key) for index in slots]
            node.output_count = len(outputs)  # type: ignore[misc]
            node.outputs = [(tuple(r._array.shape), r._key) if isinstance(r, Tensor) else None for r in results]
            ctx._node_reference = ref(node)
            for index, (item, result) in enumerate(zip(outputs, results, strict=True)):
                if not isinstance(result, Tensor) or any(item is constant for constant in ctx._constant):
                    continue
                dtype = result._key.dtype
                if not (dtype.is_floating_point or dtype.is_complex):
                    continue
                end = node if len(outputs) == 1 else OutputSlot(node, index)
                if any(item is dirty for dirty in ctx._dirty):
                    from torchere.tensors.rewriting import _set_history

                    if result._storage is None:
                        result._storage = Storage()
                    _set_history(result, end)
                else:
                    result._node = end
                    result._requires_grad = True
            if any(isinstance(result, Tensor) and result._view is not None for result in results):
                as_results([None if any(r is dirty for dirty in ctx._dirty) else r for r in results], cls.__name__)
            cls._save(ctx, node, outputs, results)
            if state.enabled is not True:
                state.enabled.recorded(node)
        if single:
            return results[0]
        return tuple(results)

    @staticmethod
    def _result(ctx: FunctionCtx, item: Tensor, args: tuple[Any, ...], node: Any) -> Tensor:
        if any(item is dirty for dirty in ctx._dirty):
            if item._requires_grad and item._node is None and node is not None:
                raise GradientError("a leaf Variable that requires grad is being used in an in-place operation.")
            storage = item._storage
            if storage is None:
                storage = item._storage = Storage()
            storage.version += 1
            return item
        if any(item is argument for argument in args):
            # An input handed through becomes an output of its own that shares memory.
            alias: Tensor = item.detach()
            return alias
        return item

    @staticmethod
    def _save(ctx: FunctionCtx, node: FunctionNode, outputs: Sequence[Any], results: Sequence[Any]) -> None:
        from torchere.autograd.node import Packed

        hooks = None if state.enabled is True else state.enabled.hooks
        saved: list[tuple[str, Any, int | None]] = []
        for item in ctx._to_save:
            index = next(
                (i for i, out in enumerate(outputs) if item is not None and (out is item or results[i] is item)), None
            )
            if item is not None and hooks is not None:
                origin = None if index is not None else edge_of(item)
                saved.append(("packed", Packed(hooks[0](item.detach()), hooks[1], origin), index))
            elif index is not None:
                result = results[index]
                if result._storage is None:
                    result._storage = Storage()
                saved.append(("output", (index, result._array, result._key, result._storage), result._storage.version))
            else:
                saved.append(("input", item, version_of(item)))
        ctx._saved = saved
        # The context must not keep its own outputs alive.
        ctx._to_save = tuple(True for _ in ctx._to_save)
        ctx._dirty = ctx._constant = ()


class BackwardCFunction(FunctionCtx):
    """PyTorch's class of a call's node seen from C++. Here a call's node is its `FunctionCtx`'s."""

    def apply(self, *args: Any) -> Any:
        """Run the backward of the call's class."""
        cls = getattr(self, "_forward_cls", None)
        if cls is None:
            raise RuntimeError("BackwardCFunction.apply(): made by hand, it belongs to no Function")
        return cls.backward(self, *args)


class InplaceFunction(Function):
    """A Function with a flag `inplace`; kept for old programs."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class NestedIOFunction(Function):
    """A Function whose arguments and results may be nested; flattened by the caller."""


def once_differentiable(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of ``backward``: its gradients cannot be differentiated again; trying to raises."""

    @functools.wraps(function)
    def wrapper(ctx: Any, *args: Any) -> Any:
        with no_grad():
            outputs = function(ctx, *args)
        if not state.enabled:
            return outputs
        if not any(isinstance(item, Tensor) and item._requires_grad for item in args):
            return outputs
        single = not isinstance(outputs, tuple)
        parts = (outputs,) if single else outputs

        class DelayedError(Node):
            __slots__ = ()

            def apply(self, grad: Any) -> Sequence[Any]:
                raise GradientError(
                    "trying to differentiate twice a function that was marked with @once_differentiable"
                )

        marked = []
        for item in parts:
            if isinstance(item, Tensor):
                made = item.detach()
                node = DelayedError()
                node.edges = tuple(edge_of(arg) for arg in args if isinstance(arg, Tensor))
                made._requires_grad = True
                made._node = node
                item = made
            marked.append(item)
        return marked[0] if single else tuple(marked)

    return wrapper
