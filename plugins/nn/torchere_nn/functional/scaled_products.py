"""Matrix products of groups of rows, and of matrices stored in few bits with scales beside them.

PyTorch hands these to special instructions of graphics cards. Here the values are multiplied by their scales in
float32 and multiplied as ordinary matrices, which is what those instructions compute.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

import torchere as torch
from torchere import Tensor

__all__ = ["ScalingType", "SwizzleType", "grouped_mm", "scaled_grouped_mm", "scaled_mm"]


class ScalingType(enum.Enum):
    """How many values share a scale: all, those of a row, or those of a block of rows × values."""

    TensorWise = 0
    RowWise = 1
    BlockWise1x16 = 2
    BlockWise1x32 = 3
    BlockWise1x128 = 4
    BlockWise128x128 = 5


class SwizzleType(enum.Enum):
    """The order in which scales lie in memory."""

    NO_SWIZZLE = 0
    SWIZZLE_32_4_4 = 1


_BLOCKS = {
    ScalingType.BlockWise1x16: (1, 16),
    ScalingType.BlockWise1x32: (1, 32),
    ScalingType.BlockWise1x128: (1, 128),
    ScalingType.BlockWise128x128: (128, 128),
}


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _unswizzled(scale: Tensor, rows: int, columns: int) -> Tensor:
    """Scales of ``(rows, columns)`` blocks from tiles of 128 × 4, each stored as 32 × 4 × 4."""
    down, across = -(-rows // 128), -(-columns // 4)
    if scale.numel() != down * across * 512:
        raise ValueError(
            f"swizzled scales of {rows} x {columns} blocks have {down * across * 512} elements, got {scale.numel()}"
        )
    tiles = scale.reshape(down, across, 32, 4, 4).permute(0, 3, 2, 1, 4)
    return tiles.reshape(down * 128, across * 4)[:rows, :columns]


def _expanded(name: str, scale: Tensor, recipe: ScalingType, swizzle: SwizzleType, rows: int, length: int) -> Tensor:
    """The scale of each value of a ``(rows, length)`` matrix whose last axis is summed over, as float32."""
    if not isinstance(recipe, ScalingType):
        raise TypeError(f"the recipe of {name} must be a ScalingType, not {type(recipe).__name__}")
    if recipe is ScalingType.TensorWise:
        if scale.numel() != 1 or scale.dtype is not torch.float32:
            raise ValueError(
                f"{name} must have 1 Float element for TensorWise scaling, got {scale.numel()} of {scale.dtype}"
            )
        return scale.reshape(1, 1)
    if recipe is ScalingType.RowWise:
        if scale.numel() != rows or scale.dtype is not torch.float32:
            raise ValueError(
                f"{name} must have {rows} Float elements for RowWise scaling, got {scale.numel()} of {scale.dtype}"
            )
        return scale.reshape(rows, 1)
    high, wide = _BLOCKS[recipe]
    down, across = -(-rows // high), -(-length // wide)
    scale = scale.to(torch.float32)
    if swizzle is SwizzleType.SWIZZLE_32_4_4:
        scale = _unswizzled(scale, down, across)
    if scale.numel() != down * across:
        raise ValueError(
            f"{name} must have {down} x {across} elements for {recipe.name} scaling of a {rows} x {length} matrix, got "
            f"{tuple(scale.shape)}"
        )
    scale = scale.reshape(down, across)
    return scale.repeat_interleave(high, 0)[:rows].repeat_interleave(wide, 1)[:, :length]


def _decoded(name: str, matrix: Tensor, scales: Any, recipes: Any, swizzles: Any) -> Tensor:
    """``(rows, length)`` values times their scales, as float32; a second scale is one for the whole matrix."""
    scales, recipes, swizzles = _listed(scales), _listed(recipes), _listed(swizzles)
    if len(scales) != len(recipes) or not 1 <= len(scales) <= 2:
        raise ValueError(
            f"Invalid scaling configuration: {len(scales)} scales and {len(recipes)} recipes of {name}. Each scale "
            "needs a recipe, and there are one or two."
        )
    wide = matrix.to(torch.float32)
    for number, (scale, recipe) in enumerate(zip(scales, recipes, strict=True)):
        swizzle = swizzles[number] if number < len(swizzles) and swizzles[number] else SwizzleType.NO_SWIZZLE
        wide = wide * _expanded(name, scale, recipe, swizzle, *matrix.shape)
    return wide


def _is_narrow(dtype: Any) -> bool:
    return str(dtype).startswith(("torch.float8", "torch.float4", "torchere.float8", "torchere.float4"))


def _require_narrow(name: str, mat_a: Tensor, mat_b: Tensor) -> None:
    if not (_is_narrow(mat_a.dtype) and _is_narrow(mat_b.dtype)):
        raise ValueError(
            f"Invalid scaling configuration: {name} multiplies float8 matrices, got {mat_a.dtype} and {mat_b.dtype}. "
            "Convert them with .to(torch.float8_e4m3fn), or use an ordinary product."
        )


def _same_kind(recipe_a: Any, recipe_b: Any) -> None:
    whole = (ScalingType.TensorWise, ScalingType.RowWise)
    first, second = _listed(recipe_a)[0], _listed(recipe_b)[0]
    if first is not second and (first in whole or second in whole):
        raise ValueError(
            f"Invalid scaling configuration: {first} of mat_a does not go with {second} of mat_b. Both are "
            "TensorWise, both RowWise, or both are of blocks."
        )


def scaled_mm(
    mat_a: Tensor,
    mat_b: Tensor,
    scale_a: Tensor | list[Tensor],
    scale_recipe_a: ScalingType | list[ScalingType],
    scale_b: Tensor | list[Tensor],
    scale_recipe_b: ScalingType | list[ScalingType],
    swizzle_a: SwizzleType | list[SwizzleType] | None = None,
    swizzle_b: SwizzleType | list[SwizzleType] | None = None,
    bias: Tensor | None = None,
    output_dtype: Any = torch.bfloat16,
    contraction_dim: Sequence[int] = (),
    use_fast_accum: bool = False,
) -> Tensor:
    """``(mat_a · scale_a) @ (mat_b · scale_b) + bias`` for float8 matrices, computed in float32.

    Shape: ``(M, K)`` and ``(K, N)`` to ``(M, N)``, bias ``(N,)``. The recipes say which values share a scale: all (one
    element), those of a row of mat_a or column of mat_b (``(M, 1)``, ``(1, N)``), or blocks along K (``(M, K / 32)``,
    ``(N, K / 32)``). A list of two scales multiplies both. ``output_dtype`` None is mat_a's; ``contraction_dim`` and
    ``use_fast_accum`` are accepted. Raises ValueError for shapes, dtypes and scales that do not fit together.
    """
    for name, matrix in (("mat_a", mat_a), ("mat_b", mat_b)):
        if matrix.dim() != 2:
            raise ValueError(f"{name} must be a matrix, got {matrix.dim()} dimensions")
    _require_narrow("scaled_mm", mat_a, mat_b)
    if mat_a.shape[1] != mat_b.shape[0]:
        raise ValueError(
            f"mat_a and mat_b shapes cannot be multiplied ({mat_a.shape[0]}x{mat_a.shape[1]} and "
            f"{mat_b.shape[0]}x{mat_b.shape[1]})"
        )
    _same_kind(scale_recipe_a, scale_recipe_b)
    first = _decoded("scale_a", mat_a, scale_a, scale_recipe_a, swizzle_a)
    second = _decoded("scale_b", mat_b.T, scale_b, scale_recipe_b, swizzle_b)
    product = first @ second.T
    if bias is not None:
        product = product + bias.to(torch.float32)
    return product.to(mat_a.dtype if output_dtype is None else output_dtype)


_GROUPED_DTYPES = (torch.float32, torch.bfloat16, torch.float16)


def _check_groups(mat_a: Tensor, mat_b: Tensor, offs: Tensor | None, bias: Tensor | None) -> None:
    for name, matrix in (("mat_a", mat_a), ("mat_b", mat_b)):
        if matrix.dim() not in (2, 3):
            raise RuntimeError(f"{name} has to be 2 or 3d, got {matrix.dim()}d")
    both_2d = mat_a.dim() == 2 and mat_b.dim() == 2
    if (offs is None) != (mat_a.dim() == 3 and mat_b.dim() == 3):
        raise RuntimeError("Have to provide offsets if there is a 2d matrix, or no offset if both matrices are 3d")
    if mat_a.shape[-1] != mat_b.shape[-2]:
        raise RuntimeError(
            f"contraction dimension of mat_a and mat_b must match: {mat_a.shape[-1]} and {mat_b.shape[-2]}"
        )
    if offs is None:
        if mat_a.shape[0] != mat_b.shape[0]:
            raise RuntimeError(f"batched dimension has to match: {mat_a.shape[0]} and {mat_b.shape[0]}")
    else:
        if offs.dim() != 1:
            raise RuntimeError(f"offs has to be 1D, got {offs.dim()}D")
        if offs.dtype is not torch.int32:
            raise RuntimeError(f"Offsets have to be int32, got {offs.dtype}")
        groups = mat_a.shape[0] if mat_a.dim() == 3 else mat_b.shape[0]
        if not both_2d and offs.shape[0] != groups:
            raise RuntimeError(f"matrix batch sizes have to match: {offs.shape[0]} offsets for {groups} groups")
    if bias is not None:
        raise RuntimeError("Bias not supported yet: add it to the result")


def _groups(mat_a: Tensor, mat_b: Tensor, offs: Tensor | None) -> Tensor:
    """The products of the groups, without checks."""
    if offs is None:
        return torch.bmm(mat_a, mat_b)
    ends = offs.tolist()
    parts = []
    start = 0
    for number, end in enumerate(ends):
        if mat_a.dim() == 2 and mat_b.dim() == 2:
            parts.append(mat_a[:, start:end] @ mat_b[start:end])
        elif mat_a.dim() == 2:
            parts.append(mat_a[start:end] @ mat_b[number])
        else:
            parts.append(mat_a[number] @ mat_b[:, start:end])
        start = max(start, end)
    if mat_a.dim() == 2 and mat_b.dim() == 2:
        return torch.stack(parts)
    axis, whole = (0, mat_a.shape[0]) if mat_a.dim() == 2 else (1, mat_b.shape[1])
    rest = whole - sum(part.shape[axis] for part in parts)
    if rest > 0:
        # PyTorch leaves what no group covers uninitialised.
        shape = [mat_a.shape[-2], mat_b.shape[-1]]
        shape[axis] = rest
        parts.append(mat_a.new_zeros(shape))
    return torch.cat(parts, axis)


def grouped_mm(
    mat_a: Tensor,
    mat_b: Tensor,
    *,
    offs: Tensor | None = None,
    bias: Tensor | None = None,
    out_dtype: Any = None,
) -> Tensor:
    """A matrix product for each group, as a mixture of experts needs: differentiable.

    ``offs`` ``(G,)`` of int32 holds the end of each group along the axis that is cut. Shape: ``(T, K)`` rows in groups
    by ``(G, K, N)`` to ``(T, N)``; ``(G, M, K)`` by ``(K, T)`` columns in groups to ``(M, T)``; ``(M, T)`` by
    ``(T, N)``, both cut along T, to ``(G, M, N)``; ``(G, M, K)`` by ``(G, K, N)`` without offs to ``(G, M, N)``. What
    lies beyond the last offset is zero. Dtypes: float32, bfloat16, float16. Raises RuntimeError for anything else.
    """
    _check_groups(mat_a, mat_b, offs, bias)
    if mat_a.dtype not in _GROUPED_DTYPES:
        raise RuntimeError(f"Expected mat_a to be Float32, BFloat16 or Float16 matrix, got {mat_a.dtype}")
    if mat_b.dtype is not mat_a.dtype:
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {mat_a.dtype} != {mat_b.dtype}")
    if out_dtype is not None and out_dtype is not mat_a.dtype:
        raise RuntimeError(f"Grouped gemm output dtype must match `mat_a` dtype, got {out_dtype} and {mat_a.dtype}")
    return _groups(mat_a, mat_b, offs)


def _decoded_groups(
    name: str, matrix: Tensor, scale: Any, recipe: Any, swizzle: Any, offs: Tensor | None, cut_along_k: bool
) -> Tensor:
    """``(rows, K)`` or ``(G, rows, K)`` values times their scales, in float32."""
    scale = _listed(scale)[0] if len(_listed(scale)) == 1 else scale
    if matrix.dim() == 3:
        return torch.stack([_decoded(name, part, scale[i], recipe, swizzle) for i, part in enumerate(matrix)])
    if not cut_along_k:
        return _decoded(name, matrix, scale, recipe, swizzle)
    # Cut along the contraction: every group has its own scales, one set after the other.
    ends = [] if offs is None else offs.tolist()
    scales = scale.reshape(len(ends), -1)
    wide = torch.zeros_like(matrix, dtype=torch.float32)
    start = 0
    for number, end in enumerate(ends):
        wide[:, start:end] = _decoded(name, matrix[:, start:end], scales[number], recipe, swizzle)
        start = end
    return wide


def scaled_grouped_mm(
    mat_a: Tensor,
    mat_b: Tensor,
    scale_a: Tensor | list[Tensor],
    scale_recipe_a: ScalingType | list[ScalingType],
    scale_b: Tensor | list[Tensor],
    scale_recipe_b: ScalingType | list[ScalingType],
    swizzle_a: SwizzleType | list[SwizzleType] | None = None,
    swizzle_b: SwizzleType | list[SwizzleType] | None = None,
    bias: Tensor | None = None,
    offs: Tensor | None = None,
    output_dtype: Any = torch.bfloat16,
    contraction_dim: Sequence[int] = (),
    use_fast_accum: bool = False,
) -> Tensor:
    """:func:`grouped_mm` of float8 matrices with scales as in :func:`scaled_mm`.

    RowWise scales: ``(T,)`` for rows or columns in groups, ``(G, M)`` or ``(G, N)`` for a matrix of each group, and
    ``(G · M,)``, ``(G · N,)`` where the contraction is cut.
    """
    _check_groups(mat_a, mat_b, offs, bias)
    _require_narrow("scaled_grouped_mm", mat_a, mat_b)
    _same_kind(scale_recipe_a, scale_recipe_b)
    cut = mat_a.dim() == 2 and mat_b.dim() == 2
    first = _decoded_groups("scale_a", mat_a, scale_a, scale_recipe_a, swizzle_a, offs, cut)
    turned = mat_b.transpose(-2, -1)
    second = _decoded_groups("scale_b", turned, scale_b, scale_recipe_b, swizzle_b, offs, cut)
    product = _groups(first, second.transpose(-2, -1), offs)
    return product.to(mat_a.dtype if output_dtype is None else output_dtype)
