"""Short-time Fourier transforms: the spectrum of each of many overlapping frames of a signal, and the way back."""

from __future__ import annotations

import torchere
from torchere import Tensor
from torchere.errors import DTypeError, ShapeError
from torchere.operators import composite

from .fourier import fft_fft, fft_ifft, fft_irfft, fft_rfft
from .padding import constant_pad_nd
from .sliding_windows import accumulate_windows

__all__ = ["istft", "stft"]


def _bordered(signal: Tensor, border: int, mode: str) -> Tensor:
    """``(batch, length)`` with `border` more samples at both ends."""
    if mode == "constant":
        return constant_pad_nd(signal, (border, border))
    length = signal.shape[-1]
    places = range(-border, length + border)
    if mode == "reflect":
        if border >= length:
            raise ShapeError(
                f"Padding size should be less than the corresponding input dimension, but got: padding ({border}, "
                f"{border}) at dimension 2 of input {list(signal.shape)}"
            )
        index = [-i if i < 0 else i if i < length else 2 * (length - 1) - i for i in places]
    elif mode == "replicate":
        index = [min(max(i, 0), length - 1) for i in places]
    elif mode == "circular":
        index = [i % length for i in places]
    else:
        raise ShapeError(f"Unrecognised padding mode {mode}: use reflect, constant, replicate or circular")
    return signal.index_select(-1, torchere.tensor(index, dtype=torchere.int64, device=signal.device))


def _centred_window(window: Tensor | None, win_length: int, n_fft: int, like: Tensor) -> Tensor | None:
    if window is None:
        if win_length == n_fft:
            return None
        window = torchere.ones(win_length, dtype=like.dtype.to_real(), device=like.device)
    left = (n_fft - win_length) // 2
    return constant_pad_nd(window, (left, n_fft - win_length - left)) if win_length < n_fft else window


