"""What runs a model on token ids, whatever it was saved as. Imports neither TensorFlow nor Keras."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

__all__ = ["PER_TOKEN", "Predictor", "unpadded"]

# The outputs that have one entry a token, on axis 1.
PER_TOKEN = frozenset({"weights", "tag_ids", "intent_weights"})
# A score below it is that of no translation: `keras_seq.decoding.NO_HYPOTHESIS`, which would start Keras.
_NO_TRANSLATION = -1e29
_MOST_TOKENS = 2**14  # in one batch, padding included: some 50 MB of states in a model of the usual width


class Predictor:
    """Runs a model: `run` one padded batch, `predict` any number of texts of any lengths.

    A subclass gives `run`.

    Attributes:
        length: the most tokens that it takes of a text; None: any number.
    """

    length: int | None = None

    def run(self, token_ids: np.ndarray) -> dict[str, np.ndarray]:
        """One batch, int32 `(B, T)` or `(B, T, W)`, 0 = padding on the right, T at least 1 -> named outputs.

        A classifier gives `probabilities` float32 `(B, C)` and, where it has attention, `weights` `(B, T)`;
        a tagger what `keras_seq.models.explainer` says, a translator what `keras_seq.models.Translate` says.
        """
        raise NotImplementedError

    def predict(
        self, token_ids: Sequence[Sequence[int]], batch_size: int = 128
    ) -> dict[str, list[np.ndarray]]:
        """Each text's outputs by name, in the order given, without padding.

        Texts of like length share a batch, so little of it is padding.

        Args:
            token_ids: the ids of each text, or an array `(T, W)` of each; a text may have none.
            batch_size: texts in one batch, fewer where they are long.

        Returns:
            `{"probabilities": [(C,), …], "weights": [(n,), …]}`, n its number of tokens; empty for no texts.
        """
        results: dict[str, list] = {}
        for indices in _batches([len(ids) for ids in token_ids], batch_size):
            outputs = self.run(_padded([token_ids[index] for index in indices]))
            for place, index in enumerate(indices):
                row = {name: output[place] for name, output in outputs.items()}
                for name, output in unpadded(row, len(token_ids[index])).items():
                    results.setdefault(name, [None] * len(token_ids))[index] = output
        return results


def unpadded(row: Mapping[str, np.ndarray], length: int) -> dict[str, np.ndarray]:
    """The outputs of one text without what stands behind its `length` ids, or behind its translations."""
    row = {name: output[:length] if name in PER_TOKEN else output for name, output in row.items()}
    if "target_ids" in row:
        several = max(1, np.count_nonzero(row["scores"] > _NO_TRANSLATION))
        row |= {name: row[name][:several] for name in ("target_ids", "lengths", "scores")}
        row["target_ids"] = row["target_ids"][:, : max(row["lengths"])]
        if "alignment" in row:
            row["alignment"] = row["alignment"][: row["lengths"][0], :length]
    return row


def _batches(lengths: list[int], batch_size: int) -> Iterator[list[int]]:
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) == batch_size or lengths[index] * (len(batch) + 1) > _MOST_TOKENS):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _padded(id_lists: list[Sequence[int]]) -> np.ndarray:
    row_shape = np.shape(id_lists[0])[1:]
    token_ids = np.zeros((len(id_lists), max(1, *map(len, id_lists)), *row_shape), np.int32)
    for row, ids in zip(token_ids, id_lists, strict=True):
        row[: len(ids)] = ids
    return token_ids
