"""Sums over a batch that several devices share."""

import contextlib

__all__ = ["over_whole_batch", "shared_batches"]

# Of the whole process, no context variable: each device of a strategy has a thread of its own.
_sum = None


@contextlib.contextmanager
def shared_batches(sum_over_devices):
    """Inside, `over_whole_batch` is this function, of a tensor of each device; None: there is one device."""
    global _sum
    before, _sum = _sum, sum_over_devices
    try:
        yield
    finally:
        _sum = before


def over_whole_batch(tensor):
    """The sum of a tensor over all devices that share a batch; on one device, the tensor itself."""
    return tensor if _sum is None else _sum(tensor)
