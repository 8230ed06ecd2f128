"""``torchere.nn.utils.parametrizations``: orthogonal matrices, weight and spectral normalisation."""

from __future__ import annotations

from typing import Any

import torchere as torch
from torchere import Tensor
from torchere_nn import functional as F
from torchere_nn.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from torchere_nn.module import Module

from . import parametrize
from .weight_normalization import norm_except_dim, normalized

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

_MAPS = ("matrix_exp", "cayley", "householder")


def _tensor_of(module: Module, name: str) -> Tensor:
    tensor = getattr(module, name, None)
    if not isinstance(tensor, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return tensor


# --- orthogonal -------------------------------------------------------------------------------------------------------


def _is_orthogonal(matrix: Tensor) -> bool:
    size = matrix.size(-1)
    identity = torch.eye(size, dtype=matrix.dtype, device=matrix.device)
    tolerance = 10.0 * size * torch.finfo(matrix.dtype).eps
    return torch.allclose(matrix.mH @ matrix, identity, atol=tolerance)


def _orthonormal(matrix: Tensor) -> Tensor:
    """Q of the QR factorisation whose R has a positive diagonal: a matrix with orthonormal columns stays itself."""
    factors, tau = torch.geqrf(matrix)
    signs = factors.diagonal(dim1=-2, dim2=-1).sgn()
    return torch.linalg.householder_product(factors, tau) * signs.unsqueeze(-2)


class _Orthogonal(Module):
    """A matrix with orthonormal columns (rows, if it has more columns than rows) from an unconstrained one.

    With ``use_trivialization`` the map is taken relative to the last value assigned, which is the buffer ``base``.
    """

    base: Tensor | None

    def __init__(self, weight: Tensor, orthogonal_map: str, *, use_trivialization: bool = True) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map == "householder":
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        self.use_trivialization = use_trivialization
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Tensor) -> Tensor:
        """The orthogonal matrix of ``X (*, n, k)``."""
        wide = X.size(-2) < X.size(-1)
        if wide:
            X = X.mT
        rows, columns = X.shape[-2:]
        if self.orthogonal_map == "householder":
            # tau that makes each reflection, given by a column below its diagonal one, orthogonal
            below = X.tril(-1)
            tau = 2.0 / (1.0 + (below * below).sum(-2))
            Q = torch.linalg.householder_product(below, tau)
            # The diagonal holds signs; they are not trained.
            Q = Q * X.diagonal(dim1=-2, dim2=-1).to(torch.int32).unsqueeze(-2)
        else:
            X = X.tril()
            if rows != columns:
                X = torch.cat([X, X.new_zeros(*X.shape[:-2], rows, rows - columns)], -1)
            skew = X - X.mH
            if self.orthogonal_map == "matrix_exp":
                Q = torch.matrix_exp(skew)
            else:
                identity = torch.eye(rows, dtype=skew.dtype, device=skew.device)
                Q = torch.linalg.solve(identity - 0.5 * skew, identity + 0.5 * skew)
            if rows != columns:
                Q = Q[..., :columns]
        if self.use_trivialization:
            Q = self.base @ Q
        return Q.mT if wide else Q

    @torch.no_grad()
    def right_inverse(self, Q: Tensor) -> Tensor:
        """The original for which the result is ``Q``, made orthonormal if it is not.

        Raises ValueError for another shape, NotImplementedError where the map cannot be inverted.
        """
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {tuple(self.shape)}. Got a tensor of shape "
                f"{tuple(Q.shape)}."
            )
        given = Q
        wide = Q.size(-2) < Q.size(-1)
        if wide:
            Q = Q.mT
        rows, columns = Q.shape[-2:]
        if not self.use_trivialization:
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                    "use_trivialization=False."
                )
            factors, tau = torch.geqrf(Q)
            diagonal = factors.diagonal(dim1=-2, dim2=-1)
            # geqrf's R has this sign on its diagonal; where tau is 0 it makes no reflection, while forward always does.
            signs = torch.where(tau == 0.0, -diagonal.sign(), diagonal.sign())
            result = factors.clone()
            result.diagonal(dim1=-2, dim2=-1).copy_(signs)
            return result.mT if wide else result
        if rows == columns:
            Q = Q.clone() if _is_orthogonal(Q) else _orthonormal(Q)
        else:
            # The columns that complete the basis matter only to how training moves.
            rest = torch.randn(*Q.shape[:-2], rows, rows - columns, dtype=Q.dtype, device=Q.device)
            Q = _orthonormal(torch.cat([Q, rest], -1))
        self.base = Q
        # Every map takes this to the identity: householder by two changes of sign, the others ignore the diagonal.
        result = torch.zeros_like(given)
        result.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return result


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Module:
    """Parametrize a matrix (or batch of matrices) of ``module`` to be orthogonal; returns the module.

    Args:
        module: the owner.
        name: of the tensor.
        orthogonal_map: ``"matrix_exp"``, ``"cayley"`` or ``"householder"``; left out, the first for square and complex
            matrices, else the last.
        use_trivialization: take the map relative to the last assigned value, so that all values can be assigned.

    Raises ValueError for a missing tensor, one with fewer than two dimensions, or an unknown map.
    Source: Lezcano-Casado, Trivializations for gradient-based optimization on manifolds, 2019.
    """
    weight = _tensor_of(module, name)
    if weight.dim() < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.dim()} dimensions.")
    if orthogonal_map is None:
        square = weight.size(-2) == weight.size(-1)
        orthogonal_map = "matrix_exp" if square or weight.is_complex() else "householder"
    if orthogonal_map not in _MAPS:
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    made = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return parametrize.register_parametrization(module, name, made, unsafe=True)


