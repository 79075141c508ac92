"""Memories that are asked several times."""

from keras_seq.layers.memory.end_to_end_memory import EndToEndMemory
from keras_seq.layers.memory.memory_hops import MemoryHops

__all__ = ["EndToEndMemory", "MemoryHops"]
