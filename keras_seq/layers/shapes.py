"""What shapes layers take, and the letter that says so where they get others."""

__all__ = ["require_as_many", "require_rank"]


def require_rank(axes=("batch", "length", "width"), **shapes):
    """Refuse a shape that has not these axes: `require_rank(query=query_shape, value=value_shape)`.

    Raises:
        ValueError: naming the first that has not.
    """
    for name, shape in shapes.items():
        if len(shape) != len(axes):
            raise ValueError(
                f"{name} must be of rank {len(axes)}: ({', '.join(axes)}). "
                f"Received: {name} of shape {tuple(shape)}"
            )


def require_as_many(value_shape, key_shape):
    """Refuse keys and values `(B, S, …)` of which there are not as many.

    Raises:
        ValueError: both lengths are known, and differ.
    """
    if None not in (value_shape[1], key_shape[1]) and value_shape[1] != key_shape[1]:
        raise ValueError(
            "Every value needs its key: both must be equally long. "
            f"Received: value of shape {tuple(value_shape)}, key of shape {tuple(key_shape)}"
        )