@composite(method=True)
def stft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Tensor:
    """Spectra of the frames of a signal ``(length,)`` or ``(batch, length)``: ``(*, frequencies, frames)``.

    Frames of `n_fft` samples begin every `hop_length` (``n_fft // 4``) samples; each is multiplied by `window`, of
    `win_length` points in its middle. With `center` the first frame lies around the first sample, the signal being
    continued by `pad_mode`. `onesided` leaves out the conjugate half of real signals' spectra (the default).
    ``return_complex=False`` returns real and imaginary parts along a last dimension.
    Raises: RuntimeError for settings out of range, and without `return_complex` for real signals.
    Source: https://pytorch.org/docs/stable/generated/torch.stft.html
    """
    hop = n_fft // 4 if hop_length is None else hop_length
    length = n_fft if win_length is None else win_length
    complex_in = input.dtype.is_complex or (window is not None and window.dtype.is_complex)
    if return_complex is None:
        if not complex_in:
            raise ShapeError(
                "stft requires the return_complex parameter be given for real inputs, and will further require that "
                "return_complex=True in a future PyTorch release."
            )
        return_complex = True
    if align_to_window is not None and center:
        raise ShapeError("stft align_to_window should only be set when center = false")
    what = f"stft({list(input.shape)}, n_fft={n_fft}, hop_length={hop}, win_length={length})"
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        raise DTypeError(f"{what}: expected a tensor of floating point or complex values")
    if input.ndim not in (1, 2):
        raise ShapeError(f"{what}: expected a 1D or 2D tensor")
    signal = input.unsqueeze(0) if input.ndim == 1 else input
    if center:
        signal = _bordered(signal, n_fft // 2, pad_mode)
    if not 0 < n_fft <= signal.shape[-1]:
        raise ShapeError(f"{what}: expected 0 < n_fft < {signal.shape[-1]}, but got n_fft={n_fft}")
    if hop <= 0:
        raise ShapeError(f"{what}: expected hop_length > 0, but got hop_length={hop}")
    if not 0 < length <= n_fft:
        raise ShapeError(f"{what}: expected 0 < win_length <= n_fft, but got win_length={length}")
    if window is not None and tuple(window.shape) != (length,):
        raise ShapeError(
            f"{what}: expected a 1D window tensor of size equal to win_length={length}, but got window with size "
            f"{list(window.shape)}"
        )
    if onesided is None:
        onesided = not complex_in
    if onesided and complex_in:
        raise ShapeError("Cannot have onesided output if window or input is complex")
    if align_to_window and length < n_fft:
        extra = (n_fft - length) // 2
        signal = constant_pad_nd(signal, (extra, extra))
    frames = signal.unfold(-1, n_fft, hop)
    taper = _centred_window(window, length, n_fft, signal)
    if taper is not None:
        frames = frames * taper
    norm = "ortho" if normalized else None
    spectra = (fft_rfft if onesided else fft_fft)(frames, None, -1, norm).transpose(-1, -2)
    if input.ndim == 1:
        spectra = spectra.squeeze(0)
    return spectra if return_complex else torchere.view_as_real(spectra)


@composite(method=True)
def istft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Tensor:
    """The signal ``(*, length)`` whose `stft` comes nearest to spectra ``(*, frequencies, frames)``.

    Settings as those of `stft`; `length` cuts the signal or fills it up with zeros.
    Raises: RuntimeError for real input, settings that do not fit, and windows that leave samples without weight.
    Source: https://pytorch.org/docs/stable/generated/torch.istft.html
    """
    hop = n_fft // 4 if hop_length is None else hop_length
    size = n_fft if win_length is None else win_length
    if not input.dtype.is_complex:
        raise DTypeError(
            "istft requires a complex-valued input tensor matching the output from stft with return_complex=True."
        )
    what = f"istft({list(input.shape)}, n_fft={n_fft}, hop_length={hop}, win_length={size})"
    if input.ndim not in (2, 3) or not input.numel():
        raise ShapeError(f"{what}: expected a tensor with 2 or 3 dimensions (frequencies, frames) that is not empty")
    frequencies, count = input.shape[-2:]
    if onesided is None:
        onesided = frequencies != n_fft
    if return_complex and onesided:
        raise ShapeError("Cannot have onesided output if window or input is complex")
    wanted = n_fft // 2 + 1 if onesided else n_fft
    if frequencies != wanted:
        raise ShapeError(
            f"{what}: expected the frequency dimension (3rd to the last) of the input tensor to match "
            f"{'n_fft / 2 + 1' if onesided else 'n_fft'} when onesided={onesided}, but got {frequencies}"
        )
    if not 0 < hop <= size:
        raise ShapeError(f"{what}: expected 0 < hop_length <= win_length")
    if not 0 < size <= n_fft:
        raise ShapeError(f"{what}: expected 0 < win_length <= n_fft")
    if window is not None and tuple(window.shape) != (size,):
        raise ShapeError(f"{what}: Invalid window shape. window has to be 1D and length of `win_length`")
    taper = _centred_window(window, size, n_fft, input)
    if taper is None:
        taper = torchere.ones(n_fft, dtype=input.dtype.to_real(), device=input.device)
    spectra = (input if input.ndim == 3 else input.unsqueeze(0)).transpose(-1, -2)
    norm = "ortho" if normalized else None
    if return_complex:
        frames = fft_ifft(spectra, None, -1, norm)
    else:  # a real signal's spectrum is given by its first half
        frames = fft_irfft(spectra[..., : n_fft // 2 + 1], n_fft, -1, norm)
    total = n_fft + hop * (count - 1)
    summed = accumulate_windows((frames * taper).transpose(-1, -2), (total,), (hop,), (1,))
    weight = (taper * taper).unsqueeze(-1).expand(n_fft, count)
    weights = accumulate_windows(weight, (total,), (hop,), (1,))
    start = n_fft // 2 if center else 0
    end = total - (n_fft // 2 if center else 0) if length is None else start + length
    kept = min(end, total)
    summed, weights = summed[..., start:kept], weights[start:kept]
    smallest = float(weights.abs().min()) if weights.numel() else 1.0
    if smallest <= 1e-11:
        raise ShapeError(f"{what} window overlap add min: {smallest:g}: the windows leave samples without weight")
    signal = summed / weights
    if end > total:
        signal = constant_pad_nd(signal, (0, end - total))
    return signal if input.ndim == 3 else signal.squeeze(0)
