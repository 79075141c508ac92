"""TF_CONFIG: which machines train together, and which of them this is."""

import json

from keras_seq.errors import InputError

__all__ = ["read_tf_config"]

_EXAMPLE = (
    'TF_CONFIG=\'{"cluster": {"worker": ["10.0.0.1:12345", "10.0.0.2:12345"]}, '
    '"task": {"type": "worker", "index": 0}}\''
)


def read_tf_config(text: str | None) -> tuple[int, bool]:
    """How many machines there are, and whether this one is the chief: the first worker, unless one is named.

    Args:
        text: of the variable TF_CONFIG.

    Raises:
        InputError: it is none, no JSON, or does not name the machines and which of them this is.
    """
    how = f"Set it on each machine, with another index each:\n{_EXAMPLE}"
    if not text:
        raise InputError(f"--strategy multi_worker reads the machines from TF_CONFIG. It is not set. {how}")
    try:
        config = json.loads(text)
        cluster, task = config["cluster"], config["task"]
        kind, index = task["type"], int(task["index"])
        addresses = cluster[kind]
        others = set(cluster) - {"worker", "chief"}
        if others or not 0 <= index < len(addresses) or not all(isinstance(each, str) for each in addresses):
            raise ValueError(f"kinds {sorted(cluster)}, index {index} of {len(addresses)}")
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"TF_CONFIG does not name the machines and which of them this is: {error}. {how}"
        ) from error
    chief = "chief" if "chief" in cluster else "worker"
    return sum(map(len, cluster.values())), (kind, index) == (chief, 0)
