"""Bessel functions of orders 0 and 1.

The coefficients (highest power first) are our own: interpolation of 60-digit values at Chebyshev points, each
polynomial in the quantity named, scaled to -1 … 1. Near means up to 8 (K: 2); beyond, the leading factor is taken out.
"""

from __future__ import annotations

import math

import torchere
from torchere import Tensor
from torchere.dtype_sets import FLOATING, WIDE_FLOATING
from torchere.operators import operator

from .precision import is_half
from .selection import choose

__all__ = [
    "i0", "special_bessel_j0", "special_bessel_j1", "special_bessel_y0", "special_bessel_y1", "special_i0e",
    "special_i1", "special_i1e", "special_modified_bessel_i0", "special_modified_bessel_i1",
    "special_modified_bessel_k0", "special_modified_bessel_k1", "special_scaled_modified_bessel_k0",
    "special_scaled_modified_bessel_k1", "special_spherical_bessel_j0",
]  # fmt: skip

#: I₀(x) exp(-x), in x
I0_NEAR = (
    5.644135106267436e-08, -1.95973276585481e-07, 2.7705157327223194e-07, -8.121081421638369e-07,
    3.38842020161641e-06, -9.762965299277745e-06, 2.5020725040560448e-05, -6.490756037303956e-05,
    0.00016254663066074697, -0.0003833781684856645, 0.0008562390199152166, -0.0018116265388497972,
    0.003617155072057795, -0.006792498366376678, 0.011960070551762212, -0.0196826292502329,
    0.030177913274623963, -0.042985953794527236, 0.056777031886837886, -0.06954119515606608,
    0.07927522591516388, -0.08496338094374095, 0.08734341617529719, -0.0890434413599924,
    0.09451562853995299, -0.11300432688621181, 0.2070019212239867,
)  # fmt: skip
#: I₀(x) exp(-x) √x, in 1/x
I0_FAR = (
    1.0881994785468934e-10, 3.525321019700796e-11, -7.473844621887592e-10, -2.748111637276033e-10,
    2.3981927228949238e-09, 1.0924527246468664e-09, -4.8482509221176966e-09, -3.11851456121224e-09,
    6.789790403895736e-09, 7.323310735122893e-09, -5.162517880939013e-09, -1.331979859201994e-08,
    -6.805980075129678e-09, 7.532386417555123e-09, 2.155681110989874e-08, 3.932926571091252e-08,
    8.872154618944625e-08, 2.9735956581528157e-07, 1.4838475863096976e-06, 1.1143033802583682e-05,
    0.00013621607439187193, 0.0033605519836677235, 0.4021765094450081,
)  # fmt: skip
#: I₁(x) exp(-x) / x, in x
I1_NEAR = (
    5.11991245769014e-09, -1.8542897012859326e-08, 3.047936274276449e-08, -9.55914599335286e-08,
    3.892040709589085e-07, -1.1830177244289856e-06, 3.278753801088546e-06, -9.079170125926212e-06,
    2.4245529424042108e-05, -6.146815919535479e-05, 0.0001484148842768501, -0.00034115200574665045,
    0.0007445147312880214, -0.001538883561181716, 0.0030057618065167982, -0.005534565541283332,
    0.009583962255071514, -0.015571309634964833, 0.023686016946639115, -0.03367135547974798,
    0.04467457262192103, -0.05528003922945368, 0.06376740371338842, -0.06848260620575865,
    0.06805759990951177, -0.061124338029666846, 0.044687709875608835,
)  # fmt: skip
#: I₁(x) exp(-x) √x, in 1/x
I1_FAR = (
    -1.13288885034257e-10, -3.2677656089803323e-11, 7.79067217908059e-10, 2.582169443152386e-10,
    -2.5062162405593894e-09, -1.0476127785270019e-09, 5.094016301574338e-09, 3.0717395650769477e-09,
    -7.222524178953976e-09, -7.432535335623792e-09, 5.722677527454156e-09, 1.3952625102162603e-08,
    6.795073490187386e-09, -8.407326839577817e-09, -2.3382691353601083e-08, -4.31323156237458e-08,
    -1.0001220638799958e-07, -3.483853071371078e-07, -1.8349101539664522e-06, -1.503854721127423e-05,
    -0.000219235763833829, -0.009749577193235609, 0.38939845902587233,
)  # fmt: skip
#: J₀(x), in x²
J0_NEAR = (
    -6.5151500571157116e-18, 2.8780700417086955e-16, -1.1351277410243094e-14, 3.990811966391986e-13,
    -1.2384699153073492e-11, 3.3634718625333373e-10, -7.915407670549364e-09, 1.5956108859013866e-07,
    -2.7177491450676137e-06, 3.847319785739127e-05, -0.0004435459224727048, 0.00405807898914049,
    -0.028472718610869578, 0.14598884856759273, -0.507468045847102, 1.0383794611437211,
    -0.808088807669687, -0.6484692830871837, 0.9303012472958572, 0.04582966485981377,
)  # fmt: skip
#: J₁(x) / x, in x²
J1_NEAR = (
    -1.660698366324882e-19, 7.738273635981454e-18, -3.230355718639617e-16, 1.2060725733399566e-14,
    -3.9908260820706373e-13, 1.1610655467503379e-11, -2.943037865185982e-10, 6.43126873231046e-09,
    -1.1967081644348947e-07, 1.8684525372339904e-06, -2.4045748660869218e-05, 0.0002494945813908964,
    -0.0020290394945702453, 0.01245681439225544, -0.054745818212847276, 0.15858376432721938,
    -0.2595948652859303, 0.15151665143806634, 0.08105866038589796, -0.05814382795599107,
)  # fmt: skip
#: Y₀(x) - 2/π log(x) J₀(x), in x²
Y0_NEAR = (
    1.5111118382094027e-17, -6.574806994171116e-16, 2.550861655159015e-14, -8.81052546459933e-13,
    2.681836493410209e-11, -7.130516940301903e-10, 1.6391065111246523e-08, -3.2185077885022706e-07,
    5.321318633837175e-06, -7.279541882784653e-05, 0.0008061586060550243, -0.0070257410572698254,
    0.046367047681347105, -0.2189574709617165, 0.6721770783431723, -1.0775477338215995,
    0.14412632369302442, 1.6470964788745466, -0.8284358903604587, -0.382250654459425,
)  # fmt: skip
#: (Y₁(x) - 2/π (log(x) J₁(x) - 1/x)) / x, in x²
Y1_NEAR = (
    3.879779789058402e-19, -1.7815800257405252e-17, 7.320632021158841e-16, -2.6871218482682002e-14,
    8.728846992741433e-13, -2.48876602241918e-11, 6.16974257301963e-10, -1.31533223991362e-08,
    2.3804929913922317e-07, -3.6009998744473813e-06, 4.46743301291431e-05, -0.00044381734351146775,
    0.003422490739918046, -0.01962875683309943, 0.07854786922242545, -0.19639839859930425,
    0.23507209206669755, 0.023367571720993584, -0.24337743079193114, 0.07075985882118005,
)  # fmt: skip
#: J₀ = √(2/πx) (even cos(φ) - odd/x sin(φ)), φ = x - π/4, in 1/x²
AMPLITUDE_EVEN_0 = (
    4.285344320644563e-15, -1.1778137922744418e-14, 1.839323047121498e-14, -6.423863317028666e-14,
    2.659486692682967e-13, -1.0635980595216018e-12, 4.772925905800956e-12, -2.488275527812745e-11,
    1.5501058085561605e-10, -1.2121181917899886e-09, 1.2803760619529231e-08, -2.0527448156495066e-07,
    6.13741608016085e-06, -0.0005363673192130046, 0.9994572757882519,
)  # fmt: skip
#: … the odd part.
AMPLITUDE_ODD_0 = (
    -3.865968322695467e-14, 1.0162670211167594e-13, -1.3804814538584404e-13, 4.612313225070798e-13,
    -1.864509534041415e-12, 6.950884509252912e-12, -2.871340122554895e-11, 1.3623551327470025e-10,
    -7.576308983575964e-10, 5.146231447392908e-09, -4.53497287291549e-08, 5.684971881945821e-07,
    -1.1817110661178995e-05, 0.000546651927947526, -0.12444091103610815,
)  # fmt: skip
#: The same of order 1, φ = x - 3π/4.
AMPLITUDE_EVEN_1 = (
    -4.5247520559705565e-15, 1.2466964342989236e-14, -1.961627571558179e-14, 6.871916868892792e-14,
    -2.851410619022524e-13, 1.1461306026400314e-12, -5.176302123326507e-12, 2.7204123552148816e-11,
    -1.713159495740877e-10, 1.3603057890123779e-09, -1.4708512124130545e-08, 2.453676622286961e-07,
    -7.959694698492521e-06, 0.0008988049416705578, 1.0009070262780821,
)  # fmt: skip
#: … the odd part.
AMPLITUDE_ODD_1 = (
    4.074705384627214e-14, -1.073572214809827e-13, 1.4696599919708492e-13, -4.923339389851518e-13,
    1.993145349755006e-12, -7.46416005204052e-12, 3.101014520989263e-11, -1.4816645190838213e-10,
    8.316054768262827e-10, -5.720890726108569e-09, 5.136106034386487e-08, -6.633568561252034e-07,
    1.4569614809828342e-05, -0.00076971670576437, 0.3742149922195918,
)  # fmt: skip
#: K₀(x) + log(x/2) I₀(x), in x²
K0_NEAR = (
    1.8282920316203465e-16, 3.518631515801595e-14, 5.45210758976468e-12, 6.623013272794464e-10,
    6.093361934166002e-08, 4.054506619949891e-06, 0.00018280555827901256, 0.005053392643196092,
    0.07177701034240512, 0.3404973210133806, -0.30362077291575545,
)  # fmt: skip
#: x (K₁(x) - log(x/2) I₁(x)), in x²
K1_NEAR = (
    -3.59620154421188e-15, -6.214271617193096e-13, -8.532735118189087e-11, -9.03212750174071e-09,
    -7.081133770184316e-07, -3.891869064371633e-05, -0.0013831688466153067, -0.02785423521977184,
    -0.24383852886774365, -0.3322409552403131, 0.8850882877295894,
)  # fmt: skip
#: K₀(x) exp(x) √x, in 1/x
K0_FAR = (
    3.96355256263508e-11, -6.82912231113288e-11, -1.286822465377347e-10, 2.1672329094976382e-10,
    3.1302580587365775e-10, -5.425392268826551e-10, -1.2974622316235225e-10, 1.6249121403085222e-10,
    9.50126795470238e-10, -1.9163886235149194e-09, 3.237899704197692e-09, -7.294807830568568e-09,
    1.7288102250486044e-08, -4.133603551539714e-08, 1.028875394812628e-07, -2.6890740183537945e-07,
    7.427918745301117e-07, -2.191177672686996e-06, 7.0022444255986085e-06, -2.473520457096165e-05,
    9.956054748575022e-05, -0.0004797690567658713, 0.0030328918102739454, -0.031071461824889523,
    1.2185953385133905,
)  # fmt: skip
#: K₁(x) exp(x) √x, in 1/x
K1_FAR = (
    -4.3071978473211124e-11, 7.437054315558186e-11, 1.392647707395567e-10, -2.3491838521262873e-10,
    -3.4052380863530667e-10, 5.917703107429806e-10, 1.3403129134884593e-10, -1.6214964652946646e-10,
    -1.064142272258912e-09, 2.1600738070102857e-09, -3.7119962979184724e-09, 8.418479670972575e-09,
    -2.0078990564218355e-08, 4.84585048883485e-08, -1.219592991740941e-07, 3.229820302740851e-07,
    -9.067215327593673e-07, 2.730041309124799e-06, -8.961206061895131e-06, 3.284386556850026e-05,
    -0.00013959021963384766, 0.0007357241549077615, -0.005566729880073094, 0.10334973775386523,
    1.363151890371342,
)  # fmt: skip


