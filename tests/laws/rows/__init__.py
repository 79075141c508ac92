"""One file of rows for each room of keras_seq.layers, gathered by tests/laws/table.py."""
