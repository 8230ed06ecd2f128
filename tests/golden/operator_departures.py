"""Where torchere's operators differ from PyTorch's golden results on purpose, and why.

A departure is the kind of difference, a reason, and regular expressions of calls such as ``sum(A(2,3), 1) float32``
(``d/float64`` for gradients). Kinds: torchere ``accepts`` what PyTorch refuses, ``refuses`` what it accepts, ``raises``
another exception, or ``differs`` in the result. `operator_report.py` says which departures are no longer needed.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEPARTURES", "TOLERANCES", "Departure"]


@dataclass(frozen=True)
class Departure:
    """One reason to differ, and the calls it holds for."""

    kind: str
    reason: str
    calls: tuple[str, ...]


ANY = r"\(.*\) "
HALF = ANY + "b?float16"
GRADIENT = ANY + "d/.*"
COMPLEX_GRADIENT = ANY + "d/complex128"
COMPLEX = ANY + "(d/)?complex.*"
REAL_GRADIENT = ANY + "d/float64"
INTEGER = ANY + "(int64|int32|uint8|bool)"
POLYNOMIAL = r"special\.(shifted_)?(chebyshev|hermite|laguerre|legendre)_polynomial_\w+"

DEPARTURES = (
    Departure(
        "accepts",
        "computed through float32, as PyTorch's GPU kernels do; its CPU has no kernel",
        tuple(
            name + HALF
            for name in (
                "cdist", r"special\.(airy_ai|erfcx|log_ndtr|ndtri)", r"nn\.functional\.(avg_pool3d|lp_pool3d)",
                r"nn\.functional\.(interpolate|multi_margin_loss|multilabel_margin_loss|ctc_loss|local_response_norm)",
                "polar", "rrelu",
            )
        ),
    ),
    Departure(
        "accepts",
        "integers and complex numbers are computed as the formula says; PyTorch has no kernel for them",
        (
            r"(nn\.functional\.)?conv(_transpose)?\dd" + INTEGER, "convolution" + COMPLEX,
            r"nn\.functional\.local_response_norm\(.*\) .*",
            r"nn\.functional\.(hinge_embedding|gaussian_nll|multi_margin|multilabel_margin)_loss" + INTEGER,
            r"nn\.functional\.kl_div" + COMPLEX, r"special\.round" + INTEGER, "logspace" + INTEGER,
        ),
    ),
    Departure(
        "accepts",
        "torchere knows the derivative (zero, where steps are flat), PyTorch has none",
        tuple(
            name + GRADIENT
            for name in (
                "floor_divide", "heaviside", r"Tensor\.(floor_divide_|heaviside_|__i?r?floordiv__|__rmod__)",
                r"Tensor\.(acosh_|asinh_|atanh_)", "bincount", r"(nn\.functional\.)?native_channel_shuffle",
                "scatter", "scatter_reduce", "index_reduce", "select_scatter", "slice_scatter",
                r"(nn\.functional\.)?(bilinear|embedding|silu)", "nan_to_num", r"(nn\.functional\.)?batch_norm",
                r"nn\.functional\.(soft_margin_loss|multi_margin_loss|binary_cross_entropy|nll_loss|cross_entropy)",
                r"nn\.functional\.binary_cross_entropy_with_logits",
            )
        ),
    ),
    Departure(
        "differs",
        "torchere knows the derivative, PyTorch's results have no history",
        (POLYNOMIAL + GRADIENT, r"special\.(\w*bessel\w*|airy_ai)" + GRADIENT),
    ),
    Departure(
        "accepts",
        "PyTorch's own backward pass fails on a tensor it wrote to, or on its internal shapes",
        (r"linalg\.cond" + GRADIENT, "vander" + GRADIENT, "dist" + GRADIENT, r"logsumexp\(.*\(\)\) .*"),
    ),
    Departure(
        "accepts",
        "results that cannot carry gradients are without history, instead of failing in the backward pass",
        (r"(nan)?sum" + GRADIENT, "mean" + GRADIENT, "unique(_consecutive)?" + GRADIENT, r"histogram(dd)?" + GRADIENT),
    ),
    Departure(
        "accepts",
        "there is no complex32: half with complex gives complex64",
        (r"(add|mul|complex|polar)\(.*\) float16",),
    ),
    Departure(
        "raises",
        "there is no complex32 to be missing in the script that computes the vectors",
        (r"view_as_complex\(.*\) float16",),
    ),
    Departure(
        "accepts",
        "works as the general rule says: `x - True` subtracts 1, in-place results are cast to the tensor's dtype",
        (r"sub\(A\(3\), True\) .*", r"Tensor\.abs_\(.*\) .*"),
    ),
    Departure(
        "refuses",
        "dtypes are checked first; PyTorch does it in kernels, which an empty or single element never reaches",
        (
            r"(matmul|mm|bmm|matrix_power|linspace)\(.*\) bool", r"(nn\.functional\.)?conv2d\(A\(0.*\) bool",
            r"nn\.functional\.linear\(A\(0.*\) bool", r"linalg\.(cholesky|svd|svdvals|eigvalsh)\(.*A\(0.*\) .*",
            r"(nn\.functional\.)?(log_)?softmax\(A\(0,3\), 1\) .*",
            r"(amax|amin|median|nanmedian|kthvalue|cummax|cummin|mode|bucketize)\(A\((0.*)?\).*\) .*",
            r"(nn\.functional\.)?adaptive_avg_pool1d\(.*, 1\) .*", r"nn\.functional\.pdist\(A\(1,3\)\) b?float16",
        ),
    ),
    Departure(
        "refuses",
        "integers and half are refused whatever the other arguments are",
        (r"nn\.functional\.margin_ranking_loss" + INTEGER, r"histogram(dd)?" + HALF),
    ),
    Departure(
        "refuses",
        "'max' is none of the reductions PyTorch documents",
        (r"scatter_reduce\(.*, 'max'\) .*",),
    ),
    Departure(
        "raises",
        "two things are wrong, and the other one is named",
        (
            r"i?stft\(.*\) bool", r"linalg\.lu\(.*pivot=False\) .*", r"linalg\.matrix_rank" + HALF,
            r"fft\.\w+2\(A\(4\)\) .*", r"nn\.functional\.softshrink\(.*-1\.0\) .*",
            r"nn\.functional\.cross_entropy\(A\(3,4\), I\(2, high=4\)\) .*", r"heaviside\(.*\) .*",
            r"isclose\(A\(2\), 1\.0\) .*", r"(nan)?mean\(A\(2,3\), 2\) .*", r"scatter_reduce\(.*, 'max'\) .*",
            r"nn\.functional\.(multi_margin|multilabel_margin)_loss\(.*\) bool",
            r"nn\.functional\.ctc_loss\(.*\) float16", r"Tensor\.cum(sum|prod)_\(.*\) bool",
            r"index_put\(A\(3\), \(None.*\) .*",
        ),
    ),
    Departure(
        "raises",
        "PyTorch's error for an index out of range is IndexError in one dimension only, RuntimeError in more",
        (r"index_add\(A\(3\), 0, torch.tensor\(\[3\]\).*\) .*",),
    ),
    Departure(
        "differs",
        "conjugation is computed at once; there is no conjugate bit",
        (r"(conj|is_conj|adjoint|real|imag)\(.*\) complex.*",),
    ),
    Departure(
        "differs",
        "operators return new tensors or views, never their operand itself",
        (
            r"real\(.*\) .*", r"conj_physical\(.*\) .*", r"broadcast_tensors\(.*\) .*",
            r"pixel_(un)?shuffle\(.*\) .*", r"nn\.functional\.dropout3d\(.*\) .*",
        ),
    ),
    Departure(
        "differs",
        "a result that does not depend on the input has no gradient, where PyTorch gives zeros",
        (
            r"Tensor\.(eq|ne|lt|le|gt|ge)_" + GRADIENT, r"(linalg\.vector_)?norm\(.*, 0\) d/.*",
            r"nn\.functional\.grid_sample\(.*'nearest'.*\) d/.*", r"matrix_power\(.*, 0\) d/.*",
            r"linalg\.pinv\(A\(0,2\)\) d/.*", r"linalg\.lstsq" + GRADIENT,
        ),
    ),
    Departure(
        "differs",
        "the right limit at infinity, where PyTorch's polynomials give NaN",
        (
            r"(special\.)?(i0|i1)\(V.*\) .*", r"special\.(modified_)?bessel_\w\d\(V.*\) .*",
            r"nn\.functional\.gelu\(V.*\) .*", r"(abs|absolute|sgn)\(V.*\) .*complex.*",
            r"special\.log_ndtr\(V.*\) d/float64", r"special\.i1e\(V.*\) d/float64",
        ),
    ),
    Departure(
        "differs",
        "the derivative as the definition has it, where PyTorch gives zero, NaN, garbage or an arbitrary part",
        (
            r"(linalg\.)?(log)?det" + GRADIENT, r"as_strided_scatter" + GRADIENT, r"div\(V.*'trunc'\) d/float64",
            r"(special\.)?(digamma|psi)\(V.*\) d/float64",
            r"logaddexp\(V.*\) d/complex128", r"angle\(X\(\)\) d/complex128",
            r"(linalg\.)?cholesky(_ex)?\(.*upper=True\) d/complex128",
            r"cumprod\(A\(2,3\), 1, dtype=torch.float64\) d/complex128",
        ),
    ),
    Departure(
        "differs",
        "computed in the promoted dtype; PyTorch rounds a factor to float32 or to half on the way",
        (
            r"ldexp\(A\(2\), V\(\[1.5, 2.0\], 'float32'\)\) .*", r"(special\.)?xlogy\(A\(3\), 2.0\) d/float64",
            r"nn\.functional\.hardsigmoid" + REAL_GRADIENT, r"matrix_exp" + HALF, r"linalg\.matrix_exp" + HALF,
            r"logit\(A\(4\), eps=1e-3\) bfloat16", r"special\.bessel_y0\(A\(\)\) float32",
            r"nn\.functional\.binary_cross_entropy\(V.*\) d/float64", r"nn\.functional\.gumbel_softmax" + REAL_GRADIENT,
            r"nn\.functional\.(interpolate|upsample|upsample_bilinear)\(.*\) uint8",
        ),
    ),
    Departure(
        "differs",
        "numbers that overflow, cancel or have no sign: what is left depends on the order of operations",
        (
            r"(sum|mean)\(X\(\)\) complex128", r"(cum)?prod\(X\(\).*\) .*", r"(cum)?prod\(V.*\) d/.*",
            r"pinverse\(V.*\) (float32|complex64)", r"(signbit|copysign)\(V.*\) bfloat16", r"gcd\(X\(\).*\) .*",
            r"pow\(.*\) .*complex.*", r"linspace\(-3.*\) uint8", r"div\(.*-2.*'trunc'\) uint8",
            r"nn\.functional\.margin_ranking_loss\(.*\) uint8",
        ),
    ),
    Departure(
        "differs",
        "integers are treated as all other dtypes are; PyTorch divides, rounds or promotes them otherwise",
        (
            r"arange\(2\.5, dtype=dt\) (int32|uint8)", r"nn\.functional\.local_response_norm" + INTEGER,
            r"nn\.functional\.hinge_embedding_loss" + INTEGER,
        ),
    ),
)  # fmt: skip

# Multiples of the usual tolerance.
TOLERANCES: dict[str, float] = {}