def _series(coefficients: tuple[float, ...], x: Tensor, end: float) -> Tensor:
    """The polynomial at `x`, which runs from 0 to `end`."""
    t = x.clamp(max=end) * (2 / end) - 1
    value = t * coefficients[0] + coefficients[1]
    for coefficient in coefficients[2:]:
        value = value * t + coefficient
    return value


def _scaled_first(size: Tensor, near: tuple[float, ...], far: tuple[float, ...], odd: bool) -> Tensor:
    """``I(x) exp(-x)`` for ``x >= 0``."""
    close = _series(near, size, 8.0)
    if odd:
        close = close * size
    inverse = size.clamp(min=8.0).reciprocal()
    value = choose(size <= 8, close, _series(far, inverse, 0.125) * inverse.sqrt())
    return choose(size.isnan(), size, value)


def _sign(x: Tensor, value: Tensor) -> Tensor:
    return choose(x < 0, -value, value)


@operator(method=True, namespace=("", "special"), promote="float", inplace="function", dtypes=FLOATING)
def i0(input: Tensor) -> Tensor:
    """The modified Bessel function of the first kind of order 0.

    Source: https://pytorch.org/docs/stable/generated/torch.i0.html
    """
    if is_half(input):
        return i0(input.float()).to(input.dtype)
    size = input.abs()
    return choose(size == math.inf, size, _scaled_first(size, I0_NEAR, I0_FAR, False) * size.exp())


