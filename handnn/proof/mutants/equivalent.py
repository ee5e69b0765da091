"""Changes that make no difference, and why: by function, and by the change as the table writes it."""

BOTH = "where the two differ, both branches give the same number"
ZERO = "both branches give 0 there, at most of another sign"
NOT_CHOSEN = "only what the branch that is not chosen computes is another"
CONVERGED = "the continued fraction has converged: its last step is below the rounding"
SAME_SHAPE = "it is reshaped to the shape that it has"
ALLOWANCE = "the same for NumPy's arrays; only the allowance becomes smaller"
SAME_ARRAY = "the same for NumPy's arrays; of those of the error analysis only the bound could change"
APART = "a gradient apart from the others in memory is only slower"
AS_BOOLEANS = "a mask of 0 and 1 is read as booleans"
FIRST_SHAPE = "`siblings` gives the first of several outputs its shape"
ONE_PART = "an array alone is its own concatenation"
BELOW_N = "the last place is below n in float32, too, unless there are millions of them"
ZERO_OR_NAN = "it is 0 or NaN, and so is its negative, and its share"
ZERO_OF_ANY_TYPE = "0 is the same number in any type"
OTHER_PARTS = "the batch is only cut into other parts"
SUMMED_LATER = "what is not summed here is summed together with the samples"
NONE_CHOSEN = "Circle gives a row with none the value 0, whatever this is"

