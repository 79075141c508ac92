"""What a layer says to one who uses it wrongly."""

import pytest


def letter_of(function, *args, **kwargs):
    """The text of the ValueError that the call raises."""
    with pytest.raises(ValueError) as error:
        function(*args, **kwargs)
    return str(error.value)
