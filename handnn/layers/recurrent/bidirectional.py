"""Bidirectional: a recurrent layer reads a sequence forwards, another one backwards."""

from typing import Any, ClassVar

import numpy as np

from ...core import masks as time_masks
from ...core.registry import serialize
from ...core.variable import Variable, as_array
from ..base import Layer, layers
from ..keras_tensor import Shape, is_symbolic
from ..merging import Add, Average, Concatenate, Multiply
from ..reading import from_config
from .composite import Composite, Reverse
from .outputs import Part
from .rnn import RNN

MERGING: dict[str, Any] = {"concat": Concatenate, "sum": Add, "mul": Multiply, "ave": Average}


@layers.register()
class Bidirectional(Composite):
    """A recurrent layer, and a copy of it that reads the sequence backwards; their outputs are merged.

    Args:
        layer: it is copied with the name forward_<name>.
        merge_mode: 'concat', 'sum', 'mul', 'ave', or None for both outputs as a list.
        backward_layer: by default a copy of `layer` that goes backwards, named backward_<name>.

    A call returns the merged output; with the layer's return_state, a list of it and the states of both.

    Raises:
        ValueError: merge_mode is unknown, or the layers do not fit.
    """

    merge_modes: ClassVar[tuple[str | None, ...]] = (*MERGING, None)
    arguments = RNN.arguments

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        for argument, given in (("layer", layer), ("backward_layer", backward_layer)):
            if not isinstance(given, RNN) and not (argument == "backward_layer" and given is None):
                raise ValueError(f"{argument} must be a recurrent layer; received {type(given).__name__}")
        if merge_mode not in self.merge_modes:
            known = ", ".join(map(repr, self.merge_modes))
            raise ValueError(f"merge_mode must be one of {known}; received {merge_mode!r}")
        kept = {"use_cudnn": layer.use_cudnn} if hasattr(layer, "use_cudnn") else {}  # not in Keras' config
        self.forward_layer = _copy(layer, "forward_", kept)
        if backward_layer is None:
            backward_layer = _copy(layer, "backward_", {"go_backwards": True, **kept})
        self.backward_layer, self.merge_mode = backward_layer, merge_mode
        if self.forward_layer.go_backwards == self.backward_layer.go_backwards:
            raise ValueError("the layers of a Bidirectional must have different go_backwards; received the same")
        for name in ("stateful", "return_sequences", "return_state"):
            if getattr(self.forward_layer, name) != getattr(self.backward_layer, name):
                raise ValueError(f"the layers of a Bidirectional must have the same {name}; received both")
        self.stateful, self.return_state = layer.stateful, layer.return_state
        self.return_sequences = layer.return_sequences
        for part in (self.forward_layer, self.backward_layer):
            part.zero_output_for_mask = part.return_sequences
        self._parts = [self.forward_layer, self.backward_layer]
        self.trainable = self.trainable
        self._start = weights
        self._add_nodes()

    def _add_nodes(self) -> None:
        half = sum(map(len, self.forward_layer.state_sizes)) if self.with_states else 0
        states = [range(-2, -2 - half, -1), range(-2 - half, -2 - 2 * half, -1)]
        self.nodes, self.node_names = [], []
        y, *of_y = self.node(self.forward_layer, -1, *states[0])
        back, *of_back = self.node(self.backward_layer, -1, *states[1])
        if self.return_sequences:
            (back,) = self.node(Reverse(name="reversed", dtype=self.dtype), back)
        outputs = [y, back]
        if self.merge_mode is not None:
            outputs = self.node(MERGING[self.merge_mode](name="merged", dtype=self.dtype), y, back)
        self.output_nodes = [*outputs, *of_y, *of_back]

    with_states = False
    """Whether it is called with initial states."""

    @property
    def parts(self) -> list[Any]:
        return self._parts

    @property
    def states(self) -> Any:
        """The states of both layers, None unless `stateful`."""
        both = [part.states for part in self._parts]
        return None if None in both else [state for own in both for state in own]

    def reset_state(self) -> None:
        """Let the next batch start from zeros."""
        for part in self._parts:
            part.reset_state()

    reset_states = reset_state

    def build(self, input_shape: Any, path: str | None = None) -> None:
        """Create the weights of both layers. Raises as they do."""
        self.input_shape = tuple(input_shape)
        own = f"{path}/{self.name}" if path else self.name
        for part in self._parts:
            if not part.built:
                part.build(input_shape, own)
        for weight in self.weights:
            weight.trainable = weight.trainable and self.trainable
        for node, parents in self.nodes:
            if not node.built and not isinstance(node, Part):
                shape = self.forward_layer.compute_output_shape(self.input_shape)
                shape = shape[0] if self.return_state else shape
                node.build([shape] * len(parents) if node.merges else shape)
        if self._start:
            self.set_weights(self._start)

    def compute_output_shape(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Any:
        """Return the output's shape; a list of shapes with `return_state`, or without merging."""
        shape: Any = self.forward_layer.compute_output_shape(sequences_shape)
        output, states = (shape[0], shape[1:]) if self.return_state else (shape, [])
        if self.merge_mode == "concat":
            output = (*output[:-1], 2 * output[-1])
        found = [output, output] if self.merge_mode is None else [output]
        found = [*found, *states, *states]
        return found if len(found) > 1 else found[0]

    def __call__(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        """Return the output for arrays or `KerasTensor`s; arguments as of the recurrent layer.

        `initial_state` lists the states of the forward layer, then those of the backward layer.
        """
        states = list(initial_state or [])
        if is_symbolic(sequences):
            if mask is not None:
                raise ValueError(f"mask of {self.name} must be None on KerasTensors: masks are handed on by themselves")
            if states and not self.with_states:
                if self.calls:
                    raise ValueError(f"{self.name} is called with initial_state and without, which is not supported")
                self.with_states = True
                self._add_nodes()
            if not self.built:
                self.build(sequences.shape)
            found = self.add_call([sequences, *states], sequences.masked and self.return_sequences)
            if states:
                found.arguments = ((sequences,), {"initial_state": list(states), "mask": None})
            return found if len(found.siblings) == 1 else list(found.siblings)
        x = as_array(sequences)
        if not self.built:
            self.build((len(x) if self.stateful else None, *x.shape[1:]))
        half, own = len(states) // 2, time_masks.mask_of(sequences) if mask is None else mask
        options = {"mask": own, "training": training}
        y = self.forward_layer(x, initial_state=states[:half] or None, **options)
        back = self.backward_layer(x, initial_state=states[half:] or None, **options)
        (y, *of_y), (back, *of_back) = ([*part] if self.return_state else [part] for part in (y, back))
        back = np.flip(np.asarray(back), 1) if self.return_sequences else np.asarray(back)
        output = [y, back]
        if self.merge_mode is not None:
            merged = MERGING[self.merge_mode](dtype=self.dtype)([np.asarray(y), back])
            output = [time_masks.with_mask(merged, time_masks.mask_of(y))]
        output = [*output, *of_y, *of_back]
        return output if len(output) > 1 else output[0]

    def stored_parts(self) -> list[tuple[str, list[Variable]]]:
        pairs = (("forward_layer", self.forward_layer), ("backward_layer", self.backward_layer))
        return [(f"{name}/{place}", own) for name, part in pairs for place, own in part.stored_parts()]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config() | {"merge_mode": self.merge_mode}
        config["layer"] = serialize(self.forward_layer, "keras.layers")
        config["backward_layer"] = serialize(self.backward_layer, "keras.layers")
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Layer:
        made = {name: from_config(config[name]) for name in ("layer", "backward_layer") if config.get(name)}
        return cls(**config | made)


def _copy(layer: RNN, prefix: str, changed: dict[str, Any]) -> Any:
    config = layer.get_config() | {"name": f"{prefix}{layer.name.removeprefix(prefix)}"} | changed
    return type(layer).from_config(config)
