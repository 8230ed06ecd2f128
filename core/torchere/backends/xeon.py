"""``torchere.backends.xeon``: PyTorch keeps a launcher script there; use ``numactl`` or ``taskset`` instead."""