EQUIVALENT: dict[tuple[str, str], str] = {
    ("GlobalMaxPooling.forward", "t.x if isinstance(t.x, np.ndarray) else t.x.value  ->  t.x"): SAME_ARRAY,
    ("windowed._values", "array if isinstance(array, np.ndarray) else array.value  ->  array"): SAME_ARRAY,
    ("SoftShrink.forward", "z > t  ->  z >= t"): BOTH,
    ("SoftShrink.forward", "z < -t  ->  z <= -t"): BOTH,
    ("SparsePlus.forward", "z < 1  ->  z <= 1"): BOTH,
    ("SparsePlus.forward", "np.minimum(np.maximum(z, -1), 1)  ->  np.minimum(np.maximum(z, -1), 2)"): NOT_CHOSEN,
    (
        "SparsePlus.backward",
        "choose(z > -1, upstream, 0)  ->  choose(z > -1, upstream, 1)",
    ): "it is multiplied by 0 there",
    ("Squareplus.forward", "z >= 0  ->  z > 0"): BOTH,
    ("TanhShrink.forward", "z > -1  ->  z >= -1"): BOTH,
    ("TanhShrink.forward", "z < 1  ->  z <= 1"): BOTH,
    ("TanhShrink.forward", "square / (2 * LAMBERT_TERMS + 1)  ->  square"): CONVERGED,
    ("TanhShrink.forward", "square / (2 * LAMBERT_TERMS + 1)  ->  square * (2 * LAMBERT_TERMS + 1)"): CONVERGED,
    ("Celu.forward", "z > 0  ->  z >= 0"): ZERO,
    ("Celu.forward", "np.minimum(z, 0)  ->  np.minimum(z, 1)"): NOT_CHOSEN,
    ("Elu.forward", "z > 0  ->  z >= 0"): ZERO,
    ("Elu.forward", "np.minimum(z, 0)  ->  np.minimum(z, 1)"): NOT_CHOSEN,
    ("Selu.forward", "z > 0  ->  z >= 0"): ZERO,
    ("Selu.forward", "np.minimum(z, 0)  ->  np.minimum(z, 1)"): NOT_CHOSEN,
    ("Mish._powers", "np.minimum(z, 24)  ->  np.minimum(z, 25)"): "n / (n + 2) is 1 from 20 on",
    ("Sparsemax.forward", "-2  ->  -3"): "what is more than 1 below the largest gets 0",
    ("base.alongside", "array if isinstance(x, np.ndarray) else type(x)(array)  ->  array"): ALLOWANCE,
    (
        "Layer.penalize",
        "slope if t.penalty_count == 1 else slope * t.penalty_count  ->  slope * t.penalty_count",
    ): "times 1 is exact",
    (
        "EinsumDense.backward",
        "dx if multiplied == e.x else np.broadcast_to(dx.reshape(once), t.x.shape)"
        "  ->  np.broadcast_to(dx.reshape(once), t.x.shape)",
    ): SAME_SHAPE,
    (
        "Merge.parts",
        "x if x.ndim == rank else x.reshape(with_axes(x.shape, rank))  ->  x.reshape(with_axes(x.shape, rank))",
    ): SAME_SHAPE,
    ("Flatten._moves", "x.ndim > 2  ->  x.ndim >= 2"): "of two axes the second is the last already",
    (
        "Relu.forward",
        "np.maximum(self.threshold - z, 0) if self.negative_slope else 0"
        "  ->  np.maximum(self.threshold - z, 0) if self.negative_slope else 1",
    ): "it is multiplied by the slope, which is 0",
    ("TanhShrink.forward", "np.minimum(np.maximum(z, -1), 1)  ->  np.minimum(np.maximum(z, -1), 2)"): NOT_CHOSEN,
    ("crossentropy.sigmoid", "z >= 0  ->  z > 0"): BOTH,
    ("Huber.values", "e <= self.delta  ->  e < self.delta"): BOTH,
    ("Huber.derivatives", "np.abs(e) <= self.delta  ->  np.abs(e) < self.delta"): BOTH,
    ("LogCosh.values", "e < 1  ->  e <= 1"): BOTH,
    ("LogCosh.values", "np.minimum(e, 1)  ->  np.minimum(e, 2)"): NOT_CHOSEN,
    ("Circle.weighted_derivatives", "total >= 0  ->  total > 0"): BOTH,
    ("CategoricalFocalCrossentropy._by_share", "p > LIKELY  ->  p >= LIKELY"): BOTH,
    ("CategoricalFocalCrossentropy._values", "p > LIKELY  ->  p >= LIKELY"): BOTH,
    ("CategoricalFocalCrossentropy._shares", "q > LIKELY  ->  q >= LIKELY"): BOTH,
    (
        "CategoricalFocalCrossentropy._shares",
        "parts if self.from_logits else parts / total  ->  parts / total",
    ): "a softmax adds up to 1",
    (
        "CategoricalHinge.derivatives",
        "np.heaviside(others - np.max(others, axis=-1, keepdims=True), 1)"
        "  ->  np.heaviside(others - np.max(others, axis=-1, keepdims=True), 2)",
    ): "it is divided by its own sum",
    ("similarity._log_sum_exp", "np.minimum(x - top, 0)  ->  np.minimum(x - top, 1)"): NOT_CHOSEN,
    ("TanhShrink.forward", "2 * LAMBERT_TERMS + 1  ->  2 * LAMBERT_TERMS"): CONVERGED,
    ("TanhShrink.forward", "2 * LAMBERT_TERMS + 1  ->  1"): CONVERGED,
    ("TanhShrink.forward", "2 * LAMBERT_TERMS + 1  ->  2 * LAMBERT_TERMS - 1"): CONVERGED,
    ("TanhShrink.forward", "LAMBERT_TERMS - 1  ->  LAMBERT_TERMS"): CONVERGED,
    ("TanhShrink.forward", "LAMBERT_TERMS - 1  ->  LAMBERT_TERMS + 1"): CONVERGED,
    ("TanhShrink.forward", "2 * LAMBERT_TERMS  ->  2"): CONVERGED,
    ("TanhShrink.forward", "2 * LAMBERT_TERMS  ->  LAMBERT_TERMS"): CONVERGED,
    ("TanhShrink.forward", "2 * LAMBERT_TERMS  ->  2 / LAMBERT_TERMS"): CONVERGED,
    ("TanhShrink.forward", "2 * LAMBERT_TERMS + 1  ->  2 * LAMBERT_TERMS + 2"): CONVERGED,
    ("TanhShrink.forward", "LAMBERT_TERMS - 1  ->  LAMBERT_TERMS - 2"): CONVERGED,
    ("TanhShrink.forward", "2 * LAMBERT_TERMS  ->  3 * LAMBERT_TERMS"): CONVERGED,
    ("TanhShrink.forward", "-1  ->  -2"): NOT_CHOSEN,
    (
        "Circle.mask",
        "alike.any(axis=1) & unlike.any(axis=1)  ->  alike.any(axis=1)",
    ): "a row has no unlike one only where no row has: all values are 0 then, whatever they are divided by",
    (
        "Loss.terms",
        "y_pred.shape[-1] if self.axis == -1 else math.prod((y_pred.shape[i] for i in self.axes(y_pred.ndim)))"
        "  ->  math.prod((y_pred.shape[i] for i in self.axes(y_pred.ndim)))",
    ): "the last axis is one of those that the general case counts",
    (
        "similarity._log_sum_exp",
        "np.where(some, np.max(np.where(chosen, x, -np.inf), axis=1, keepdims=True), 0)"
        "  ->  np.max(np.where(chosen, x, -np.inf), axis=1, keepdims=True)",
    ): NONE_CHOSEN,
    (
        "similarity._log_sum_exp",
        "np.where(some, np.max(np.where(chosen, x, -np.inf), axis=1, keepdims=True), 0)"
        "  ->  np.where(some, np.max(np.where(chosen, x, -np.inf), axis=1, keepdims=True), 1)",
    ): NONE_CHOSEN,
    (
        "similarity._log_sum_exp",
        "np.where(some, np.sum(e, axis=1, keepdims=True), 1)  ->  np.where(some, np.sum(e, axis=1, keepdims=True), 2)",
    ): NONE_CHOSEN,
    ("Windows.chunks", "max(1, each)  ->  max(2, each)"): "a sample of one element only comes in smaller parts",
    **dict.fromkeys(
        (
            ("conv.input_gradient", change)
            for change in (
                "channels + filters  ->  channels",
                "channels + filters  ->  filters",
                "channels + filters  ->  channels - filters",
                "taps=1  ->  taps=2",
            )
        ),
        OTHER_PARTS,
    ),
    ("Attending._large", "self.count_outputs(self.options(t)) > 1  ->  self.count_outputs(self.options(t)) >= 1"): (
        OTHER_PARTS
    ),
    **dict.fromkeys(
        (
            ("blocks.in_blocks", change)
            for change in (
                "samples < 2  ->  samples <= 2",
                "samples < 2  ->  samples < 3",
                "samples * each <= BLOCK  ->  samples * each < BLOCK",
                "max(1, BLOCK // each)  ->  max(2, BLOCK // each)",
            )
        ),
        OTHER_PARTS,
    ),
    (
        "AdditiveAttention._score_back",
        "terms_of_sums(ds[..., np.newaxis] * tanh, 1)  ->  terms_of_sums(ds[..., np.newaxis] * tanh, 2)",
    ): SUMMED_LATER,
    ("Attention._total_back", "terms_of_sums(du * u, 0)  ->  terms_of_sums(du * u, 1)"): SUMMED_LATER,
    (
        "Attention.score_back",
        "terms_of_sums(ds * t.cache['total'], 0)  ->  terms_of_sums(ds * t.cache['total'], 1)",
    ): SUMMED_LATER,
    (
        "Attention.score_back",
        "terms_of_sums(ds * t.cache['product'], 0)  ->  terms_of_sums(ds * t.cache['product'], 1)",
    ): SUMMED_LATER,
    ("Attending.cast", "x if x.dtype.kind in 'b' else super().cast(x)  ->  super().cast(x)"): AS_BOOLEANS,
    ("Attending.store", "np.ndarray | np.generic  ->  np.ndarray"): APART,
    ("Attending.store", "np.ndarray | np.generic  ->  np.generic"): APART,
    (
        "dot_product.lowered",
        "np.abs(scores) < FAR * np.finfo(scores.dtype).eps / 4  ->  "
        "np.abs(scores) <= FAR * np.finfo(scores.dtype).eps / 4",
    ): SAME_ARRAY,
    ("dot_product.lowered", "np.where(lost, scores.dtype.type(-FAR), scores - FAR)  ->  scores - FAR"): SAME_ARRAY,
    ("dot_product.lowered", "FAR * np.finfo(scores.dtype).eps  ->  np.finfo(scores.dtype).eps"): SAME_ARRAY,
    (
        "dot_product.lowered",
        "FAR * np.finfo(scores.dtype).eps / 4  ->  FAR * np.finfo(scores.dtype).eps / 5",
    ): SAME_ARRAY,
    ("heads.as_rows", "len(outer) - len(attended)  ->  -len(attended)"): "counted from the end it is the same axis",
    (
        "MultiHeadAttention.backward",
        "(*x.shape[:-1], self.num_heads, 1)  ->  (*x.shape[:-1], self.num_heads, 2)",
    ): "the last size is not read",
    (
        "OnLists.with_masks",
        "given if all((own is None for own in found)) else given | {'mask': found}  ->  given | {'mask': found}",
    ): "a list of no masks is none",
    ("Max.forward", "t.x if isinstance(t.x, np.ndarray) else t.x.value  ->  t.x"): SAME_ARRAY,
    ("PowerOfNumber.backward", "self.constant(t.delta) * 0  ->  0"): ZERO_OF_ANY_TYPE,
    ("Lookup.on_array", "-1  ->  -2"): "an index below 0 counts nowhere",
    ("loop.held_back", "next((part for part in d_found if part is not None)) * 0  ->  0"): ZERO_OF_ANY_TYPE,
    ("RNN.sort_gradients", "len(self.cells) > 1  ->  len(self.cells) >= 1"): "those of one cell are in order",
    (
        "cell.together",
        "parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)  ->  np.concatenate(parts, axis=1)",
    ): ONE_PART,
    ("cell.together", "len(parts) == 1  ->  len(parts) == 2"): "no cell has two gates, and " + ONE_PART,
    ("cell.applied", "z.activated(f) if hasattr(z, 'activated') else f.forward(z)  ->  f.forward(z)"): ALLOWANCE,
    (
        "cell.sent_back",
        "z.sent_back(f, upstream, a) if hasattr(z, 'sent_back') else f.backward(upstream, z, a)"
        "  ->  f.backward(upstream, z, a)",
    ): ALLOWANCE,
    (
        "Composite.add_call",
        "shape[0] if shape and isinstance(shape[0], tuple | list) else shape  ->  shape",
    ): FIRST_SHAPE,
    ("Composite.add_call", "tuple | list  ->  tuple"): "shapes are tuples",
    ("Composite.add_call", "tuple | list  ->  list"): FIRST_SHAPE,
    (
        "conv.all_taps_read",
        "dW + by_channel[0].reshape(-1, 1) + by_channel[1]  ->  dW + by_channel[0].reshape(-1, 1) - by_channel[1]",
    ): ZERO_OR_NAN,
    (
        "conv.all_taps_read",
        "dW + by_channel[0].reshape(-1, 1)  ->  dW - by_channel[0].reshape(-1, 1)",
    ): ZERO_OR_NAN,
    (
        "conv.all_taps_read",
        "np.sum(0.0 * array.reshape(-1, array.shape[-1]), axis=0)"
        "  ->  np.mean(0.0 * array.reshape(-1, array.shape[-1]), axis=0)",
    ): ZERO_OR_NAN,
    ("boxes.moved", "w / h > W / H  ->  w / h >= W / H"): BOTH,
    ("interpolation._cubic", "x < 1  ->  x <= 1"): BOTH,
    ("interpolation._cubic", "x < 2  ->  x <= 2"): BOTH,
    ("interpolation._lanczos", "np.abs(x) < radius  ->  np.abs(x) <= radius"): BOTH,
    (
        "interpolation.nearest",
        "np.minimum(np.floor(places).astype(int), n - 1)  ->  np.positive(np.floor(places).astype(int))",
    ): BELOW_N,
    ("interpolation.nearest", "n - 1  ->  n"): BELOW_N,
    ("interpolation.nearest", "n - 1  ->  n + 1"): BELOW_N,
    (
        "Composite.node",
        "start + p if p >= 0 else parents[~p]  ->  start + p",
    ): "a model inside a layer has one input, and reads the node before it",
    ("Dense.backward", "x.ndim > 2  ->  x.ndim >= 2"): SAME_SHAPE,
    ("EinsumDense.analysed", "x + w + z  ->  x + w"): "every letter of z is one of x or W",
    ("EinsumDense.analysed", "x + w  ->  x"): "every letter of W is one of x or z",
    ("Standardizing.weights_of_means", "(1, x.size // mean.size)  ->  (2, x.size // mean.size)"): ALLOWANCE,
    ("Standardizing.weights_of_means", "x.size // mean.size  ->  x.size"): ALLOWANCE,
}