i0.gradient(input=lambda grad, input: grad * special_i1(input))


@operator(namespace="special", promote="float", dtypes=FLOATING)
def special_i0e(input: Tensor) -> Tensor:
    """``i0(input) * exp(-|input|)``, which does not overflow.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.i0e
    """
    if is_half(input):
        return special_i0e(input.float()).to(input.dtype)
    return _scaled_first(input.abs(), I0_NEAR, I0_FAR, False)


special_i0e.gradient(input=lambda grad, input, out: grad * (special_i1e(input) - input.sgn() * out))


@operator(namespace="special", promote="float", dtypes=FLOATING)
def special_i1(input: Tensor) -> Tensor:
    """The modified Bessel function of the first kind of order 1.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.i1
    """
    if is_half(input):
        return special_i1(input.float()).to(input.dtype)
    size = input.abs()
    value = choose(size == math.inf, size, _scaled_first(size, I1_NEAR, I1_FAR, True) * size.exp())
    return _sign(input, value)


def _ratio(input: Tensor, out: Tensor) -> Tensor:
    """``out / input`` of a first-order function, which is 1/2 at 0."""
    zero = input == 0
    return choose(zero, 0.5, out / choose(zero, 1, input))


special_i1.gradient(input=lambda grad, input, out: grad * (i0(input) - _ratio(input, out)))


