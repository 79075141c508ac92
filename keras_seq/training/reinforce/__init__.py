"""REINFORCE under plain fit: models that choose at random learn what to choose."""

from keras_seq.training.reinforce.chosen_positions import ChosenPositions
from keras_seq.training.reinforce.credited_loss import CreditedLoss
from keras_seq.training.reinforce.reinforce import Reinforce
from keras_seq.training.reinforce.targets import training_on

__all__ = ["ChosenPositions", "CreditedLoss", "Reinforce", "training_on"]
