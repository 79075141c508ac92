import keras


@keras.saving.register_keras_serializable("keras_seq")
class LateFusion(keras.layers.Layer):
    """Two classifiers that are trained apart and answer together.

        logits = learner                        in training
        logits = expert + share · learner       at inference

    The expert is finished before (counted, say) and fits the training data so well that beside it the learner
    would have nothing left to learn; alone, it learns everything, and its errors are its own.

    Args:
        share: how much the learner counts beside the expert.

    Call arguments:
        learner: logits `(B, C)` of what is being trained.
        expert: logits `(B, C)` of what is not.
        training: bool.

    Returns:
        logits `(B, C)`.

    Masking: none; there is no time axis.

    Example:

    >>> import numpy as np
    >>> learner, expert = np.array([[2.0, 0.0]]), np.array([[0.0, 3.0]])
    >>> fused = LateFusion(share=0.5)
    >>> [round(float(each), 4) for each in fused(learner, expert)[0]]
    [1.0, 3.0]
    >>> [round(float(each), 4) for each in fused(learner, expert, training=True)[0]]
    [2.0, 0.0]
    """

    def __init__(self, share=1.0, **kwargs):
        super().__init__(**kwargs)
        self.share = share

    def build(self, learner_shape, expert_shape):
        if tuple(learner_shape)[-1] != tuple(expert_shape)[-1]:
            raise ValueError(
                "Both must answer for the same labels. "
                f"Received: learner of shape {tuple(learner_shape)}, expert of shape {tuple(expert_shape)}"
            )
        self.built = True

    def call(self, learner, expert, training=False):
        return learner if training else expert + self.share * learner

    def compute_output_shape(self, learner_shape, expert_shape):
        return learner_shape

    def get_config(self):
        return {**super().get_config(), "share": self.share}
