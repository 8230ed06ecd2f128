"""A `Function` applied to tensors of a `vmap`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from torchere.autograd.function import Function, FunctionCtx
from torchere.func.levels import Batched, at_depth, batched, frame_of, lift, mapped
from torchere.tensors.tensor import Tensor

__all__ = ["VmapInfo", "apply_mapped"]


class VmapInfo(NamedTuple):
    """What a `Function.vmap` is told: the size of the batch, and the `randomness` asked for."""

    batch_size: int
    randomness: str


def apply_mapped(cls: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """``cls.apply(*args)`` where an argument is mapped: by the class's `vmap`, or by mapping its methods.

    The level below gets a node of its own, and so does this one if an argument requires gradients here.
    """
    level = max(item._key.level for item in args if isinstance(item, Tensor))
    if cls.setup_context is Function.setup_context:
        raise RuntimeError(
            "In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, ...), it must "
            f"override the setup_context staticmethod: {cls.__name__}.forward must not take ctx."
        )
    frame = frame_of(level)
    args = [lift(item, level) if isinstance(item, Tensor) else item for item in args]
    below = [item._array.tensor if isinstance(item, Tensor) else item for item in args]
    dims = tuple(0 if isinstance(item, Tensor) and item._array.is_batched else None for item in args)
    overridden = cls.vmap is not Function.vmap
    with at_depth(level - 1):
        if cls.generate_vmap_rule:
            if overridden:
                raise RuntimeError(
                    f"You tried to vmap over {cls.__name__}, but it has both generate_vmap_rule=True and an overridden "
                    "vmap staticmethod. Please set generate_vmap_rule=False or delete the vmap staticmethod."
                )
            outputs = _generated(cls, dims, frame.size, frame.randomness).apply(*below, **kwargs)
            out_dims: Any = 0
        elif not overridden:
            raise RuntimeError(
                f"You tried to vmap over {cls.__name__}, but it does not have vmap support. Please override and "
                "implement the vmap staticmethod or set generate_vmap_rule=True."
            )
        elif all(dim is None for dim in dims):
            outputs, out_dims = cls.apply(*below, **kwargs), None
        else:
            outputs, out_dims = cls.vmap(VmapInfo(frame.size, frame.randomness), dims, *below, **kwargs)
        single = not isinstance(outputs, (tuple, list))
        values = [outputs] if single else list(outputs)
        places = list(out_dims) if isinstance(out_dims, (tuple, list)) else [out_dims] * len(values)
        found = [_placed(value, dim, level) for value, dim in zip(values, places, strict=True)]

    def forward(*_: Any, **__: Any) -> Any:
        return found[0] if single else tuple(found)

    return cls._applied(args, kwargs, forward)


def _placed(value: Any, dim: int | None, level: int) -> Any:
    if not isinstance(value, Tensor):
        return value
    if dim is None:
        return batched(value, level, False)
    return batched(value.movedim(dim, 0) if dim else value, level)


def _generated(cls: Any, dims: Sequence[int | None], size: int, randomness: str) -> Any:
    """The Function of the level below whose methods are those of `cls`, mapped."""

    def inside(values: Sequence[Any], places: Sequence[int | None], level: int) -> list[Any]:
        return [
            batched(value, level, dim is not None) if isinstance(value, Tensor) else value
            for value, dim in zip(values, places, strict=True)
        ]

    def outside(value: Any, level: int) -> Any:
        """With the batch in front."""
        if not isinstance(value, Tensor):
            return value
        array: Batched = lift(value, level)._array
        return array.tensor if array.is_batched else array.tensor.expand(size, *array.tensor.shape)

    def prepared(ctx: Any, level: int) -> Any:
        """A context filled by the class's own `setup_context`."""
        saved = iter(ctx.saved_tensors)
        inputs = [next(saved) if is_tensor else value for is_tensor, value in ctx.inputs]
        outputs = [next(saved) if is_tensor else value for is_tensor, value in ctx.outputs]
        own = FunctionCtx()
        own.needs_input_grad = ctx.needs_input_grad
        mapped_outputs = inside(outputs, [0] * len(outputs), level)
        result = mapped_outputs[0] if ctx.single else tuple(mapped_outputs)
        cls.setup_context(own, tuple(inside(inputs, dims, level)), result)
        return own

    class Generated(Function):
        @staticmethod
        def forward(*args: Any, **kwargs: Any) -> Any:
            with mapped(size, randomness) as level:
                found = cls.forward(*inside(args, dims, level), **kwargs)
                if isinstance(found, (tuple, list)):
                    return tuple(outside(item, level) for item in found)
                return outside(found, level)

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
            ctx.single = not isinstance(output, tuple)
            outputs = (output,) if ctx.single else output
            tensors = [item for item in (*inputs, *outputs) if isinstance(item, Tensor)]
            ctx.inputs = [(isinstance(item, Tensor), None if isinstance(item, Tensor) else item) for item in inputs]
            ctx.outputs = [(isinstance(item, Tensor), None if isinstance(item, Tensor) else item) for item in outputs]
            ctx.save_for_backward(*tensors)

        @staticmethod
        def backward(ctx: Any, *grad_outputs: Any) -> Any:
            with mapped(size, randomness) as level:
                own = prepared(ctx, level)
                found = cls.backward(own, *inside(grad_outputs, [0] * len(grad_outputs), level))
                values = found if isinstance(found, tuple) else (found,)
                results: list[Any] = []
                for value, dim in zip(values, [*dims, *([None] * (len(values) - len(dims)))], strict=True):
                    result = outside(value, level)
                    # One value for all examples gathers the gradients of all.
                    results.append(result.sum(0) if isinstance(result, Tensor) and dim is None else result)
                return tuple(results)

    if cls.jvp is not Function.jvp:

        def jvp(ctx: Any, *tangents: Any) -> Any:
            with mapped(size, randomness) as level:
                found = cls.jvp(prepared(ctx, level), *inside(tangents, dims, level))
                if isinstance(found, tuple):
                    return tuple(outside(item, level) for item in found)
                return outside(found, level)

        Generated.jvp = staticmethod(jvp)  # type: ignore[method-assign]
    Generated.__name__ = f"Vmapped{cls.__name__}"
    return Generated
