"""Words and numbers turned into indices or counts: IntegerLookup, StringLookup. They have no derivative."""

from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...config import floatx
from ...core.variable import Array, as_array
from ..base import refuse
from ..in_tf_data import in_tf_data
from ..keras_tensor import is_symbolic
from .encoding import ENCODINGS, Preparing, encoded


class Lookup(Preparing):
    """Base class: the index of each token in a vocabulary, which is given or found by `adapt`.

    The vocabulary begins with the mask token (in 'int' mode, if there is one), then `num_oov_indices` places for tokens
    that it does not have, then the tokens, the most frequent first (of equally frequent ones the largest).

    Args:
        max_tokens: most places of the vocabulary. num_oov_indices: places for unknown tokens; 0 refuses them.
        mask_token: a token that gets index 0, or no place in the other modes. oov_token: what `invert` makes of an
            unknown one.
        vocabulary: a list, or a text file with one token a line.
        idf_weights: of each token, for 'tf_idf'.
        invert: whether indices are turned into tokens.
        output_mode: 'int', or 'one_hot', 'multi_hot', 'count' (see `encoded`), or 'tf_idf', the counts times
            log(1 + documents / (1 + documents with the token)).
        pad_to_max_tokens: whether rows have max_tokens places.

    Raises:
        ValueError: an argument is not allowed; sparse, salt and several places for unknown words need TensorFlow.
    """

    kind: ClassVar[Any]
    mask_token: Any
    oov_token: Any

    def __init__(
        self, max_tokens: Any, num_oov_indices: int, mask_token: Any, oov_token: Any, vocabulary: Any,
        idf_weights: Any, invert: bool, output_mode: str, sparse: bool, pad_to_max_tokens: bool, oov_method: str,
        salt: Any, name: str | None, **options: Any,
    ) -> None:  # fmt: skip
        given = {key: options.pop(key, None) for key in ("vocabulary_size", "has_input_vocabulary")}
        super().__init__(name=name, **options)
        refuse(type(self).__name__, sparse=sparse or None, salt=salt)
        if max_tokens is not None and max_tokens <= 1:
            raise ValueError(f"If set, `max_tokens` must be greater than 1. Received: max_tokens={max_tokens}")
        if num_oov_indices < 0:
            raise ValueError(f"`num_oov_indices` must be >= 0. Received: num_oov_indices={num_oov_indices}")
        output_mode = {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(output_mode, output_mode)
        if oov_method not in ("floormod", "farmhash"):
            raise ValueError(f"oov_method must be 'floormod' or 'farmhash'; received {oov_method!r}")
        if output_mode not in ("int", *ENCODINGS, "tf_idf"):
            raise ValueError(f"output_mode must be int, one_hot, multi_hot, count or tf_idf; received {output_mode!r}")
        if pad_to_max_tokens and max_tokens is None:
            raise ValueError("If pad_to_max_tokens is True, must set `max_tokens`. Received: max_tokens=None")
        if invert and output_mode != "int":
            raise ValueError(f"`output_mode` must be `'int'` when `invert` is true. Received: {output_mode}")
        if idf_weights is not None and output_mode != "tf_idf":
            raise ValueError(f"`idf_weights` should only be set if output_mode is `'tf_idf'`, not {output_mode!r}")
        if num_oov_indices > 1 and (oov_method != "floormod" or self.kind is str):
            raise ValueError("unknown tokens in several places need TensorFlow's hashes, except integers by floormod")
        self.max_tokens, self.num_oov_indices, self.invert = max_tokens, num_oov_indices, invert
        self.mask_token, self.oov_token, self.output_mode = mask_token, oov_token, output_mode
        self.pad_to_max_tokens, self.oov_method = pad_to_max_tokens, oov_method
        self.input_vocabulary = None if isinstance(vocabulary, str | Path) else vocabulary
        self.input_idf_weights = idf_weights
        self.idf_weights: Any = None
        self._size = given["vocabulary_size"]
        self._tokens: list[Any] = []
        self._fixed = vocabulary is not None
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    # ---- the vocabulary -------------------------------------------------------------------------------------------

    @property
    def _first_unknown(self) -> int:
        return 1 if self.mask_token is not None and self.output_mode == "int" else 0

    @property
    def _first_token(self) -> int:
        return self._first_unknown + self.num_oov_indices

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Set the vocabulary, and for 'tf_idf' the weight of each token.

        Raises:
            ValueError: it is empty, holds a token twice or a special token, or more than max_tokens.
        """
        if (self.output_mode == "tf_idf") != (idf_weights is not None):
            word = "must" if idf_weights is None else "should only"
            raise ValueError(f"`idf_weights` {word} be set if output_mode is `'tf_idf'`")
        if isinstance(vocabulary, str | Path):
            if not Path(vocabulary).is_file():
                raise ValueError(f"Vocabulary file {vocabulary} does not exist.")
            vocabulary = [self.kind(line) for line in Path(vocabulary).read_text(encoding="utf-8").splitlines()]
        given = [own.item() if hasattr(own, "item") else own for own in as_array(vocabulary)]
        given = [own.decode() if isinstance(own, bytes) else own for own in given]
        special = [self.mask_token] * self._first_unknown + [self.oov_token] * self.num_oov_indices
        whole = bool(special) and given[: len(special)] == special
        tokens = given[len(special) :] if whole else given
        twice = [token for token, count in Counter(tokens).items() if count > 1]
        if not given:
            raise ValueError("Cannot set an empty vocabulary. Received: vocabulary=[]")
        if twice:
            raise ValueError(f"The passed vocabulary has at least one repeated term: {twice}")
        if self.mask_token is not None and self.mask_token in tokens:
            raise ValueError(f"Found reserved mask token at unexpected location in `vocabulary`: {self.mask_token!r}")
        if self.invert and self.oov_token in tokens:
            raise ValueError(f"Found reserved OOV token at unexpected location in `vocabulary`: {self.oov_token!r}")
        if self.max_tokens is not None and self._first_token + len(tokens) > self.max_tokens:
            raise ValueError(
                "Attempted to set a vocabulary larger than the maximum vocab size. Received vocabulary size is "
                f"{self._first_token + len(tokens)}; `max_tokens` is {self.max_tokens}."
            )
        self._tokens, self._size = tokens, self._first_token + len(tokens)
        if idf_weights is not None:
            self._set_weights(np.asarray(idf_weights, floatx()), len(given), whole)

    def _set_weights(self, weights: Array, count: int, whole: bool) -> None:
        """Keep the weights; unknown tokens get the mean, places that are not used 0."""
        if weights.shape != (count,):
            raise ValueError(f"`idf_weights` must be the same length as vocabulary, {count}; received {weights.shape}")
        front = [] if whole else [weights.mean()] * self._first_token
        behind = [0.0] * (self.max_tokens - len(front) - count if self.pad_to_max_tokens else 0)
        self.idf_weights = np.concatenate([front, weights, behind]).astype(floatx())

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Find the vocabulary: the tokens of an array or list, or of an iterable's batches (`steps` of them).

        Raises:
            ValueError: the vocabulary was given.
        """
        if self._fixed:
            raise ValueError(f"Cannot adapt layer '{self.name}' after setting a static vocabulary")
        counts: Counter[Any] = Counter()
        documents: Counter[Any] = Counter()
        number = 0
        for k, batch in enumerate([data] if isinstance(data, list | tuple | np.ndarray) else data):
            if steps is not None and k >= steps:
                break
            rows = self._array(batch)
            if rows.ndim == 1:
                rows = rows[:, np.newaxis] if batch is data else rows[np.newaxis]
            number += len(rows)
            for row in rows.reshape(len(rows), -1).tolist():
                counts.update(row)
                documents.update(set(row))
        for token in (self.mask_token, self.oov_token):
            counts.pop(token, None)
        order = sorted(counts, key=lambda token: (counts[token], token), reverse=True)
        self._tokens = order[: None if self.max_tokens is None else self.max_tokens - self._first_token]
        self._size = self._first_token + len(self._tokens)
        if self.output_mode == "tf_idf":
            weights = np.log(1 + number / (1 + np.array([documents[token] for token in self._tokens], floatx())))
            self._set_weights(weights.astype(floatx()), len(self._tokens), False)

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """Return the tokens in the order of their indices, with the special ones in front."""
        special = [self.mask_token] * self._first_unknown + [self.oov_token] * self.num_oov_indices
        return [*(special if include_special_tokens else []), *self._tokens]

    def vocabulary_size(self) -> int:
        """Return the number of places."""
        return self._first_token + len(self._tokens)

    # ---- looking up -----------------------------------------------------------------------------------------------

    def _array(self, x: Any) -> Array:
        """Return tokens as an array of integers, or of Python strings."""
        found = np.asarray(x)
        if self.kind is int:
            return found.astype("int64")
        texts = [own.decode() if isinstance(own, bytes) else str(own) for own in found.reshape(-1).tolist()]
        return np.array(texts, object).reshape(found.shape)

    def dtype_of(self, dtype: str) -> str:
        if self.output_mode == "tf_idf":
            return floatx()
        return "string" if self.invert and self.kind is str else "int64"

    @in_tf_data
    def __call__(self, x: Any = None, training: bool = False, mask: Any = None, inputs: Any = None) -> Any:
        x = inputs if x is None else x
        return super().__call__(x if is_symbolic(x) or self.invert else self._array(x))

    def on_array(self, x: Array) -> Array:
        if self.invert:
            known = dict(enumerate(self.get_vocabulary()))
            tokens = [known.get(int(index), self.oov_token) for index in x.reshape(-1)]
            return np.array(tokens, "int64" if self.kind is int else object).reshape(x.shape)
        known = {token: self._first_token + k for k, token in enumerate(self._tokens)}
        if self.mask_token is not None:
            known[self.mask_token] = 0 if self.output_mode == "int" else -1
        indices: Any = np.array([known.get(own) for own in x.reshape(-1).tolist()], object)
        unknown = np.array([own is None for own in indices], bool)
        if unknown.any() and not self.num_oov_indices:
            raise ValueError(
                f"When `num_oov_indices=0` all inputs should be in vocabulary; received {x.reshape(-1)[unknown][0]!r}"
            )
        if unknown.any():
            several = self.num_oov_indices > 1
            indices[unknown] = self._first_unknown + (x.reshape(-1)[unknown] % self.num_oov_indices if several else 0)
        found: Array = indices.astype("int64").reshape(x.shape)
        if self.output_mode == "int":
            return found
        if self._size is None and not self.pad_to_max_tokens:
            raise RuntimeError(f"{self.name} has no vocabulary yet: pass `vocabulary`, or call `adapt` with data")
        depth = self.max_tokens if self.pad_to_max_tokens else self._size
        if self.output_mode == "tf_idf":
            counts: Array = encoded(found, "count", depth, dtype=floatx()) * self.idf_weights
            return counts
        return encoded(found, self.output_mode, depth, dtype="int64")

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape, depth = tuple(input_shape), self.max_tokens if self.pad_to_max_tokens else self._size
        if self.output_mode == "int":
            return shape
        if self.output_mode == "one_hot" and not (len(shape) > 1 and shape[-1] == 1):
            return (*shape, depth)
        return (*shape[:-1], depth)

    def get_config(self) -> dict[str, Any]:
        given = self.input_idf_weights, self.input_vocabulary
        plain = [None if own is None else np.asarray(own).tolist() for own in given]
        return super().get_config() | {
            "invert": self.invert,
            "max_tokens": self.max_tokens,
            "num_oov_indices": self.num_oov_indices,
            "oov_token": self.oov_token,
            "mask_token": self.mask_token,
            "output_mode": self.output_mode,
            "sparse": False,
            "pad_to_max_tokens": self.pad_to_max_tokens,
            "idf_weights": plain[0],
            "vocabulary": plain[1],
            "vocabulary_size": self._size,
            "oov_method": self.oov_method,
            "salt": None,
        }


class IntegerLookup(Lookup):
    """`Lookup` of integers; -1 is the unknown one."""

    kind = int

    def __init__(
        self, max_tokens: Any = None, num_oov_indices: int = 1, mask_token: Any = None, oov_token: Any = -1,
        vocabulary: Any = None, vocabulary_dtype: str = "int64", idf_weights: Any = None, invert: bool = False,
        output_mode: str = "int", sparse: bool = False, pad_to_max_tokens: bool = False,
        oov_method: str = "floormod", salt: Any = None, name: str | None = None, **options: Any,
    ) -> None:  # fmt: skip
        if vocabulary_dtype != "int64":
            raise ValueError(f"Only `vocabulary_dtype='int64'` is supported; received {vocabulary_dtype!r}")
        super().__init__(
            max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert, output_mode, sparse,
            pad_to_max_tokens, oov_method, salt, name, **options,
        )  # fmt: skip

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"vocabulary_dtype": "int64"}


class StringLookup(Lookup):
    """`Lookup` of texts; '[UNK]' is the unknown one."""

    kind = str

    def __init__(
        self, max_tokens: Any = None, num_oov_indices: int = 1, mask_token: Any = None, oov_token: Any = "[UNK]",
        vocabulary: Any = None, idf_weights: Any = None, invert: bool = False, output_mode: str = "int",
        pad_to_max_tokens: bool = False, sparse: bool = False, encoding: str = "utf-8", name: str | None = None,
        salt: Any = None, **options: Any,
    ) -> None:  # fmt: skip
        if encoding != "utf-8":
            raise ValueError(f"encoding must be 'utf-8'; received {encoding!r}")
        super().__init__(
            max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert, output_mode, sparse,
            pad_to_max_tokens, options.pop("oov_method", "floormod"), salt, name, **options,
        )  # fmt: skip

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"encoding": "utf-8"}