# --- weight norm ------------------------------------------------------------------------------------------------------


class _WeightNorm(Module):
    """``g · v / ‖v‖``, the norm taken over all dimensions but ``dim``."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        """The weight of magnitude ``weight_g`` and direction ``weight_v``."""
        return normalized(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Magnitude and direction of a weight."""
        return norm_except_dim(weight, 2, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Parametrize a tensor of ``module`` by magnitude (``original0``) and direction (``original1``).

    ``dim`` keeps a magnitude for each index of that dimension; None means one magnitude. State dicts of the old
    :func:`torchere.nn.utils.weight_norm` can be loaded. Returns the module.
    Source: Salimans & Kingma, Weight Normalization, 2016.
    """
    parametrize.register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename_old(state_dict: Any, prefix: str, *_: Any) -> None:
        old = f"{prefix}{name}_g", f"{prefix}{name}_v"
        if all(key in state_dict for key in old):
            for i, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{name}.original{i}"] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(rename_old)
    return module


# --- spectral norm ----------------------------------------------------------------------------------------------------


class _SpectralNorm(Module):
    """The weight over its largest singular value, which power iteration follows in training mode."""

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        count = weight.dim()
        if dim >= count or dim < -count:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{count}, {count - 1}] but got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim = dim if dim >= 0 else dim + count
        self.eps = eps
        if count > 1:
            self.n_power_iterations = n_power_iterations
            matrix = self._matrix(weight)
            for name, size in zip(("_u", "_v"), matrix.shape, strict=True):
                start = matrix.new_empty(size).normal_(0, 1)
                self.register_buffer(name, F.normalize(start, dim=0, eps=eps))
            self._iterate(matrix, 15)

    def _matrix(self, weight: Tensor) -> Tensor:
        return weight.movedim(self.dim, 0).flatten(1)

    @torch.no_grad()
    def _iterate(self, matrix: Tensor, count: int) -> None:
        for _ in range(count):
            # In place, so that replicas which share the buffers see it.
            self._u.copy_(F.normalize(torch.mv(matrix, self._v), dim=0, eps=self.eps))
            self._v.copy_(F.normalize(torch.mv(matrix.mH, self._u), dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        """The normalised weight; a vector is divided by its norm."""
        if weight.dim() == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        # Copies: the next call changes the buffers, while backward still needs these values.
        u, v = self._u.clone(), self._v.clone()
        return weight / torch.vdot(u, torch.mv(matrix, v))

    def right_inverse(self, value: Tensor) -> Tensor:
        """The value itself: it is expected to satisfy the constraint."""
        return value


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Parametrize a tensor of ``module`` to have the largest singular value 1; returns the module.

    Args:
        module: the owner.
        name: of the tensor.
        n_power_iterations: steps of power iteration in each forward in training mode.
        eps: smallest norm divided by.
        dim: the dimension of the outputs, which become the rows of the matrix; 1 for transposed convolutions and else 0
            unless given.

    Raises ValueError for a missing tensor or no iterations, IndexError for a wrong dimension.
    Source: Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018.
    """
    weight = _tensor_of(module, name)
    if dim is None:
        dim = 1 if isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)) else 0
    return parametrize.register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))
