"""JoeyNMT's recurrent translator with weights of ours: training steps, and its own beam search.

Where ours begins and ends with one symbol, JoeyNMT has two. Ids: ours 0 [PAD], 1 [UNK], 2 [END], then words;
there 0 unknown, 1 padding, 2 begin, 3 end, then the same words.
"""

import logging
from types import SimpleNamespace

import numpy as np
import torch
from joeynmt.batch import Batch
from joeynmt.model import build_model
from joeynmt.search import search
from joeynmt.vocabulary import Vocabulary

UNKNOWN, PADDING, BEGIN, END = range(4)
SPECIAL = [PADDING, UNKNOWN, END]  # for our 0, 1, 2


def contender(sizes: dict, threads: int) -> dict:
    """What it can be asked for.

    Args:
        sizes: source_vocabulary, target_vocabulary, embedding_dim, units, decoder_units, dropout, and
            learning_rate and gradient_clip of its training.
        threads: of PyTorch.
    """
    logging.disable(logging.INFO)
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    model = build_model(
        configuration(sizes), vocabulary(sizes["source_vocabulary"]), vocabulary(sizes["target_vocabulary"])
    )
    model.loss_function = ("crossentropy", 0.0)
    optimizer = torch.optim.Adam(model.parameters(), lr=sizes["learning_rate"])
    state = {"batches": [], "found": []}

    def load(file):
        with np.load(file) as ours:
            model.load_state_dict(weights(dict(ours)))

    def batches(given):
        state["batches"] = [tuple([to_theirs(ids) for ids in side] for side in pairs) for pairs in given]

    def loss_of(pairs):
        batch = batch_of(*pairs)
        batch.sort_by_src_length()
        total, _, _, _ = model(return_type="loss", **vars(batch))
        return batch.normalize(total, "tokens"), batch.ntokens

    def loss():
        """Of the first batch, without dropout: nats a token."""
        model.eval()
        with torch.no_grad():
            return loss_of(state["batches"][0])[0].item()

    def train():
        """A step for each batch -> how many target tokens there were."""
        model.train()
        done = 0
        for pairs in state["batches"]:
            value, tokens = loss_of(pairs)
            value.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), sizes["gradient_clip"])
            optimizer.step()
            model.zero_grad()
            value.item()
            done += tokens
        return done

    def translate(sources, batch_size, search_options):
        """Sentences of like length share a batch."""
        model.eval()
        theirs = [to_theirs(ids) for ids in sources]
        order = sorted(range(len(theirs)), key=lambda place: len(theirs[place]))
        found = [None] * len(theirs)
        for start in range(0, len(order), batch_size):
            places = order[start : start + batch_size]
            batch = batch_of([theirs[place] for place in places], None)
            back = batch.sort_by_src_length()
            longest = len(theirs[places[-1]])
            outputs, _, _ = search(
                model,
                batch,
                max_output_length=int(search_options["words_per_word"] * longest)
                + search_options["words_besides"],
                beam_size=search_options["beam_width"],
                beam_alpha=search_options["length_penalty"],
            )
            for place, row in zip(places, outputs[back], strict=True):
                found[place] = row
        state["found"] = found

    def found():
        """The last translations in our ids, without what stands behind their end."""
        return [to_ours(row) for row in state["found"]]

    return {
        "load": load, "batches": batches, "loss": loss, "train": train, "translate": translate, "found": found
    }  # fmt: skip


def configuration(sizes: dict) -> dict:
    shared = {
        "type": "recurrent",
        "rnn_type": "gru",
        "embeddings": {"embedding_dim": sizes["embedding_dim"], "dropout": sizes["dropout"]},
        "dropout": sizes["dropout"],
    }
    return {
        "encoder": {**shared, "hidden_size": sizes["units"], "bidirectional": True},
        "decoder": {
            **shared,
            "hidden_size": sizes["decoder_units"],
            "hidden_dropout": sizes["dropout"],
            "input_feeding": True,
            "init_hidden": "bridge",
            "attention": "bahdanau",
        },
    }


