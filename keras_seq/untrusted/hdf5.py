"""Weights in HDF5 as Keras writes them. The format can do much more: read other files, for one."""

import io

__all__ = ["check_weights"]

_MOST_DEEP = 40
_NUMBERS = "fiub"


def check_weights(content: bytes) -> tuple[int, int]:
    """Refuse an HDF5 file that holds anything but plain arrays of numbers in groups.

    A soft or external link, a virtual dataset and one with external storage name other files or other places
    (CVE-2026-1669 and its like); a chunked one may be declared larger than all disks. Keras refuses most of
    it where it comes upon it, and follows an external link to look whether something is behind it.

    Args:
        content: the file's.

    Returns:
        How many numbers it holds, and the longest axis of them.

    Raises:
        ValueError, OSError, …: with the reason. A damaged file fails in many ways.
    """
    import h5py

    count, longest, seen = 0, 0, set()
    with h5py.File(io.BytesIO(content), "r") as file:
        waiting = [(file, 0)]
        while waiting:
            group, depth = waiting.pop()
            if depth > _MOST_DEEP:
                raise ValueError("its groups are nested too deep")
            for name in group:
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise ValueError(f"{name[:80]!r} among its weights is a link to elsewhere")
                node = group[name]
                place = h5py.h5o.get_info(node.id).addr
                if place in seen:
                    raise ValueError(f"{name[:80]!r} among its weights stands there twice")
                seen.add(place)
                if isinstance(node, h5py.Group):
                    waiting.append((node, depth + 1))
                    continue
                _check_array(node, name, len(content))
                count += node.size
                longest = max(longest, *node.shape, 0)
    return count, longest


def _check_array(node, name, room):
    import h5py

    if not isinstance(node, h5py.Dataset) or node.dtype.kind not in _NUMBERS:
        raise ValueError(f"{name[:80]!r} among its weights holds no numbers")
    if node.external or node.is_virtual:
        raise ValueError(f"{name[:80]!r} among its weights is read from another file")
    if node.chunks or node.compression or node.nbytes > room:
        raise ValueError(f"{name[:80]!r} among its weights is larger than the file")
