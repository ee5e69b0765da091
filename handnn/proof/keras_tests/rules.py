r"""What of Keras' tests is left out, each rule with its reason. A test that is left out never counts as passed.

A rule applies where its pattern matches the test's name and source, 'dense.DenseTest.test_basics\n...'. The first rule
that matches gives the reason. What handnn refuses on purpose, other than what is listed here, counts as failed.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple


class Rule(NamedTuple):
    """A regular expression, and why what it matches is left out."""

    pattern: str
    reason: str


def reason(rules: Iterable[Rule], text: str) -> str | None:
    """Return the reason of the first rule that matches the text, or None."""
    return next((rule.reason for rule in rules if re.search(rule.pattern, text)), None)


LEFT_OUT = [
    Rule(
        r"quantiz|(\b|_)lora|awq|gptq|int4\b|int4_|float8",
        "quantisation and LoRA: for models larger than a dense network",
    ),
    Rule(
        r"(?s)^(?!\S*_float(32|64)_float(32|64)\n).*(bfloat16|float16|mixed_precision(?!_check)|DTypePolicy)",
        "half precision and dtype policies: handnn computes in float32 and float64, and says so",
    ),
    Rule(
        r"ragged=True|test_\w*ragged|(?<!is_)sparse=True|test_\w*sparse(?!_cat|_top|max)|SparseTensor|RaggedTensor",
        "sparse and ragged tensors",
    ),
    Rule(r"farmhash|siphash|num_oov_indices=4", "hashes of TensorFlow, for unknown words in several places"),
    Rule(r"stateless_|test_stateless", "the stateless API, made for JAX"),
    Rule(r"tf\.Variable|tf\.train|tf\.function", "needs TensorFlow's own objects"),
    Rule(
        r"distribution_lib|set_distribution|DeviceMesh|onnx|litert|ExportArchive",
        "devices, export and other run times",
    ),
]
"""Tests that are left out, also where Keras itself runs them."""

LEFT_OUT_OF_HANDNN = [
    Rule(
        r"muon\..*(Newton_Schulz|adamw_single_step|muon_single_step|lr_adjust|weight_decay)",
        "calls the inner methods of Keras' Muon (update_step with a rate, lr_adjust, _apply_weight_decay)",
    ),
    Rule(r"overwrite_with_gradient", "a flag on variables of 8-bit training"),
    Rule(r"orthogonal_regularizer_(input_rank|mode)_validation", "compares the wording of an error"),
    Rule(
        r"(?s)^sav\w+\..*(class \w+\([^)]*(Model|Sequential|Layer|Dense)\):.*def call\(|_custom_|custom|overridden)",
        "saves a class of the test's own, in whose place handnn stores the graph of its layers",
    ),
    Rule(r"(?s)^sav\w+\..*_memory_config", "replaces a bound inside Keras' saving module"),
    Rule(r"get_struct_loss", "trains through a function or layer of the test's own: automatic derivatives"),
    Rule(
        r"(?s)^reduction_metrics\..*(compute_output_spec|KerasTensor|layers\.Input\()",
        "calls metrics on symbolic tensors",
    ),
    Rule(r"StatelessScope\(", "the stateless API, made for JAX"),
    Rule(r"mock\.patch\.object\(\s*saving_lib", "patches inside Keras' saving module"),
    Rule(r"class \w+\(Trainer,", "mixes in Keras' Trainer, which Keras does not export"),
    Rule(r"MeanIoUTest.test_big_chunk", "replaces a variable inside Keras' class"),
    Rule(
        r"CustomTrainTestStepModel|def (train|test|predict)_step\(|def compute_loss|custom_compute_loss",
        "overrides or looks into the steps inside Keras' trainer",
    ),
]
"""Tests that make no sense outside Keras."""

CUT = [
    Rule(r"\._functional\b", "the model that Keras keeps inside a Sequential"),
    Rule(r"mock_warn\.assert_called_once_with", "the words of a warning in absl's log"),
]
"""Single statements that are cut out of a test, which then runs without them."""

REFUSED = [
    Rule(r"must be one of float32, float64", "dtypes other than float32 and float64"),
    Rule(r"sparse, ragged", "sparse and ragged tensors"),
    Rule(r"has no derivative, so", "trains through a function or layer of the test's own: automatic derivatives"),
    Rule(r"or a subclass that defines call", "defines a model without a `call`"),
]
"""Errors by which handnn refuses what no rule above finds in the test's text."""

WHY = [
    Rule(r"custom_object_without_from_config", "handnn refuses to save an activation object that is not registered"),
    Rule(r"einsum_dense_constraints", "Keras builds the layer with an equation that does not fit its input"),
    Rule(r"CosineSimilarityTest.test_config|HuberLossTest.test_config", "handnn's config keeps axis and delta"),
    Rule(r"LossTest.test_(get_method|pickle)", "losses.get gives a Loss, which has a gradient; Keras a function"),
    Rule(r"blocks_nested_optimizers", "MultiOptimizer takes a map or a function, no single optimizer"),
    Rule(r"test_reshape_matches", "handnn refuses labels in another shape than the output's rows"),
    Rule(r"interpolation must be one of", "interpolation is nearest or bilinear"),
    Rule(r"test_ln_basics", "its last case trains on outputs without a single element, which handnn refuses"),
    Rule(r"StringLookupTest.test_vocabulary_file", "saves a Sequential without an input shape, which handnn refuses"),
    Rule(r"functional_subclass_attribute_layer", "a layer that is an attribute of a model, outside its graph"),
    Rule(r"current_on_epoch_end|state_at_batch_boundary", "a weight of the model itself, outside its layers"),
    Rule(r"internal_only_loss", "add_loss in a layer's call: its derivative would be automatic"),
    Rule(r"nested_input_predict|dict_inputs|list_inputs", "a call of the test's own on a dict or a nested list"),
    Rule(r"rng_updated_during_predict", "gives handnn's SeedGenerator to Keras' random functions"),
    Rule(r"SequentialTest.test_bad_layer", "a call of the test's own with several arguments"),
    Rule(r"FunctionalTest.test_training_arg", "a call of the test's own that refuses to run outside training"),
    Rule(r"tree_with_duplicate_path", "two layers of one name"),
    Rule(r"cloning_correctness_subclassed", "clones a model of the test's own before the first data"),
    Rule(r"test_metadata|preserve_unbuilt_state", "saves a model before the first data, which handnn refuses"),
    Rule(r"without_explicit_deserialization", "expects an error of Keras where handnn stores the graph"),
    Rule(
        r"after_instantiation_subclassed",
        "a layer with layers and weights of its own, which handnn refuses to save",
    ),
    Rule(r"causal_only_skipped_for_subclass", "overrides a private method of Keras' layer"),
    Rule(r"not supported by handnn|has no argument|is not supported", "an option that handnn refuses in one line"),
]
"""Why tests fail, by their name and error."""


def why(name: str, said: str) -> str:
    """Return why a test fails in one line: the reason if there is one, or the error."""
    return reason(WHY, f"{name}: {said}") or said


SKIPPED_MODELS = {
    "trainers/trainer_test.py": (
        "CustomTrainTestStepModel",
        "JaxCustomTrainTestStepModel",
        "StructModel",
        "ListInputModel",
        "ListOutputModel",
        "TrainingTestingLayer",
    )
}
"""Models of a test file with `call` or `train_step` of their own; a test that makes one is left out."""
