"""Samples of products, linear algebra and Fourier transforms.

Factors that are unique only up to a sign or phase are compared by what they compose.
"""


def each(names: str, samples: list[str]) -> dict[str, list[str]]:
    """The same samples for several operators."""
    return dict.fromkeys(names.split(), samples)


DET = ["A(3,3)", "A(2,2,2)", "A(0,0)", "V([[1.0, 2.0], [2.0, 4.0]])", "A(2,3)", "A(3)"]
INVERSE = ["S(3)", "A(2,2,2)", "A(0,0)", "V([[1.0, 2.0], [2.0, 4.0]])", "A(2,3)"]
QR = [
    "=(lambda q, r: q @ r)(*torch.{0}(A(3,2){1}))",
    "=torch.{0}(A(2,3){1})[1].abs()",
    "=torch.{0}(A(2,3,2){1})[0].shape",
    "=torch.{0}(A(3){1})",
]
SPECTRUM = [
    "A(4)",
    "A(2,4)",
    "A(2,3), 5",
    "A(2,4), 3, 0",
    "A(2,4), norm='ortho'",
    "A(4), norm='forward'",
    "A(5)",
    "A(0)",
    "A(4), norm='x'",
    "A(4), 0",
    "A()",
]
SPECTRA = [
    "A(2,4)",
    "A(2,3), (3, 4)",
    "A(2,2,3), dim=(0, 2)",
    "A(2,4), norm='ortho'",
    "A(2,3), s=(3,)",
    "A(2,4), dim=(0, 0)",
]
SPECTRA2 = ["A(2,4)", "A(2,3), (3, 4)", "A(2,2,3), dim=(0, 2)", "A(2,4), norm='forward'", "A(4)"]

