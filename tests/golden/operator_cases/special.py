"""Samples of ``torch.special`` and the random functions."""


def each(names: str, samples: list[str]) -> dict[str, list[str]]:
    """The same samples for several operators."""
    return dict.fromkeys(names.split(), samples)


POINTS = ["A(2,3)", "P(3)", "A(0)", "A()", "V([nan, inf, -inf, 0.0, 5.0, -5.0, 20.0])"]
DEGREES = [
    "A(2,3), I(3, high=5)",
    "U(3), 3",
    "U(3), V([0.0, 1.0, 4.0])",
    "A(2), 0",
    "0.3, I(3, high=5)",
    "V([1.0, -1.0, 2.0, 0.5]), 4",
]

SPECIAL = {
    **each("airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 modified_bessel_i0 modified_bessel_i1", POINTS),
    **each("modified_bessel_k0 modified_bessel_k1 scaled_modified_bessel_k0 scaled_modified_bessel_k1", POINTS),
    **each("spherical_bessel_j0 i0 i0e i1 i1e entr erf erfc erfcx exp2 expit expm1 sinc ndtr log_ndtr", POINTS),
    **each("digamma psi gammaln log1p round", ["P(2,3)", "A(3)", "A(0)", "V([nan, inf, 0.0, -1.0, 5.0])"]),
    **each("erfinv ndtri logit", ["U(2,3)", "V([0.0, 1.0, 0.5, 2.0, nan, -1.0])", "A(0)"]),
    **each("chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w", DEGREES),
    **each("hermite_polynomial_h hermite_polynomial_he laguerre_polynomial_l legendre_polynomial_p", DEGREES),
    **each("shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u", DEGREES),
    **each("shifted_chebyshev_polynomial_v shifted_chebyshev_polynomial_w", DEGREES),
    **each("gammainc gammaincc", ["P(2,3), P(2,3)", "P(3), P(2,1)", "V([0.0, 1.0, nan]), V([1.0, 0.0, 1.0])"]),
    **each("xlogy xlog1py", ["A(2,3), P(2,3)", "A(3), 2.0", "0.0, P(3)", "V([0.0, 0.0, 1.0]), V([nan, -1.0, 0.0])"]),
    "zeta": ["P(2,3) + 1, P(2,3)", "P(3) + 1, 1.0", "2.0, P(3)", "V([1.0, 0.5, 2.0]), V([1.0, 1.0, 0.0])"],
    "polygamma": ["0, P(2,3)", "2, P(3)"],
    "multigammaln": ["P(2,3) + 2, 2"],
    "logsumexp": ["A(2,3), 1"],
    "log_softmax": ["A(2,3), 1"],
    "softmax": ["A(2,3), 0", "A(2,3), 1, dtype=torch.float64"],
}

RANDOM = {
    **each("rand randn", ["2, 3, dtype=dt", "(0, 2)", "(), dtype=dt", "-1"]),
    **each("rand_like randn_like", ["A(2,3)", "A(2), dtype=torch.float64"]),
    "randint": ["3, (2, 3), dtype=dt", "1, 5, (2,)", "5, 1, (2,)"],
    "randint_like": ["A(2,3), 5", "A(2), 1, 3"],
    "randperm": ["5, dtype=dt", "0", "-1"],
    "bernoulli": ["U(2,3)", "A(3), 0.5", "V([2.0])"],
    "normal": ["A(2,3), P(3)", "0.0, 1.0, (2, 3)", "A(2), 1.0", "0.0, P(3)", "A(2), -1.0"],
    "multinomial": ["P(3), 2", "P(2,3), 4, replacement=True", "P(3), 4", "-P(3), 1"],
    "poisson": ["P(2,3)", "-P(2)"],
    "dropout": ["A(2,3), 0.5, True", "A(2,3), 1.5, True"],
    "feature_dropout": ["A(2,3,2), 0.5, True"],
    "alpha_dropout": ["A(2,3), 0.5, True"],
    "feature_alpha_dropout": ["A(2,3,2), 0.5, True"],
    "rrelu": ["A(2,3), 0.1, 0.3, True"],
}
RANDOM_METHODS = {
    "uniform_": ["A(2,3)", "A(2), 1.0, 2.0", "A(2), 2.0, 1.0"],
    "normal_": ["A(2,3)", "A(2), 1.0, 2.0", "A(2), 0.0, -1.0"],
    "exponential_": ["A(2,3)", "A(2), -1.0"],
    "cauchy_": ["A(2,3)"],
    "geometric_": ["A(2,3), 0.5", "A(2), 1.5"],
    "log_normal_": ["A(2,3)"],
    "bernoulli_": ["A(2,3)", "A(2,3), U(2,3)", "A(2), 1.5"],
    "random_": ["A(2,3)", "A(2), 5", "A(2), 2, 5"],
}

TABLES = [
    {"namespace": "special", "cases": SPECIAL},
    {"namespace": "", "cases": RANDOM, "values": False},
    {"namespace": "Tensor", "cases": RANDOM_METHODS, "values": False},
]
