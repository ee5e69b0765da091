"""The worked examples of docs/which-tolerance.md: what passes, what does not, and what is said about it."""

import importlib.util
import re
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

import handnn
from handnn.rounding.explanation import explain
from handnn.testing import assert_explained_by_rounding

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "allowance"


def loaded(name):
    spec = importlib.util.spec_from_file_location(f"example_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


formulas, dump_kernel = loaded("formulas"), loaded("dump_kernel")


def test_the_page_runs():
    page = (FOLDER.parents[1] / "docs" / "which-tolerance.md").read_text()
    names: dict = {}
    for block in re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        exec(block, names)
    names["test_my_kernel"]()


def bfloat16(x):
    return x.astype(ml_dtypes.bfloat16)


# ---- attention in bfloat16 -------------------------------------------------------------------------------------------


def flash_kernel(q, k, v, forget=False):
    """An attention kernel: bfloat16 in and out, float32 inside, the keys in blocks."""
    q, k, v = (x.astype("float32") for x in (q, k, v))
    top, weight, total = np.full((len(q), 1), -np.inf, "float32"), np.float32(0), np.float32(0)
    for start in range(0, len(k), formulas.BLOCK):
        scores = q @ k[start : start + formulas.BLOCK].T * np.float32(1 / np.sqrt(q.shape[-1]))
        new = np.maximum(top, scores.max(axis=-1, keepdims=True))
        e, shrunk = np.exp(scores - new), np.exp(top - new)
        weight = weight * shrunk + e.sum(axis=-1, keepdims=True)
        total = total * (1 if forget else shrunk) + e @ v[start : start + formulas.BLOCK]
        top = new
    return bfloat16(total / weight)


@pytest.fixture
def heads(rng):
    return [bfloat16(rng.normal(size=shape)) for shape in ((5, 8), (40, 8), (40, 8))]


@pytest.mark.parametrize("formula", [formulas.attention, formulas.online_attention])
def test_attention_is_explained_by_the_plain_and_by_the_online_softmax(formula, heads):
    found = assert_explained_by_rounding(flash_kernel(*heads), formula, *heads, dtype="float32", output="bfloat16")
    assert found.parts[0].median_digits > 1.5  # bfloat16 has no more than 2.4


def test_attention_that_forgets_to_rescale_is_not(heads):
    wrong = flash_kernel(*heads, forget=True)
    assert np.abs(wrong.astype(float) - flash_kernel(*heads).astype(float)).max() < 2
    assert not explain(wrong, formulas.attention, *heads, dtype="float32", output="bfloat16").ok


def test_attention_with_every_step_in_bfloat16_is_told_apart(heads):
    """Stored so at every step, a kernel loses digits that one with float32 inside keeps."""
    scores = bfloat16(heads[0] @ heads[1].T)
    every = formulas.softmax(scores * np.float32(1 / np.sqrt(8))).astype(ml_dtypes.bfloat16) @ heads[2]
    assert explain(every, formulas.attention, *heads, dtype="bfloat16").ok
    assert not explain(every, formulas.attention, *heads, dtype="float32", output="bfloat16").ok


# ---- layer norm, cross-entropy, a long dot product, Adam -------------------------------------------------------------


def test_layer_norm_by_one_pass_is_another_formula(rng):
    x = (rng.normal(size=(4, 256)) + 3000).astype("float32")
    gamma, beta = rng.normal(size=(2, 256)).astype("float32")
    with np.errstate(invalid="ignore"):  # the variance may be negative
        two, one = formulas.layer_norm(x, gamma, beta), formulas.one_pass_layer_norm(x, gamma, beta)
    assert_explained_by_rounding(two, formulas.layer_norm, x, gamma, beta)
    failed = explain(one, formulas.layer_norm, x, gamma, beta)
    assert not failed.ok
    itself = str(explain(one, formulas.one_pass_layer_norm, x, gamma, beta))
    assert "no finite allowance" in itself or "unstable" in itself
    assert handnn.layers.LayerNormalization(epsilon=2**-10)(x).shape == x.shape


def test_a_fused_cross_entropy_keeps_what_the_probabilities_lose(rng):
    z, labels = (rng.normal(size=(20, 10)) * 3).astype("float32"), rng.integers(0, 10, 20)
    fused, unfused = formulas.cross_entropy(z, labels), formulas.unfused_cross_entropy(z, labels)
    both = handnn.explain_difference(fused, unfused, formulas.cross_entropy, z, labels)
    assert both.first.ok
    far = np.float32([[0, -120.0]])
    label = np.array([1])
    assert assert_explained_by_rounding(formulas.cross_entropy(far, label), formulas.cross_entropy, far, label).ok
    with np.errstate(divide="ignore"):
        lost = explain(formulas.unfused_cross_entropy(far, label), formulas.cross_entropy, far, label)
    assert not lost.ok and not np.isfinite(lost.parts[0].actual)


@pytest.mark.slow
def test_a_long_dot_product_by_its_order():
    """16,384 terms one by one in float32 lose three digits: they all round the same way."""
    x, y = np.full((2, 16384), 1.1, "float32")
    running = np.cumsum((x * y).astype("float32"), dtype="float32")[-1]
    assert explain(running, formulas.dot, x, y).ok
    assert not explain(running, formulas.dot, x, y, accumulate="float64").ok
    assert not explain(running, formulas.dot, x, y, accumulate="tree").ok
    assert explain(np.dot(x.astype("float64"), y).astype("float32"), formulas.dot, x, y, accumulate="float64").ok


def test_adam_with_epsilon_inside_the_root_is_another_rule(rng):
    gradient, weight, m = (rng.normal(size=(3, 50)) * np.array([[1e-6], [1], [1e-6]])).astype("float32")
    v = (np.abs(rng.normal(size=50)) * 1e-12).astype("float32")
    given = (gradient, weight, m, v)
    assert_explained_by_rounding(formulas.adam(*given), formulas.adam, *given)
    slots = 0.875 * m + 0.125 * gradient, (1 - 2**-7) * v + 2**-7 * (gradient * gradient)
    inside = np.sqrt(slots[1] / (1 - (1 - 2**-7) ** 3) + 2**-40)
    wrong = (weight - 2**-4 * (slots[0] / (1 - 0.875**3) / inside)).astype("float32")
    assert not explain(wrong, formulas.adam, *given).ok


# ---- a kernel's dump -------------------------------------------------------------------------------------------------


def test_a_kernels_dump_is_explained_at_the_command_line(command, tmp_path):
    dump_kernel.main(tmp_path)
    formula = f"{FOLDER / 'formulas.py'}:leaky_product"
    given = ("explain", formula, "--inputs", "inputs.npz", "--dtype", "float32", "--output", "float16")
    status, out, _ = command(*given, "--actual", "kernel.npz")
    assert status == 0 and "stored in float16" in out
    with np.load(tmp_path / "inputs.npz") as file:
        a, b = file["a"], file["b"]
    dump_kernel.BLOCK_K, kept = 15, dump_kernel.BLOCK_K  # any blocks
    assert explain(dump_kernel.kernel(a, b), formulas.leaky_product, a, b, output="float16").ok
    dump_kernel.BLOCK_K = kept
    np.savez(tmp_path / "kernel.npz", c=dump_kernel.kernel(a[:, :64], b[:64]))  # the last block is masked away
    status, out, _ = command(*given, "--actual", "kernel.npz")
    assert status == 1 and "are not what float32, stored in float16 may give" in out


# ---- BatchNormalization: why Keras' backends differed ----------------------------------------------------------------


@pytest.fixture
def activations(rng):
    """Batches whose mean is far from 0, as after a ReLU with a large bias; of 600, some differ on any machine."""
    return (rng.normal(size=(32, 600)) + 100).astype("float32"), rng.normal(size=600).astype("float32")


def test_two_forms_of_batch_norm_differ_by_what_rounding_allows(activations):
    """By more than PyTorch's default tolerance: three digits are certain, because the mean of 100 is subtracted."""
    paper, folded = formulas.batch_norm(*activations), formulas.folded_batch_norm(*activations)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(paper, folded, rtol=1.3e-6, atol=1e-5)
    found = handnn.explain_difference(paper, folded, formulas.batch_norm, *activations)
    assert found.ok and 2.5 < found.first.parts[0].median_digits < 4


def test_batch_norm_with_the_wrong_variance_is_not_explained(activations):
    x, beta = activations
    wrong = ((x - x.mean(axis=0)) / np.sqrt(x.var(axis=0, ddof=1) + 2**-10) + beta).astype("float32")
    assert not explain(wrong, formulas.batch_norm, x, beta).ok


def test_kerass_batch_norm_is_explained(activations, tf, keras):
    """keras-team/keras#19260 took the layer out of the CI's numerical test, because TensorFlow and JAX differed."""
    x, beta = activations
    layer = keras.layers.BatchNormalization(scale=False, center=True, epsilon=2**-10, dtype="float32")
    layer.build(x.shape)
    layer.beta.assign(beta)
    assert_explained_by_rounding(layer(x, training=True), formulas.folded_batch_norm, x, beta)
