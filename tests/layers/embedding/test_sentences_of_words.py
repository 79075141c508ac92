"""How ids `(B, N, W)` keep their mask: `keras.layers.Embedding` called on them as they are."""

import keras
import numpy as np

from keras_seq.layers import HierarchicalAttention

IDS = np.array([[[5, 3, 9], [4, 0, 0]], [[2, 7, 0], [0, 0, 0]]], "int32")


def weights_of(embedding):
    ids = keras.Input((None, None), dtype="int32")
    outputs = HierarchicalAttention()(embedding(ids), return_attention_scores=True)
    return [np.array(each) for each in keras.Model(ids, outputs)(IDS)[1:]]


def test_an_embedding_of_sentences_keeps_the_mask():
    words, sentences = weights_of(keras.layers.Embedding(10, 4, mask_zero=True))
    np.testing.assert_array_equal(words > 0, IDS != 0)
    np.testing.assert_array_equal(sentences > 0, [[True, True], [True, False]])


def test_time_distributed_loses_it():
    words, _ = weights_of(keras.layers.TimeDistributed(keras.layers.Embedding(10, 4, mask_zero=True)))
    assert (words > 0).all(), "Keras keeps the mask now: say so in keras_seq/layers/embedding/__init__.py"