@operator(namespace="special", promote="float", dtypes=FLOATING)
def special_i1e(input: Tensor) -> Tensor:
    """``i1(input) * exp(-|input|)``, which does not overflow.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.i1e
    """
    if is_half(input):
        return special_i1e(input.float()).to(input.dtype)
    return _sign(input, _scaled_first(input.abs(), I1_NEAR, I1_FAR, True))


special_i1e.gradient(
    input=lambda grad, input, out: grad * (special_i0e(input) - input.sgn() * out - _ratio(input, out))
)


# ------------------------------------------------------------------------------------- without gradients, as PyTorch


def _wave(size: Tensor, order: int, second: bool) -> Tensor:
    """J or Y beyond 8."""
    inverse = size.clamp(min=8.0).reciprocal()
    square = inverse * inverse
    even = _series((AMPLITUDE_EVEN_0, AMPLITUDE_EVEN_1)[order], square, 1 / 64)
    odd = _series((AMPLITUDE_ODD_0, AMPLITUDE_ODD_1)[order], square, 1 / 64) * inverse
    # cos(x - π/4 - order π/2) from sin(x) and cos(x), which reduce large x without loss.
    half = math.sqrt(0.5)
    cosine, sine = (size.cos() + size.sin()) * half, (size.sin() - size.cos()) * half
    if order:
        cosine, sine = sine, -cosine
    wave = even * sine + odd * cosine if second else even * cosine - odd * sine
    return choose(size == math.inf, 0, wave * (inverse * (2 / math.pi)).sqrt())


