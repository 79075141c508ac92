"""CTranslate2, float32, with the weights of a Transformer of ours. Its tokens are our ids, written out."""

import tempfile

import ctranslate2
import numpy as np
from ctranslate2.specs import transformer_spec

UNKNOWN, END = "1", "2"
MOST_POSITIONS = 1024


def contender(sizes: dict, file: str, threads: int) -> dict:
    """What it can be asked for.

    Args:
        sizes: num_layers, decoder_layers, heads, norm_first.
        file: weights by our paths, as `numpy.savez` writes them.
        threads: that it computes with.
    """
    with np.load(file) as ours, tempfile.TemporaryDirectory() as folder:
        spec = converted(sizes, dict(ours))
        spec.validate()
        spec.save(folder)
        translator = ctranslate2.Translator(
            folder, device="cpu", compute_type="float32", inter_threads=1, intra_threads=threads
        )
    state = {"found": []}

    def translate(sources, batch_size, search_options, alignments=False):
        """Sentences of like length share a batch: it sorts them itself."""
        results = translator.translate_batch(
            [[str(each) for each in ids] for ids in sources],
            max_batch_size=batch_size,
            beam_size=search_options["beam_width"],
            length_penalty=search_options["length_penalty"],
            patience=1_000 if search_options["patience"] is None else search_options["patience"],
            max_decoding_length=int(search_options["words_per_word"] * max(map(len, sources)))
            + search_options["words_besides"],
            return_attention=alignments,
        )
        state["found"] = [result.hypotheses[0] for result in results]

    return {"translate": translate, "found": lambda: [[*map(int, tokens)] for tokens in state["found"]]}


def converted(sizes: dict, ours: dict[str, np.ndarray]) -> transformer_spec.TransformerSpec:
    """Weights by our paths -> its specification of the same Transformer."""
    spec = transformer_spec.TransformerSpec.from_config(
        (sizes["num_layers"], sizes["decoder_layers"]), sizes["heads"], pre_norm=sizes["norm_first"]
    )
    shared = ours.get("embedding/embeddings")
    for side, stack, embedding in (
        ("source", spec.encoder, spec.encoder.embeddings[0]),
        ("target", spec.decoder, spec.decoder.embeddings),
    ):
        own = ours[f"{side}_embedding/embeddings"] if shared is None else shared
        embedding.weight = own
        stack.position_encodings.encodings = sinusoids(MOST_POSITIONS, own.shape[1])
        tokens = [str(number) for number in range(len(own))]
        (spec.register_source_vocabulary if side == "source" else spec.register_target_vocabulary)(tokens)
    for name, stack in (("encoder", spec.encoder), ("decoder", spec.decoder)):
        if sizes["norm_first"]:
            set_norm(stack.layer_norm, ours, f"{name}/norm")
        for number, layer in enumerate(stack.layer):
            set_block(layer, ours, f"{name}/block_{number}")
    logits = ours.get("logits/kernel")
    spec.decoder.projection.weight = spec.decoder.embeddings.weight if logits is None else transposed(logits)
    spec.config.layer_norm_epsilon = 1e-5
    spec.config.unk_token = UNKNOWN
    spec.config.bos_token = spec.config.eos_token = spec.config.decoder_start_token = END
    return spec


def set_block(layer, ours, path):
    set_norm(layer.self_attention.layer_norm, ours, f"{path}/self_attention_norm")
    set_linear(layer.self_attention.linear[0], ours, f"{path}/self_attention", "query", "key", "value")
    set_linear(layer.self_attention.linear[1], ours, f"{path}/self_attention", "output")
    if hasattr(layer, "attention"):
        set_norm(layer.attention.layer_norm, ours, f"{path}/attention_norm")
        set_linear(layer.attention.linear[0], ours, f"{path}/attention", "query")
        set_linear(layer.attention.linear[1], ours, f"{path}/attention", "key", "value")
        set_linear(layer.attention.linear[2], ours, f"{path}/attention", "output")
    set_norm(layer.ffn.layer_norm, ours, f"{path}/feed_forward_norm")
    set_linear(layer.ffn.linear_0, ours, path, "inner")
    set_linear(layer.ffn.linear_1, ours, path, "outer")


def set_norm(norm, ours, path):
    norm.gamma, norm.beta = ours[f"{path}/gamma"], ours[f"{path}/beta"]


def set_linear(linear, ours, path, *names):
    """One product for several of ours, side by side."""
    linear.weight = np.concatenate([transposed(ours[f"{path}/{name}/kernel"]) for name in names])
    linear.bias = np.concatenate([ours[f"{path}/{name}/bias"] for name in names])


def transposed(kernel):
    return np.ascontiguousarray(kernel.T)


def sinusoids(length: int, width: int) -> np.ndarray:
    """As `keras_seq.layers.SinusoidalPositions`: sines and cosines in turn, the first position is 0.

    CTranslate2's own have all sines first, and begin with 1: so it is given this table.
    """
    angles = np.arange(length)[:, None] / 10_000 ** (np.arange(0, width, 2) / width)
    both = np.stack([np.sin(angles), np.cos(angles)], axis=-1)  # (length, ⌈width / 2⌉, 2)
    return both.reshape(length, -1)[:, :width].astype("float32")
