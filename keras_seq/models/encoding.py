"""The encoder that every model's settings describe alike."""

from keras_seq import layers

__all__ = ["recurrent_encoder"]


def recurrent_encoder(settings) -> layers.RecurrentEncoder:
    """The `RecurrentEncoder` of settings with `units`, `cell`, `num_layers`, `bidirectional`, …"""
    return layers.RecurrentEncoder(
        settings.units,
        cell=settings.cell,
        num_layers=settings.num_layers,
        bidirectional=settings.bidirectional,
        residual=settings.residual,
        dropout=settings.dropout,
        name="encoder",
    )