CASES = {
    "matmul": [
        "A(2,3), A(3,2)",
        "A(3), A(3)",
        "A(2,3), A(3)",
        "A(3), A(3,2)",
        "A(2,2,3), A(3,2)",
        "A(2,1,2,3), A(2,3,2)",
        "A(0,3), A(3,2)",
        "A(2,0), A(0,3)",
        "A(2,3), A(2,3)",
        "A(), A(2)",
        "A(3,2).mT, A(2,3).mT",
        "A(2), I(2)",
        "A(2,3), A(2,3,2)",
    ],
    "mm": ["A(2,3), A(3,2)", "A(0,3), A(3,2)", "A(2,3), A(2,3)", "A(3), A(3,2)"],
    "bmm": ["A(2,2,3), A(2,3,2)", "A(0,2,3), A(0,3,2)", "A(2,2,3), A(1,3,2)"],
    "mv": ["A(2,3), A(3)", "A(2,3), A(2)"],
    "dot": ["A(3), A(3)", "A(0), A(0)", "A(2), A(3)", "A(2,2), A(2)"],
    "vdot": ["A(3), A(3)", "A(2), A(3)"],
    "inner": ["A(2,3), A(4,3)", "A(), A(2)", "A(3), A(3)"],
    **each("outer ger", ["A(2), A(3)", "A(0), A(2)", "A(2,2), A(2)"]),
    "kron": ["A(2,2), A(1,3)", "A(2), A(2,2)", "A(), A(2)"],
    "addmm": [
        "A(2,2), A(2,3), A(3,2)",
        "A(2), A(2,3), A(3,2), beta=0.5, alpha=2",
        "A(2,2), A(2,3), A(3,2), beta=0",
        "A(2,2), A(2,3), A(2,2)",
        "V([nan, nan]), A(2,3), A(3,2), beta=0",
    ],
    "addmv": ["A(2), A(2,3), A(3)", "A(2), A(2,3), A(3), beta=2, alpha=3", "A(), A(2,3), A(3)"],
    "addr": ["A(2,3), A(2), A(3)", "A(3), A(2), A(3), beta=2, alpha=3"],
    "addbmm": ["A(2,2), A(3,2,3), A(3,3,2)", "A(2), A(3,2,3), A(3,3,2), beta=2, alpha=3"],
    "baddbmm": ["A(2,2,2), A(2,2,3), A(2,3,2)", "A(2), A(2,2,3), A(2,3,2), beta=2, alpha=3"],
    "chain_matmul": ["A(2,3), A(3,1), A(1,2)"],
    "tensordot": ["A(2,3), A(3,2), 1", "A(2,3,2), A(3,2,2), ([1, 2], [0, 1])", "A(2), A(3), 0", "A(2,3), A(2,3), 1"],
    "einsum": [
        "'ij,jk->ik', A(2,3), A(3,2)",
        "'ii', A(3,3)",
        "'ii->i', A(3,3)",
        "'i,j', A(2), A(3)",
        "'...ij->...ji', A(2,2,3)",
        "'bij,bjk->bik', A(2,2,3), A(2,3,2)",
        "'ij->', A(2,3)",
        "'ij,jk', A(2,3), A(2,3)",
        "'ij,kj,lj->ikl', A(2,2), A(1,2), A(2,2)",
    ],
    "cdist": [
        "A(2,3), A(4,3)",
        "A(2,3), A(4,3), 1",
        "A(2,3), A(4,3), inf",
        "A(2,3), A(4,3), 3",
        "A(2,3), A(4,3), 0",
        "A(2,2,3), A(2,1,3)",
        "A(0,3), A(2,3)",
        "A(2,3), A(2,2)",
    ],
    **each("det logdet slogdet", DET),
    **each("inverse", INVERSE),
    "pinverse": ["A(3,2)", "A(2,2,3)", "V([[1.0, 2.0], [2.0, 4.0]])"],
    "matrix_power": ["A(2,2), 3", "A(2,2), 0", "S(2), -2", "A(2,2,2), 2", "A(2,3), 2"],
    "matrix_exp": ["A(3,3)", "A(2,2,2)", "0*A(2,2)", "A(2,3)"],
    "cholesky": ["S(3)", "S(2,2)", "S(2), upper=True", "V([[1.0, 2.0], [2.0, 1.0]])", "A(2,3)"],
    "cholesky_inverse": ["torch.linalg.cholesky(S(3))", "torch.linalg.cholesky(S(2)).mH, True"],
    "cholesky_solve": ["A(3,2), torch.linalg.cholesky(S(3))", "A(3,2), torch.linalg.cholesky(S(3)).mH, True"],
    "qr": [text.format("qr", "") for text in QR],
    "svd": [
        "=torch.svd(A(3,2)).S",
        "=(lambda u, s, v: (u * s.to(u.dtype)) @ v.mH)(*torch.svd(A(2,3)))",
        "=torch.svd(A(3,2), compute_uv=False).S",
        "=torch.svd(A(3,2), some=False).U.shape",
        "A(3)",
    ],
    "lu": ["=torch.lu(A(3,3))", "=torch.lu(A(2,3))", "=torch.lu(A(2,2), get_infos=True)"],
    "lu_solve": ["=torch.lu_solve(A(3,2), *torch.linalg.lu_factor(A(3,3)))"],
    "lu_unpack": [
        "=torch.lu_unpack(*torch.linalg.lu_factor(A(3,3)))",
        "=torch.lu_unpack(*torch.linalg.lu_factor(A(3,2)))",
        "=torch.lu_unpack(*torch.linalg.lu_factor(A(2,2)), unpack_pivots=False)",
    ],
    "triangular_solve": [
        "A(2,1), S(2)",
        "A(2,1), S(2), upper=False, transpose=True",
        "A(2,1), S(2), unitriangular=True",
    ],
    "geqrf": ["=torch.geqrf(A(3,2))", "=torch.geqrf(A(2,3,2))"],
    "orgqr": ["=torch.orgqr(*torch.geqrf(A(3,2)))"],
    "ormqr": [
        "=(lambda a, t: torch.ormqr(a, t, A(3,2)))(*torch.geqrf(A(3,2)))",
        "=(lambda a, t: torch.ormqr(a, t, A(2,3), left=False, transpose=True))(*torch.geqrf(A(3,2)))",
    ],
    "stft": [
        "A(16), 8, window=torch.ones(8), return_complex=True",
        "A(2,16), 8, 4, window=torch.ones(8), return_complex=True, normalized=True",
        "A(16), 8, 4, 6, torch.ones(6), center=False, return_complex=True",
        "A(16), 8, window=torch.ones(8), onesided=False, return_complex=True",
        "A(16), 8",
    ],
    "istft": [
        "=torch.istft(torch.stft(A(16), 8, 2, window=torch.ones(8), return_complex=True), 8, 2, window=torch.ones(8))",
        "=torch.istft(torch.stft(A(16), 8, 2, return_complex=True), 8, 2, length=14)",
    ],
    **each(
        "bartlett_window blackman_window hamming_window hann_window kaiser_window",
        ["5", "6, False", "4, dtype=dt", "0", "1", "-1"],
    ),
    "svd_lowrank": ["=torch.svd_lowrank(S(3), 2, 8)[1].shape"],
    "pca_lowrank": ["=torch.pca_lowrank(S(3), 2)[1].shape"],
}

