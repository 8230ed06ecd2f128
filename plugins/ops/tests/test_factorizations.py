"""Factorisations: gradients at symmetric input (one triangle is read) and of what no phase changes; errors; names."""

import pytest

import torchere as torch
from torchere.autograd import gradcheck, gradgradcheck


def matrix(*shape, dtype=torch.float64):
    torch.manual_seed(5)
    return torch.randn(*shape, dtype=dtype, requires_grad=True)


def positive(a):
    return a @ a.mH + torch.eye(a.shape[-1], dtype=a.dtype)


FUNCTIONS = {
    "cholesky": lambda a: torch.linalg.cholesky(positive(a)),
    "cholesky upper": lambda a: torch.linalg.cholesky(positive(a), upper=True),
    "cholesky_ex": lambda a: torch.linalg.cholesky_ex(positive(a))[0],
    "cholesky_solve": lambda a: torch.cholesky_solve(a, torch.linalg.cholesky(positive(a))),
    "eigvalsh": lambda a: torch.linalg.eigvalsh(positive(a)),
    "eigh": lambda a: torch.linalg.eigh(positive(a))[1].abs(),
    "eigvals": lambda a: torch.linalg.eigvals(a).abs().sum(-1),
    "eig": lambda a: torch.linalg.eig(a)[1].abs().prod(-1).sum(-1),
    "qr": lambda a: torch.linalg.qr(a),
    "pinv of deficient": lambda a: torch.linalg.pinv(a[..., :2] @ a[..., :2, :]),
    "pinv hermitian": lambda a: torch.linalg.pinv(positive(a), hermitian=True),
    "svd": lambda a: torch.svd(a)[1],
    "lstsq": lambda a: torch.linalg.lstsq(a[..., :2], a).solution,
}


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128], ids=["real", "complex"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients(name, dtype):
    a = matrix(2, 3, 3, dtype=dtype)
    assert gradcheck(FUNCTIONS[name], (a,))
    assert gradgradcheck(FUNCTIONS[name], (a,))


def test_singular_input_is_a_linalg_error():
    zero = torch.zeros(2, 2)
    for call in (
        lambda: torch.linalg.inv(zero),
        lambda: torch.linalg.solve(zero, zero),
        lambda: torch.linalg.cholesky(zero),
        lambda: torch.linalg.svd(zero / 0),
        lambda: torch.linalg.lu_factor(zero),
    ):
        with pytest.raises(torch.linalg.LinAlgError):
            call()
    assert issubclass(torch.linalg.LinAlgError, RuntimeError)


def test_results_are_named():
    a = positive(matrix(3, 3)).detach()
    for names, result in {
        "eigenvalues eigenvectors": torch.linalg.eigh(a),
        "Q R": torch.linalg.qr(a),
        "P L U": torch.linalg.lu(a),
        "L info": torch.linalg.cholesky_ex(a),
        "sign logabsdet": torch.slogdet(a),
        "solution residuals rank singular_values": torch.linalg.lstsq(a, a),
        "inverse info": torch.linalg.inv_ex(a.requires_grad_()),
    }.items():
        assert result._fields == tuple(names.split())


def test_modes_of_qr_without_a_gradient():
    a = matrix(4, 3)
    with pytest.raises(RuntimeError, match="mode='r'"):
        torch.linalg.qr(a, "r")[1].sum().backward()
    with pytest.raises(RuntimeError, match="nrows > ncols"):
        torch.linalg.qr(a, "complete")[0].sum().backward()


@pytest.mark.parametrize("name", ["eig", "symeig", "lstsq", "matrix_rank", "solve"])
def test_removed_functions_name_their_successor(name):
    with pytest.raises(RuntimeError, match=r"now removed\. Use torch\.linalg\."):
        getattr(torch, name)(torch.eye(2), torch.eye(2))
