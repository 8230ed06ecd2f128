"""Matplotlib figures as images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["figure_to_image"]


def figure_to_image(figures: Figure | list[Figure], close: bool = True) -> np.ndarray:
    """Render a figure to ``(3, H, W)`` of uint8, or a list of figures of one size to ``(N, 3, H, W)``.

    Args:
        close: close the figure in pyplot afterwards.

    Raises:
        ModuleNotFoundError: without matplotlib.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "add_figure needs the package matplotlib. Install it: pip install 'torchere[plot]'", name="matplotlib"
        ) from error

    def render(figure: Figure) -> np.ndarray:
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())[:, :, :3]
        if close:
            import matplotlib.pyplot as plt

            plt.close(figure)
        return np.moveaxis(pixels, 2, 0)

    return np.stack([render(figure) for figure in figures]) if isinstance(figures, list) else render(figures)
