"""Write ``torchere_vision/datasets/digits.npz`` from scikit-learn's copy of the UCI optical digits.

Run from this folder with scikit-learn installed::

    python scripts/make_digits.py

The file is the same, byte for byte, on every run; its SHA-256 is printed and belongs into ``datasets/digits.py``.
"""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TARGET = Path(__file__).parent.parent / "torchere_vision" / "datasets" / "digits.npz"


def main() -> None:
    """Convert, write, print the digest."""
    digits = load_digits()
    images = digits.images.astype(np.uint8)
    labels = digits.target.astype(np.uint8)
    assert images.shape == (1797, 8, 8)
    assert (images == digits.images).all()
    assert images.max() == 16
    with zipfile.ZipFile(TARGET, "w") as archive:
        for name, array in (("images", images), ("labels", labels)):
            stream = io.BytesIO()
            np.lib.format.write_array(stream, array, allow_pickle=False)
            # A fixed date keeps the archive reproducible.
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, stream.getvalue(), compresslevel=9)
    content = TARGET.read_bytes()
    print(f"{TARGET.name}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