def _first_kind(x: Tensor, order: int) -> Tensor:
    size = x.abs()
    near = _series((J0_NEAR, J1_NEAR)[order], size.clamp(max=8.0) ** 2, 64.0)
    if order:
        near = near * size
    value = choose(size <= 8, near, _wave(size, order, False))
    value = choose(size.isnan(), size, value)
    return _sign(x, value) if order else value


def _second_kind(x: Tensor, order: int) -> Tensor:
    size = x.clamp(min=0.0, max=8.0)
    safe = choose(size == 0, 1, size)
    near = _series((Y0_NEAR, Y1_NEAR)[order], size * size, 64.0)
    if order:
        near = near * size + (_first_kind(size, 1) * safe.log() - safe.reciprocal()) * (2 / math.pi)
    else:
        near = near + _first_kind(size, 0) * safe.log() * (2 / math.pi)
    value = choose(x <= 8, near, _wave(x, order, True))
    value = choose(x == 0, -math.inf, choose(x < 0, math.nan, value))
    return choose(x.isnan(), x, value)


def _third_kind(x: Tensor, order: int, scaled: bool) -> Tensor:
    size = x.clamp(min=0.0, max=2.0)
    safe = choose(size == 0, 1, size)
    near = _series((K0_NEAR, K1_NEAR)[order], size * size, 4.0)
    if order:
        near = near / safe + (safe / 2).log() * special_i1(size)
    else:
        near = near - (safe / 2).log() * i0(size)
    if scaled:
        near = near * size.exp()
    inverse = x.clamp(min=2.0).reciprocal()
    far = _series((K0_FAR, K1_FAR)[order], inverse, 0.5) * inverse.sqrt()
    if not scaled:
        far = far * (-x.clamp(min=2.0)).exp()
    value = choose(x <= 2, near, far)
    value = choose(x == 0, math.inf, choose(x < 0, math.nan, value))
    return choose(x.isnan(), x, value)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_bessel_j0(input: Tensor) -> Tensor:
    """The Bessel function of the first kind of order 0.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.bessel_j0
    """
    return _first_kind(input, 0)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_bessel_j1(input: Tensor) -> Tensor:
    """The Bessel function of the first kind of order 1.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.bessel_j1
    """
    return _first_kind(input, 1)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_bessel_y0(input: Tensor) -> Tensor:
    """The Bessel function of the second kind of order 0; -inf at 0, nan below.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.bessel_y0
    """
    return _second_kind(input, 0)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_bessel_y1(input: Tensor) -> Tensor:
    """The Bessel function of the second kind of order 1; -inf at 0, nan below.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.bessel_y1
    """
    return _second_kind(input, 1)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_modified_bessel_i0(input: Tensor) -> Tensor:
    """`i0`, without a gradient.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.modified_bessel_i0
    """
    return i0(input)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_modified_bessel_i1(input: Tensor) -> Tensor:
    """`i1`, without a gradient.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.modified_bessel_i1
    """
    return special_i1(input)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_modified_bessel_k0(input: Tensor) -> Tensor:
    """The modified Bessel function of the second kind of order 0; inf at 0, nan below.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.modified_bessel_k0
    """
    return _third_kind(input, 0, False)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_modified_bessel_k1(input: Tensor) -> Tensor:
    """The modified Bessel function of the second kind of order 1; inf at 0, nan below.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.modified_bessel_k1
    """
    return _third_kind(input, 1, False)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_scaled_modified_bessel_k0(input: Tensor) -> Tensor:
    """``modified_bessel_k0(input) * exp(input)``.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.scaled_modified_bessel_k0
    """
    return _third_kind(input, 0, True)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_scaled_modified_bessel_k1(input: Tensor) -> Tensor:
    """``modified_bessel_k1(input) * exp(input)``.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.scaled_modified_bessel_k1
    """
    return _third_kind(input, 1, True)


@operator(namespace="special", promote="float", dtypes=WIDE_FLOATING, differentiable=())
def special_spherical_bessel_j0(input: Tensor) -> Tensor:
    """``sin(input) / input``, 1 at 0.

    Source: https://pytorch.org/docs/stable/special.html#torch.special.spherical_bessel_j0
    """
    zero = input == 0
    value = choose(zero, 1, input.sin() / choose(zero, 1, input))
    return choose(input.isinf(), torchere.zeros_like(input), value)