LINALG = {
    **each("det slogdet", DET),
    "inv": INVERSE,
    "inv_ex": ["S(3)", "V([[1.0, 2.0], [0.0, 0.0]]) * 0", "A(2,2), check_errors=True"],
    "pinv": ["A(3,2)", "A(2,2,3)", "S(2), hermitian=True", "A(3,2), rtol=0.5", "A(0,2)"],
    "matrix_exp": ["A(2,2)"],
    "matrix_power": ["A(2,2), 3", "S(2), -1", "A(2,2), 1"],
    "matmul": ["A(2,3), A(3,2)"],
    "multi_dot": ["[A(2,3), A(3,1), A(1,2)]", "[A(3), A(3,2), A(2)]", "[A(2,3), A(2,3)]", "[A(2,2)]"],
    "cholesky": ["S(3)", "S(2,2)", "S(2), upper=True", "V([[1.0, 2.0], [2.0, 1.0]])", "A(2,3)", "A(0,0)"],
    "cholesky_ex": ["S(3)", "S(2), upper=True", "S(2), check_errors=True"],
    "qr": [text.format("linalg.qr", "") for text in QR]
    + [
        "=torch.linalg.qr(A(3,2), mode='r').R.abs()",
        "=(lambda q, r: q @ r)(*torch.linalg.qr(A(3,2), mode='complete'))",
        "=torch.linalg.qr(A(2,2), mode='x')",
    ],
    "svd": [
        "=torch.linalg.svd(A(3,2)).S",
        "=(lambda u, s, v: (u * s.to(u.dtype)) @ v)(*torch.linalg.svd(A(2,3), full_matrices=False))",
        "=torch.linalg.svd(A(2,3,2))[0].shape",
        "=torch.linalg.svd(A(0,2))",
        "=torch.linalg.svd(A(3))",
    ],
    "svdvals": ["A(3,2)", "A(2,2,3)", "A(0,2)", "A(3)"],
    "eig": [
        "=(lambda w, v: (v * w) @ torch.linalg.inv(v))(*torch.linalg.eig(A(3,3)))",
        "=torch.linalg.eig(A(2,2,2))[1].shape",
        "=torch.linalg.eig(A(2,3))",
    ],
    "eigvals": ["=torch.linalg.eigvals(S(3)).real.sort().values", "=torch.linalg.eigvals(A(0,0))"],
    "eigh": [
        "=torch.linalg.eigh(S(3)).eigenvalues",
        "=(lambda w, v: (v * w.to(v.dtype)) @ v.mH)(*torch.linalg.eigh(S(3)))",
        "=torch.linalg.eigh(S(2,2), 'U').eigenvalues",
        "=torch.linalg.eigh(A(2,3))",
        "=torch.linalg.eigh(A(3,3)).eigenvalues",
    ],
    "eigvalsh": ["S(3)", "S(2,2), 'U'", "A(3,3)", "A(0,0)"],
    "solve": [
        "S(3), A(3,2)",
        "S(3), A(3)",
        "S(2,3), A(2,3,1)",
        "S(3), A(3,2).mT, left=False",
        "V([[1.0, 2.0], [2.0, 4.0]]), A(2,1)",
        "A(2,3), A(2)",
        "S(2), A(3,1)",
        "A(0,0), A(0,2)",
    ],
    "solve_ex": ["S(3), A(3,2)", "0*A(2,2), A(2,1)"],
    "solve_triangular": [
        "S(3), A(3,2), upper=True",
        "S(3), A(3,2), upper=False",
        "S(2), A(3,2), upper=True, left=False",
        "S(3), A(3,1), upper=True, unitriangular=True",
        "S(2,2), A(2,1), upper=False",
    ],
    "lstsq": [
        "=torch.linalg.lstsq(A(4,2), A(4,1))[0]",
        "=torch.linalg.lstsq(A(4,2), A(4,1))",
        "=torch.linalg.lstsq(A(2,4), A(2,1), driver='gelsd')[0]",
        "=torch.linalg.lstsq(A(2,4,2), A(2,4,1))[0]",
        "=torch.linalg.lstsq(A(3,2), A(2,1))",
    ],
    "lu": ["A(3,3)", "A(2,3)", "A(2,3,2)", "A(2,2), pivot=False"],
    "lu_factor": ["A(3,3)", "A(2,3)", "A(2,2,2)", "0*A(2,2)"],
    "lu_factor_ex": ["A(3,3)", "0*A(2,2)"],
    "lu_solve": [
        "=torch.linalg.lu_solve(*torch.linalg.lu_factor(A(3,3)), A(3,2))",
        "=torch.linalg.lu_solve(*torch.linalg.lu_factor(A(2,2)), A(1,2), left=False)",
        "=torch.linalg.lu_solve(*torch.linalg.lu_factor(A(2,2)), A(2,1), adjoint=True)",
    ],
    "ldl_factor": ["S(3)", "=torch.linalg.ldl_factor(S(2), hermitian=True)"],
    "ldl_factor_ex": ["S(3)"],
    "ldl_solve": ["=torch.linalg.ldl_solve(*torch.linalg.ldl_factor(S(3)), A(3,1))"],
    "householder_product": ["=torch.linalg.householder_product(*torch.geqrf(A(3,2)))"],
    "matrix_norm": [
        "A(2,3)",
        *(f"A(2,3), {order}" for order in ("'nuc'", "inf", "-inf", "1", "-1", "2", "-2", "'fro', keepdim=True")),
        "A(2,2,3), 'fro', (0, 1)",
        "A(2,3), 'x'",
        "A(3)",
        "A(2,3), dtype=torch.complex128",
        "A(0,2)",
    ],
    "vector_norm": [
        "A(2,3)",
        *(f"A(2,3), {order}" for order in ("1", "0", "inf", "-inf", "3", "0.5, 1", "2, (0, 1), True")),
        "0*A(3)",
        "A(0)",
        "A(0), inf",
        "A(2,3), 2, 0, dtype=torch.float64",
        "A()",
    ],
    "norm": ["A(2,3)", "A(2,3), 2", "A(2,3), 'nuc'", "A(2,3), 1, 1", "A(2,2,3), 'fro', (0, 2)", "A(3), inf"],
    "cond": ["S(3)", "S(3), 1", "S(3), 'fro'", "S(3), -2", "V([[1.0, 2.0], [2.0, 4.0]]), 1", "A(2,3)"],
    "matrix_rank": [
        "S(3)",
        "V([[1.0, 2.0], [2.0, 4.0]])",
        "A(2,3)",
        "S(2), hermitian=True",
        "S(2), tol=100.0",
        "A(0,2)",
    ],
    "cross": ["A(2,3), A(2,3)", "A(3,2), A(3,2), dim=0", "A(1,3), A(2,3)", "A(2), A(2)"],
    "diagonal": ["A(2,3)", "A(2,3,3), offset=1", "A(2,3,3), dim1=0, dim2=1"],
    "vecdot": ["A(2,3), A(2,3)", "A(2,3), A(3), dim=-1", "A(2,3), A(2,3), dim=0"],
    "vander": ["A(3)", "A(2,3), N=2"],
    "tensorinv": ["S(4).reshape(2, 2, 4), ind=2", "S(4).reshape(4, 2, 2), ind=1", "A(2,3), ind=1"],
    "tensorsolve": ["S(4).reshape(2, 2, 4), A(2,2)"],
}

