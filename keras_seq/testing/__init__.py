"""The layer laws as a public harness: put a layer of your own through them.

from keras_seq.testing import check_layer

check_layer(MyLayer, {"inputs": array}, masks={"inputs": keep}, mask_out="inputs")
"""

from keras_seq.testing.case import Case
from keras_seq.testing.laws import LAWS, check_law, check_layer
from keras_seq.testing.saving import check_saving

__all__ = ["Case", "LAWS", "check_law", "check_layer", "check_saving"]
