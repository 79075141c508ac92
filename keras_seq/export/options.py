"""What an export can be asked for."""

from keras_seq.errors import InputError, nearest

__all__ = ["FORMATS", "QUANTIZATIONS", "check_options"]

FORMATS = ("saved_model", "tflite")
QUANTIZATIONS = ("none", "float16", "int8")


def check_options(format: str, quantize: str = "none", length: int | None = None) -> None:
    """InputError for an unknown format or quantisation, a length below 1, an option of another format."""
    if format not in FORMATS:
        raise InputError(f"Unknown export format. Expected {nearest(format, FORMATS)}. Received: {format!r}")
    if quantize not in QUANTIZATIONS:
        raise InputError(
            f"Unknown quantisation. Expected {nearest(quantize, QUANTIZATIONS)}. Received: {quantize!r}"
        )
    if length is not None and length < 1:
        raise InputError(f"The length must be at least 1 token. Received: length={length}")
    for option, given in (
        (f"--quantize {quantize}", quantize != "none"),
        (f"--length {length}", length is not None),
    ):
        if given and format != "tflite":
            raise InputError(f"{option} goes with --format tflite only. Received: --format {format}")