FFT = {
    **each("fft ifft rfft irfft hfft ihfft", SPECTRUM),
    **each("fftn ifftn rfftn irfftn hfftn ihfftn", SPECTRA),
    **each("fft2 ifft2 rfft2 irfft2 hfft2 ihfft2", SPECTRA2),
    "fftfreq": ["5", "4, 0.5", "4, dtype=dt", "0"],
    "rfftfreq": ["5", "4, 0.5", "4, dtype=dt"],
    "fftshift": ["A(5)", "A(2,3)", "A(2,3), 1"],
    "ifftshift": ["A(5)", "A(2,3)", "A(2,3), (0,)"],
}

WINDOWS = {
    **each("bartlett blackman cosine hamming hann kaiser nuttall", ["5", "6, sym=False, dtype=dt", "0", "1", "-1"]),
    "exponential": ["5", "4, tau=2.0, dtype=dt", "4, sym=False", "4, tau=-1.0"],
    "gaussian": ["5", "4, std=2.0, dtype=dt", "4, std=0.0"],
    "general_cosine": ["5, a=[0.5, 0.3, 0.2]", "4, a=[0.5, 0.5], sym=False, dtype=dt", "4, a=[]"],
    "general_hamming": ["5", "4, alpha=0.3, dtype=dt"],
}

METHODS = {
    "addmm_": ["A(2,2), A(2,3), A(3,2)", "A(2,2), A(2,3), A(3,2), beta=0.5, alpha=2"],
    "addmv_": ["A(2), A(2,3), A(3)"],
    "addr_": ["A(2,3), A(2), A(3)"],
    "addbmm_": ["A(2,2), A(3,2,3), A(3,3,2)"],
    "baddbmm_": ["A(2,2,2), A(2,2,3), A(2,3,2)"],
}

TABLES = [
    {"namespace": "", "cases": CASES},
    {"namespace": "linalg", "cases": LINALG},
    {"namespace": "fft", "cases": FFT},
    {"namespace": "signal.windows", "cases": WINDOWS},
    {"namespace": "Tensor", "cases": METHODS},
]