def vocabulary(size: int) -> Vocabulary:
    """One with so many ids of ours, and the symbol more that begins a sentence."""
    symbols = SimpleNamespace(
        unk_token="<unk>", pad_token="<pad>", bos_token="<s>", eos_token="</s>", sep_token=None,
        unk_id=UNKNOWN, pad_id=PADDING, bos_id=BEGIN, eos_id=END, lang_tags=[],
    )  # fmt: skip
    return Vocabulary([str(number) for number in range(3, size)], symbols)


def to_theirs(ids: list[int]) -> list[int]:
    return [SPECIAL[each] if each < 3 else each + 1 for each in ids]


def to_ours(row) -> list[int]:
    ids = []
    for each in map(int, row):
        if each in (END, PADDING):
            break
        ids.append(SPECIAL.index(each) if each < 4 else each - 1)
    return ids


def batch_of(sources: list[list[int]], targets: list[list[int]] | None) -> Batch:
    """Sources end with END; so do targets, before which BEGIN is put."""
    return Batch(
        src=padded(sources),
        src_length=torch.tensor([len(ids) for ids in sources]),
        src_prompt_mask=None,
        trg=None if targets is None else padded([[BEGIN, *ids] for ids in targets]),
        trg_prompt_mask=None,
        indices=torch.arange(len(sources)),
        device=torch.device("cpu"),
        pad_index=PADDING,
        eos_index=END,
    )


def padded(rows: list[list[int]]) -> torch.Tensor:
    width = max(map(len, rows))
    return torch.tensor([ids + [PADDING] * (width - len(ids)) for ids in rows])


def weights(ours: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """Weights by our paths -> by JoeyNMT's names.

    The symbol that begins has the vector of our [END]. No weight says that it cannot be told, as its logit is
    one of the softmax: it has that of padding, which no training ever lets be likely.
    """
    cell = "decoder/recurrence/luong_cell"
    attention, first = f"{cell}/attention/additive_score", "decoder/first_state/dense"
    memory_width = ours[f"{attention}/key_kernel"].shape[0]
    answer = ours[f"{cell}/answer/kernel"]  # (memory + state, state); there the state comes first
    answer = np.concatenate([answer[memory_width:], answer[:memory_width]])
    named = {
        "src_embed.lut.weight": of_words(ours["source_embedding/embeddings"], begin=2),
        "trg_embed.lut.weight": of_words(ours["target_embedding/embeddings"], begin=2),
        **gru(ours, "encoder/forward_0/gru_cell", "encoder.rnn", "l0"),
        **gru(ours, "encoder/backward_0/gru_cell", "encoder.rnn", "l0_reverse"),
        **gru(ours, f"{cell}/gru_cell", "decoder.rnn", "l0"),
        "decoder.att_vector_layer.weight": answer.T,
        "decoder.att_vector_layer.bias": np.zeros(answer.shape[1], "float32"),
        "decoder.output_layer.weight": of_words(ours["logits/kernel"].T, begin=0),
        "decoder.attention.key_layer.weight": ours[f"{attention}/key_kernel"].T,
        "decoder.attention.query_layer.weight": ours[f"{attention}/query_kernel"].T,
        "decoder.attention.energy_layer.weight": ours[f"{attention}/v"][None],
        "decoder.bridge_layer.weight": ours[f"{first}/kernel"].T,
        "decoder.bridge_layer.bias": ours[f"{first}/bias"],
    }
    return {name: torch.tensor(np.ascontiguousarray(array)) for name, array in named.items()}


def of_words(rows: np.ndarray, begin: int) -> np.ndarray:
    """Rows by our ids -> by theirs; `begin`: our id of the row that the symbol at the beginning has."""
    return rows[[1, 0, begin, 2, *range(3, len(rows))]]


def gru(ours: dict, path: str, name: str, suffix: str) -> dict[str, np.ndarray]:
    """Keras has the gates update, reset, candidate; PyTorch reset, update, candidate."""

    def turned(array):  # (…, 3 U)
        update, reset, candidate = np.split(array, 3, axis=-1)
        return np.concatenate([reset, update, candidate], axis=-1)

    bias = turned(ours[f"{path}/bias"])
    return {
        f"{name}.weight_ih_{suffix}": turned(ours[f"{path}/kernel"]).T,
        f"{name}.weight_hh_{suffix}": turned(ours[f"{path}/recurrent_kernel"]).T,
        f"{name}.bias_ih_{suffix}": bias[0],
        f"{name}.bias_hh_{suffix}": bias[1],
    }
