"""`KerasTwin`: the Keras model of a config and weights, with access to every intermediate.

Its z, a and delta come from the Keras layers themselves: each layer is called without its activation, which gives z;
then the activation is applied to z. `tf.GradientTape` differentiates with respect to each of them.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from handnn.core.trace import LayerTrace, Trace

from . import recurrent
from .arrays import as_called, assign, constant, to_numpy, value_of
from .layers import (
    Operation,
    Place,
    carrying,
    copy_of,
    mask_of,
    mask_of_weights,
    mask_on,
    names_of,
    opened,
    places,
    scores_of,
)
from .objects import built_optimizer, has_muon, keras_loss, keras_model
from .quiet import no_mask_warnings

Array = np.ndarray


@contextmanager
def floatx_is(dtype: str) -> Iterator[None]:
    """Set Keras' floatx temporarily, without the dtype policy, which Keras' setter changes too."""
    before, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_floatx(before)
        keras.config.set_dtype_policy(policy)


_twins = itertools.count(1)
TWINS_OF_KERNELS = 10
"""After so many twins, what TensorFlow keeps for the operations of their shapes is given back."""


def forget_kernels() -> None:
    """Free TensorFlow's cache of one kernel for each operation, shape and dtype it has ever met; it never does.

    Of small random networks it takes 2 MB a network. `keras.utils.clear_session` empties it too, but it also forgets
    what is the user's, such as the counters of names. Kernels that are still needed are made anew.
    """
    from tensorflow.python.eager import context

    context.context().clear_kernel_cache()


class KerasTwin:
    """The identical Keras model.

    Args:
        config: `get_config()` of a handnn or Keras `Sequential` or functional `Model`.
        weights: arrays in get_weights() order.
        loss: Keras name, config {'class_name', 'config'}, or an object with get_config() and dtype; a list for several
            outputs, with None where one has no loss and a list where it has several.
        loss_weights: for several outputs, the weight of each loss in the sum, in the same structure.
        optimizer: the same; None if no step is to be taken.
        compiled: trace by one `tf.function` for each batch size instead of eagerly; faster from about ten traces of
            one shape on.

    Raises:
        ValueError: the config has no input shape.
    """

    def __init__(
        self,
        config: dict,
        weights: list,
        loss: Any,
        optimizer: Any = None,
        compiled: bool = False,
        loss_weights: list[float] | None = None,
    ) -> None:
        if next(_twins) % TWINS_OF_KERNELS == 0:
            forget_kernels()
        self.model = keras_model(config)
        if not self.model.built:
            raise ValueError("config must say the input shape: start the network with an Input")
        self.set_weights(weights)
        self.places, self.outputs = places(self.model)
        self._tape: Any = None
        self._shapes: dict[int, Any] = {}  # of what a layer with several outputs put side by side
        self.dtype = self.places[-1].layer.compute_dtype
        self.keys = sorted(config["output_layers"]) if isinstance(config.get("output_layers"), dict) else None
        given = loss if isinstance(loss, list) else [loss]
        weights = loss_weights or [1.0] * len(given)
        self.terms: list[tuple[int, Any, float]] = []
        for k, (i, own, weight) in enumerate(zip(self.outputs, given, weights, strict=True)):
            pairs = zip(own, weight, strict=True) if isinstance(own, list) else [(own, weight)]
            dtype = self.places[i].layer.compute_dtype
            self.terms += [(k, keras_loss(one, dtype), w) for one, w in pairs if one is not None]
        self.loss = self.terms[0][1]
        self._given_optimizer, self._optimizer = optimizer, None
        function = tf.function(autograph=False)  # no branch depends on a tensor, so autograph would only cost time
        self._pass = function(self._trace_tensors) if compiled else self._trace_tensors
        self._step = function(self._train_step)
        self._apply = function(self._apply_gradients) if compiled else self._apply_gradients
        if compiled:
            self._build_optimizer()

    def set_states(self, states: dict[str, list]) -> None:
        """Assign the states of stateful layers, {place: arrays}."""
        for place in self.places:
            for variable, value in zip(recurrent.states_of(place.layer), states.get(place.name, ()), strict=False):
                variable.assign(value)

    # ---- the pass with its intermediates ------------------------------------------------------------------------

    def trace(
        self, x: Any, y: Any, sample_weight: Any = None, training: bool = False, keep_statistics: bool = False
    ) -> Trace:
        """Return every intermediate of one forward and backward pass as NumPy arrays.

        Gradients that do not exist (dL/da with a fused loss) are None. A layer's random draw in training is in its
        `mask`; running statistics after its call are in `new_statistics`, and restored unless `keep_statistics`.
        """
        before = [(v, value_of(v)) for place in self.places for v in place.running_statistics] if training else []
        before += [(v, v.numpy()) for place in self.places for v in recurrent.states_of(place.layer)]
        with no_mask_warnings():
            tensors = self._pass(*self.tensors(x, y, sample_weight), training)
        trace = Trace([LayerTrace(place.name) for place in self.places], tuple(self.outputs))
        trace.training = training
        trace.values, trace.data_loss, trace.loss = (to_numpy(tensors[n]) for n in ("values", "data_loss", "loss"))
        trace.output_losses = list(to_numpy(tensors["losses"]))
        for place, t, found in zip(self.places, trace, tensors["layers"], strict=True):
            t.training, t.penalty_count, t.first = training, trace.data_loss.size, place.first
            t.shapes = self._shapes_at(place)
            t.cache |= {"keras_steps": to_numpy(found["steps"]), "keras_gates": to_numpy(found["gates"])}
            for name in ("x", "z", "a", "upstream", "delta", "dx", "mask", "penalty", "input_mask", "output_mask"):
                setattr(t, name, to_numpy(found.get(name)))
            names = names_of(place.layer) if place.first else []
            t.gradients = {name: to_numpy(tensor) for name, tensor in zip(names, found["gradients"], strict=True)}
            if training and place.layer.trainable:
                moved = zip(place.running_statistics, found["moved"], strict=True)
                t.new_statistics = {variable.name: to_numpy(value) for variable, value in moved}
        if not keep_statistics:
            for variable, value in before:
                assign(variable, value)
        return trace

    def _trace_tensors(self, x: Any, y: Any, weight: Any, training: bool) -> dict[str, Any]:
        inputs = list(x) if isinstance(x, tuple) else [x]
        with tf.GradientTape() as tape:
            tape.watch([part for part in inputs if part.dtype.is_floating])
            self._tape = tape
            found: list[dict[str, Any]] = []
            for place in self.places:
                read = [found[p]["a"] if p >= 0 else inputs[~p] for p in place.parents]
                found.append(self._open(place, read, training))
                if not any(part.dtype.is_floating for part in read):
                    tape.watch(found[-1]["a"])  # nothing below it is watched
            losses = self._losses(y, [found[i]["a"] for i in self.outputs], weight)
            loss = self._summed(losses)
            penalties = [t["penalty"] for t in found if t["penalty"] is not None]
            total = loss + sum(tf.cast(penalty, loss.dtype) for penalty in penalties) if penalties else loss
            target = tf.reduce_sum(total)
        kernels = [place.layer.trainable_variables if place.first else [] for place in self.places]
        sources = [[part for part in t["x"] if part.dtype.is_floating] for t in found]
        steps, zeros = [recurrent.sources(t["steps"]) for t in found], [t["zeros"] for t in found]
        wanted = [sources, [t["z"] for t in found], [t["a"] for t in found], kernels, steps, zeros]
        dx, delta, upstream, gradients, d_steps, d_zeros = tape.gradient(target, wanted)
        for i, (place, t) in enumerate(zip(self.places, found, strict=True)):
            by_part = iter(dx[i])
            parts = [next(by_part) if part.dtype.is_floating else None for part in t["x"]]
            zeros = [
                tf.zeros_like(variable) if g is None else tf.convert_to_tensor(g)
                for g, variable in zip(gradients[i], kernels[i], strict=True)
            ]
            t.update(delta=delta[i], upstream=upstream[i], gradients=zeros)
            t["steps"] = recurrent.over_time(t["steps"], d_steps[i])
            t["gates"] = recurrent.by_gate(place.layer, d_zeros[i])
            t["x"], t["dx"] = (tuple(t["x"]), tuple(parts)) if place.from_list else (t["x"][0], parts[0])
        self._cut_off(found)
        if len(self.outputs) == 1:
            values = self.loss.call(*self._same_rank(y, found[self.outputs[0]]["a"]))
        else:
            tops = [found[i]["a"] for i in self.outputs]
            values = tuple(own.call(*self._same_rank(y[k], tops[k], own)) for k, own, _ in self.terms)
        return {"data_loss": loss, "loss": total, "values": values, "losses": tuple(losses), "layers": found}

    def _shapes_at(self, place: Place) -> Any:
        """Return the shapes of the outputs that are side by side in this place, or of which it is one."""
        known = self._shapes.get(self.places.index(place))
        return known or (self._shapes[place.parents[0]] if isinstance(place.layer, recurrent.Part) else None)

    def _losses(self, y: Any, outputs: list[Any], weight: Any) -> list[Any]:
        """Return every loss."""
        if len(outputs) == 1:
            return [self.loss(y, outputs[0], weight)]
        weights = (None,) * len(outputs) if weight is None else weight
        return [own(y[k], outputs[k], weights[k]) for k, own, _ in self.terms]

    def _summed(self, losses: list[Any]) -> Any:
        """Return the weighted sum of the losses, as Keras' `compile(loss_weights=...)` does."""
        pairs = zip(losses, self.terms, strict=True)
        terms = [loss if w == 1 else loss * tf.constant(w, loss.dtype) for loss, (_, _, w) in pairs]
        return terms[0] if len(terms) == 1 else sum(tf.cast(term, terms[0].dtype) for term in terms)

    @staticmethod
    def _cut_off(found: list[dict[str, Any]]) -> None:
        """Write zeros where TensorFlow finds no path to the loss, below a `Dropout(1.0)`.

        Layers above the logits of a fused loss, and dL/da there, keep None: they have no derivative.
        """
        reached = False
        for t in reversed(found):
            if t["delta"] is not None:
                reached = True
            elif reached:
                t.update(upstream=tf.zeros_like(t["a"]), delta=tf.zeros_like(t["z"]))
                t["dx"] = tf.nest.map_structure(lambda x: tf.zeros_like(x) if x.dtype.is_floating else None, t["x"])

    def _same_rank(self, y: Any, a: Any, loss: Any = None) -> tuple[Any, Any]:
        dtype = (loss or self.loss).dtype
        return tf.cast(y, dtype), keras.ops.convert_to_tensor(a, dtype=dtype)

    def _open(self, place: Place, read: list[Any], training: bool) -> dict[str, Any]:
        """Return x, z, a, mask and penalty of one Keras layer.

        If several layers read a tensor, each gets its own copy, so that each has its own dx.
        """
        dtype = place.layer.compute_dtype
        masks = [None if isinstance(place.layer, Operation) else mask_on(part) for part in read]
        x = [tf.cast(part, dtype) if part.dtype.is_floating or not place.takes_integers else part for part in read]
        x = [carrying(part, own) for part, own in zip(x, masks, strict=True)]
        x = [copy_of(part) if shared else part for part, shared in zip(x, place.shared, strict=True)]
        if place.arguments is not None:
            mask = mask_of_weights(place.layer, x, place.arguments, training)
        else:
            mask = mask_of(place.layer, x, training)
        given = x if place.from_list else x[0]
        steps, zeros = [], []
        if isinstance(place.layer, recurrent.Part):
            place.layer.shapes = [list(own) for own in self._shapes[place.parents[0]]]
        if isinstance(place.layer, keras.layers.RNN):
            recorded = recurrent.recorded(place.layer, self._tape, x[0].shape[1])
            with recorded as steps, recurrent.probed(place.layer, self._tape, steps) as zeros:
                z, a, penalty = opened(place.layer, given, training, place.first)
        else:
            z, a, penalty = opened(place.layer, given, training, place.first, place.arguments)
        self._shapes[self.places.index(place)] = getattr(z, "side_by_side", None)
        known = None if all(own is None for own in masks) else tuple(masks) if place.from_list else masks[0]
        found = {"x": x, "z": z, "a": a, "mask": mask, "penalty": penalty}
        moved = [tf.identity(variable.value) for variable in place.running_statistics] if training else []
        found |= {"input_mask": known, "output_mask": mask_on(a), "moved": moved}
        return found | {"steps": steps, "zeros": zeros}

    def tensors(self, x: Any, y: Any, weight: Any = None) -> tuple[Any, Any, Any]:
        """Return a batch as TensorFlow constants, x in the inputs' dtypes."""
        return self.inputs(x), constant(y), constant(weight)

    def inputs(self, x: Any) -> Any:
        """Return x in the form in which the model is called; a tuple of arrays if it has several inputs."""
        if isinstance(x, tuple):
            given = zip(x, self.model.inputs, strict=True)
            return tuple(tf.constant(np.asarray(part), dtype=tensor.dtype) for part, tensor in given)
        return tf.constant(np.asarray(x), dtype=self.model.inputs[0].dtype)

    def inner(self, x: Any) -> dict[str, tuple[Array, Any]]:
        """Return {layer: (its output for x, the weights of its attention or None)}, in inference."""
        given = self.inputs(x)
        inputs, outputs = list(given) if isinstance(given, tuple) else [given], list[Any]()
        self._tape = None  # that of the last step has ended
        found: dict[str, tuple[Array, Any]] = {}
        for place in self.places:
            read = [outputs[p] if p >= 0 else inputs[~p] for p in place.parents]
            opened = self._open(place, read, training=False)
            outputs.append(opened["a"])
            scores = None if place.arguments is None else to_numpy(scores_of(place.layer, opened["x"], place.arguments))
            found[place.name] = to_numpy(opened["a"]), scores
        return found

    # ---- the model itself ---------------------------------------------------------------------------------------

    def loss_and_gradients(self, x: Any, y: Any, sample_weight: Any = None, training: bool = False) -> tuple:
        """Return loss and gradients of the whole model: `tf.GradientTape` around `model(x)`."""
        x, y, weight = self.tensors(x, y, sample_weight)
        with no_mask_warnings(), tf.GradientTape() as tape:
            outputs = self._flat(self.model(as_called(x), training=training))
            loss = self.with_penalties(self._summed(self._losses(y, outputs, weight)))
            target = tf.reduce_sum(loss)
        gradients = tape.gradient(target, self.model.trainable_variables, unconnected_gradients="zero")
        return loss.numpy(), [to_numpy(gradient) for gradient in gradients]

    def with_penalties(self, loss: Any) -> Any:
        """Return the loss plus the regularizers' penalties of the model's last call."""
        for penalty in self.model.losses:
            loss = loss + tf.cast(tf.reduce_sum(penalty), loss.dtype)
        return loss

    def predict(self, x: Any) -> Array:
        """Return the model's output in inference."""
        with no_mask_warnings():
            outputs = [a.numpy() for a in self._flat(self.model(as_called(self.inputs(x)), training=False))]
        return tuple(outputs) if len(outputs) > 1 else outputs[0]

    def _flat(self, outputs: Any) -> list[Any]:
        """Return the model's outputs as a list."""
        if self.keys is not None:
            return [outputs[key] for key in self.keys]
        return list(outputs) if isinstance(outputs, list | tuple) else [outputs]

    def train_on_batch(self, x: Any, y: Any, sample_weight: Any = None) -> float:
        """Take one training step; return the loss before it."""
        return float(np.mean(self.train_step(x, y, sample_weight)[0].numpy()))

    def train_step(self, x: Any, y: Any, sample_weight: Any = None) -> tuple[Any, Any]:
        """Take one training step in one compiled `tf.function`; return loss and output before it, as tensors."""
        assert self.optimizer is not None  # built here: a compiled function cannot make variables later on
        return self._step(*self.tensors(x, y, sample_weight))

    def _train_step(self, x: Any, y: Any, weight: Any) -> Any:
        with tf.GradientTape() as tape:
            y_pred = self.model(as_called(x), training=True)
            loss = self.with_penalties(self._summed(self._losses(y, self._flat(y_pred), weight)))
            target = self.optimizer.scale_loss(tf.reduce_sum(loss))
        # For an Embedding, TensorFlow returns slices, and Keras would square two slices of one row separately.
        gradients = tape.gradient(target, self.model.trainable_variables)
        self._apply_gradients([g if g is None else tf.convert_to_tensor(g) for g in gradients])
        return loss, y_pred

    def get_weights(self) -> list[Array]:
        """Return copies of all weights, in handnn's order."""
        return [value_of(variable).copy() for variable in self.model.weights]

    def set_weights(self, weights: list) -> None:
        """Assign all weights."""
        for variable, weight in zip(self.model.weights, weights, strict=True):
            assign(variable, weight)
        for layer in self.model.layers:
            if isinstance(layer, keras.layers.Normalization):
                layer.finalize_state()  # it computes with constants derived from its weights

    # ---- the optimizer ------------------------------------------------------------------------------------------

    @property
    def optimizer(self) -> Any:
        """Keras' optimizer, None without one; its slots are allocated when it is first used."""
        if self._optimizer is None:
            self._build_optimizer()
        return self._optimizer

    def _build_optimizer(self) -> None:
        self._optimizer = built_optimizer(self._given_optimizer, self.model.trainable_variables)

    def apply(self, gradients: list) -> None:
        """Take one optimizer step with these gradients."""
        self._apply([tf.constant(gradient) for gradient in gradients])

    def _apply_gradients(self, gradients: list) -> None:
        """Take the step; under floatx float32, Keras' Muon fails on matrices of float64."""
        with floatx_is(self.dtype) if has_muon(self.optimizer) else nullcontext():
            self.optimizer.apply_gradients(zip(gradients, self.model.trainable_variables, strict=True))

    @property
    def iterations(self) -> int:
        """Steps taken so far."""
        return int(self.optimizer.iterations.numpy())

    def optimizer_state(self) -> list[Array]:
        """Return the arrays of `optimizer.variables`: step count, learning rate, slots, in Keras' order. Read-only."""
        return [value_of(variable) for variable in self.optimizer.variables]

    def trained_weights(self) -> list[Array]:
        """Return the arrays of the trainable weights. Read-only; later steps do not change them."""
        return [value_of(variable) for variable in self.model.trainable_variables]

    def set_optimizer_state(self, values: list) -> None:
        """Assign the arrays of `optimizer_state`."""
        for variable, value in zip(self.optimizer.variables, values, strict=True):
            variable.assign(value)

    def scaled(self, gradients: list) -> list[Array]:
        """Return the loss' gradients multiplied by the optimizer's loss scale, as the optimizer expects them."""
        if self.optimizer.scale_loss(1.0) == 1.0:
            return gradients
        return [np.array(self.optimizer.scale_loss(tf.constant(gradient))) for gradient in gradients]
