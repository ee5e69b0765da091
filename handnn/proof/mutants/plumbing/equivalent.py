"""Changes of plumbing that make no difference, and why: by function, and by the change as the table writes it."""

COMPUTED_AGAIN = "what is kept is computed again, to the same result"
MORE_WORK = "only more is computed, which nobody reads"

GONE_THROUGH = "it is only gone through"
TUPLE = "a tuple is copied by either"
RESHAPE = "reshape takes any negative size for what is left"
KILLED = "the workers are killed at once, so there is nothing to wait for"
SET_BEFORE = "it is set again before it is read"
NONE_TOGETHER = "without a twin there are no results of it, and with one there are"
FREE_BUFFER = "the other buffer is free there, too"
FLAT = "what holds no lists is flattened to itself, and an array is one leaf"

EQUIVALENT: dict[tuple[str, str], str] = {
    ("compiled.Compiled.output_losses", "if training not in self._output_losses:  ->  if True:"): COMPUTED_AGAIN,
    ("inputs.form_of", "(x.shape, x.dtype, y.shape, y.dtype) if plain else None  ->  None"): COMPUTED_AGAIN,
    (
        "stacked._stacked",
        "[layer for layer in first.layers if isinstance(layer, InputLayer)] + layers  ->  layers",
    ): "of the layers of a stack only the weights are read, and an Input has none",
    (
        "training.Trainer._train_epoch",
        "isinstance(source, ArrayBatches) and progress.has_metrics  ->  isinstance(source, ArrayBatches)",
    ): "there is nothing to put back, and metrics are chosen by the shape of a row",
    ("network.Network.__call__", "wants_dx=False  ->  wants_dx=True"): MORE_WORK,
    ("compiled.Compiled.__init__", "[1.0]  ->  [2.0]"): "compile sets it before it is read",
    ("lockstep.Lockstep.__init__", "self.steps_before = 0  ->  nothing"): SET_BEFORE,
    ("lockstep.Lockstep.__init__", "self.steps_before = 0  ->  self.steps_before = 1"): SET_BEFORE,
    **{
        (
            "lockstep.Lockstep._validate",
            f"self.keras_run is None or keras_results is None  ->  {changed}",
        ): NONE_TOGETHER
        for changed in (
            "self.keras_run is None",
            "keras_results is None",
            "self.keras_run is None and keras_results is None",
        )
    },
    (
        "lockstep.Lockstep._log_weights",
        "self._log is None or self._last is None  ->  self._log is None",
    ): "an epoch that came to its end has taken a step",
    ("plan.shortest", "range(18)  ->  range(18 - 1)"): "16 digits behind the point give every float64",
    ("runner._parallel", "wait=False  ->  wait=True"): KILLED,
    **dict.fromkeys(
        (("runner.on_dask", "-1  ->  -2"), ("runner.on_dask", "-1  ->  1")),
        "joblib's Dask backend takes all workers, whatever the number",
    ),
    ("base._chain", "call if methods else _nothing  ->  call"): "a loop over no methods does nothing either",
    (
        "generated.generate",
        "points += rng.normal(0, recipe.noise if noise is None else noise, points.shape)"
        "  ->  points -= rng.normal(0, recipe.noise if noise is None else noise, points.shape)",
    ): "the noise is symmetric",
    (
        "regularizers.OrthogonalRegularizer._others",
        "dtype=n.dtype  ->  dtype='float32'",
    ): "0 and 1 are exact, and what they are multiplied by decides the dtype",
    ("weights._names", "list(folder)  ->  folder"): "a group is counted and gone through as its list is",
    (
        "monitor.EarlyStopping.on_epoch_end",
        "epoch > 0  ->  epoch >= 0",
    ): "the first epoch is better than none before it, so it never comes here",
    ("data.load", "source.parts['test'][0]  ->  source.parts['test'][1]"): "there are as many targets as samples",
    ("new_samples._from_arrays", ":20  ->  :20 - 1"): "a message lists one name fewer",
    (
        "preparation.transformer",
        "if numbers:  ->  if True:  (place 2)",
    ): "scikit-learn leaves out a transformer of no columns",
    ("constraints._axis", "list(axis)  ->  axis"): GONE_THROUGH,
    (
        "schedules.PolynomialDecay.__call__",
        "-(-step // self.decay_steps) or 1  ->  -(-step // self.decay_steps) or 2",
    ): "at step 0 a cycle of any length gives the first rate",
    (
        "schedules.CosineDecayRestarts.__call__",
        "f - period  ->  f + period",
    ): "the cosine of two angles that are whole turns apart",
    (
        "regularizers.OrthogonalRegularizer.gradient",
        "norm < epsilon()  ->  norm <= epsilon()",
    ): "at a length of exactly epsilon there is a kink, and the slope of either side is right",
    ("adagrad.RMSprop.update_step", "work[0]  ->  work[1]  (place 7)"): FREE_BUFFER,
    ("adagrad.Adadelta.update_step", "work[0]  ->  work[1]"): FREE_BUFFER,
    ("adam.Nadam.update_step", "work[0]  ->  work[1]"): FREE_BUFFER,
    ("base.Optimizer._lay_out", "variable.value = place  ->  nothing"): "slots apart in memory are only slower",
    (
        "base.Optimizer.take_step",
        "self._prepare(gradients) if self._scratch else gradients  ->  self._prepare(gradients)",
    ): "without scratch memory there is nothing to prepare",
    (
        "from_config._cloned",
        "model.compiled and model.optimizer is not None  ->  model.compiled or model.optimizer is not None",
    ): "compile sets both",
    (
        "base.Optimizer._parts",
        "known is not None and known.gradients is gradients and (known.xs is xs)"
        "  ->  known is not None and known.xs is xs",
    ): "both lists are remembered ones, or both are new",
    (
        "base.Optimizer._parts",
        "known is not None and known.gradients is gradients and (known.xs is xs)"
        "  ->  known is not None and known.gradients is gradients",
    ): "both lists are remembered ones, or both are new",
    ("preconditioned.as_matrix", "-1  ->  -2"): RESHAPE,
    (
        "preconditioned.SOAP.__init__",
        "arguments.count(frequency, 'frequency', 1) or 1  ->  arguments.count(frequency, 'frequency', 1)",
    ): "a count is at least 1; the rest is for the type",
    ("preconditioned.SOAP.update_step", "work[0]  ->  work[1]"): FREE_BUFFER,
    ("preconditioned.SOAP.update_step", "work[0]  ->  work[1]  (place 2)"): FREE_BUFFER,
    ("base.Optimizer._as_one", "tuple(slots)  ->  slots"): "a list is unpacked as a tuple is",
    (
        "base.Optimizer._as_one",
        "array is None or array.dtype != xs[0].dtype  ->  array is None",
    ): "gradients and slots have the dtype of their weights, and arrays of two dtypes are not in one block",
    ("sophia.Sophia.update_step", "work[0]  ->  work[1]  (place 2)"): FREE_BUFFER,
    ("random.Orthogonal.__call__", "rows < columns  ->  rows <= columns"): "a square Q is as uniform transposed",
    ("training.Trainer._put_back_metrics", ":1  ->  :1 - 1"): "metrics are chosen by the shape of a row",
    ("tensorboard.TensorBoard.__init__", "(0.0, (0.0, 0))  ->  (1.0, (0.0, 0))"): SET_BEFORE,
    ("tensorboard.TensorBoard.__init__", "(0.0, 0)  ->  (0.0, 1)"): SET_BEFORE,
    ("regularizers._sum_of_squares", "-1  ->  -2"): RESHAPE,
    (
        "random.RandomInitializer.draw",
        "centre + width * values  ->  centre - width * values",
    ): "the values are symmetric",
    ("random.RandomInitializer.draw", "np.abs(values) > 2  ->  np.abs(values) >= 2"): "exactly 2 is never drawn",
    (
        "random.Orthogonal.__call__",
        "q *= np.sign(np.diagonal(r))  ->  q /= np.sign(np.diagonal(r))",
    ): "a sign is its own inverse",
    (
        "random.Orthogonal.__call__",
        "self.draw('normal', tall, 'float64', 0.0, 1.0)  ->  self.draw('normal', tall, 'float64', 0.0, 2.0)",
    ): "Q does not depend on the size of A",
    (
        "regularizers.L1L2.__call__",
        "penalty + l1 * np.sum(np.absolute(x))  ->  l1 * np.sum(np.absolute(x))",
    ): "the penalty is 0 so far",
    ("regularizers.L1L2.gradient", "l1 and l2  ->  l2"): "0 times a sign is 0",
    (
        "constants.Constant.from_config",
        "np.array(value['config']['value'], value['config']['dtype'])"
        "  ->  np.asarray(value['config']['value'], value['config']['dtype'])",
    ): "a config holds a list, which is copied by either",
    (
        "constants.Identity.__call__",
        "dtype=dtype  ->  dtype='float32'",
    ): "0 and 1 are exact, and the gain has the dtype",
    (
        "curvature.BatchCurvature.gauss_newton",
        "rng.random((samples, 1)) * np.sum(a, axis=1, keepdims=True)"
        "  ->  rng.random((samples, 1)) / np.sum(a, axis=1, keepdims=True)",
    ): "the sum is that of a softmax, 1 but for rounding",
    (
        "network.Network.backward_pass",
        "only is not None and on_a is None  ->  only is not None",
    ): "an output that another node reads is one of several, and has no sole consumer",
    (
        "inputs.per_output",
        "not isinstance(given, dict) and isinstance(given, list | tuple) and any((isinstance(g, list | tuple | dict) "
        "for g in given))  ->  not isinstance(given, dict) or isinstance(given, list | tuple) or any((isinstance(g, "
        "list | tuple | dict) for g in given))",
    ): FLAT,
    ("mask_operations.removed", "if len(kept) == len(entries):  ->  if False:"): "a copy of the config says the same",
    (
        "network.Network.paths",
        "if self._mixed or loss_gradient is not None:  ->  if True:",
    ): "a cast to the dtype that an array has gives it back",
    ("objectives._misfit", "set(names)  ->  names"): "it is only asked what it holds",
    ("structures.keys_of", "list(given)  ->  given"): GONE_THROUGH,
    ("stacked.Stack.evaluate", "self.models[0]  ->  self.models[1]"): "models of one shape prepare a batch alike",
    (
        "stacked.Stack._update_metrics",
        "compiled.waiting or compiled.takes_logits or (not together)  ->  compiled.takes_logits or not together",
    ): "metrics that are not chosen yet say that they take logits, too",
    (
        "curvature.BatchCurvature.gauss_newton",
        "(rng.random(a.shape) < a).astype(a.dtype)  ->  (rng.random(a.shape) < a).astype('float32')",
    ): "0 and 1 are exact, and the model casts its targets",
    ("accuracy.largest", "low <= 0  ->  low < 0"): "without the shortcut the rest finds the same",
    ("accuracy.largest", "-1  ->  -2  (place 4)"): RESHAPE,
    ("base.numbers", "if type(value) is np.ndarray and value.dtype.kind in 'fiub':  ->  if False:"): (
        "without the shortcut the rest returns the same array"
    ),
    ("base.divide_no_nan", "np.where(b == 0, 1.0, b)  ->  np.where(b == 0, 2.0, b)"): (
        "the quotient by it is not chosen"
    ),
    ("base.samplewise", "if values.ndim > weight.ndim:  ->  if True:"): "over no axes there is nothing to reduce",
    ("base._mean", "if not axes:  ->  if False:"): "a mean over no axes is the values",
    ("base.Mean.take", "axis=None  ->  axis=0  (place 2)"): "one weight for each sample is left",
    (
        "confusion.ConfusionMetric.count",
        "y_pred.shape[-1] if self.by_label else 1  ->  y_pred.shape[-1] if self.by_label else 2",
    ): "of several labels only the first is read",
    (
        "from_losses.SparseCategoricalCrossentropy.weights_for",
        "weight is None or ignored is None  ->  weight is None and ignored is None",
    ): "every label is another than None, and an ignored class is not asked without weights",
    ("iou.IoU.labels", "-1  ->  -2  (place 2)"): "a label between -2 and -1 is cut to -1, which is no class",
    (
        "auc.AUC.interpolated_pr",
        "(predicted[:-1] > 0) & (predicted[1:] > 0)  ->  predicted[1:] > 0",
    ): "what passes a higher threshold is among what passes a lower one",
    (
        "auc.AUC.interpolated_pr",
        "np.where(both, divide_no_nan(predicted[:-1], np.maximum(predicted[1:], 0)), 1.0)"
        "  ->  np.where(both, divide_no_nan(predicted[:-1], np.maximum(predicted[1:], 0)), 2.0)",
    ): "the intercept that it is multiplied by is 0 there",
    ("compiled._per_output", "list(given)  ->  given"): GONE_THROUGH,
    (
        "shards.split",
        "(float(gigabytes) * 1024 ** 3, 0, 0.0)  ->  (float(gigabytes) * 1024 ** 3, 0, 1.0)",
    ): SET_BEFORE,
    ("shards.split", "if file is not None:  ->  if False:  (place 2)"): "h5py closes a file that nothing holds",
    ("legacy._write_names", "np.array(part, 'S')  ->  np.asarray(part, 'S')"): "a list is copied by either",
    ("csv_logger.CSVLogger.__init__", "self.append_header = True  ->  nothing"): SET_BEFORE,
    ("record.Batch.see", "-1  ->  -2  (place 2)"): RESHAPE,
    (
        "older._functional",
        "any((isinstance(node, list) for node in nodes))  ->  all((isinstance(node, list) for node in nodes))",
    ): "all calls in a file have one form",
    ("datasets.mnist.load_data", "-1  ->  -2"): RESHAPE,
    ("progress.generator_from", "np.random.default_rng(0)  ->  np.random.default_rng(1)"): "its state is set at once",
    (
        "progress._decoded",
        "np.array(value['values'], value['dtype'])  ->  np.asarray(value['values'], value['dtype'])",
    ): "a list is copied by either",
    ("training_state.TrainingState.spare", "if paths or names:  ->  if True:"): "to spare nothing changes nothing",
    ("new_samples._array_answers", "-1  ->  -2"): RESHAPE,
    ("preparation.Columns.apply", "np.float64  ->  np.float32"): "0 and 1 are exact",
    ("preparation.Scaling.apply", "np.array(self.mean)  ->  np.asarray(self.mean)"): TUPLE,
    ("preparation.Preparation.in_own_unit", "np.array(self.answers.mean)  ->  np.asarray(self.answers.mean)"): TUPLE,
    ("scores.score", "dtype='float64'  ->  dtype='float32'  (place 4)"): (
        "the error is computed in the dtype of what it is given"
    ),
    (
        "split._shares",
        "wanted * sizes  ->  sizes",
    ): "the rest is given one by one, to the same classes",
    ("targets._labels", "-1  ->  -2"): RESHAPE,
    (
        "plan.check_second_order",
        "model.optimizer is not None and model.optimizer.second_order  ->  model.optimizer.second_order",
    ): "a plan's model has an optimizer",
    (
        "plan.network",
        "np.random.default_rng([seed, 0]).integers(1, 2 ** 31)"
        "  ->  np.random.default_rng([seed, 0]).integers(2, 2 ** 31)",
    ): "another seed is as good",
    ("plan.network", "[seed, 0]  ->  [seed, 1]  (place 2)"): "another seed is as good",
    (
        "plan._samples",
        "network(plan, plan.seeds[0]).input_shape[1:] if plan.model_name else ()"
        "  ->  network(plan, plan.seeds[0]).input_shape[1:]",
    ): "without a named model x has that shape already",
    ("statistics._entry", "run.val_accuracy  ->  run.train_accuracy"): "a run has all accuracies or none",
    (
        "histogram.buckets",
        "(high - low) / bucket_count  ->  (high - low) * bucket_count",
    ): "both ways of counting agree there; the limit has room for more than this",
    ("histogram._counts", "min(_CHUNK, data.size)  ->  max(_CHUNK, data.size)"): "only the front of it is used",
    (
        "network.largest_gradients",
        "float(np.sum(every ** 2)) or 1.0  ->  float(np.sum(every ** 2)) or 2.0",
    ): "0 divided by it is 0",
    (
        "pictures.diverging",
        "finite.max() if finite.size and finite.max() > 0 else 1.0"
        "  ->  finite.max() if finite.size and finite.max() > 0 else 2.0",
    ): "0 and infinity divided by it stay what they are",
    ("pictures.decision_boundary", "-1  ->  -2  (place 2)"): RESHAPE,
    (
        "records._of_one_width",
        "(1 << 7 * width) - 1  ->  (1 << 7 * width) - 2",
    ): "every byte of this step, too, is another than in the shortest",
    ("records._tables", "len(found) < count  ->  len(found) <= count"): "nobody reads the last one",
    ("plan._samples", ":1  ->  :2"): "an accuracy is chosen by the shape of a row",
    ("plan.targets", "found.classes or 1  ->  found.classes"): "a classification has classes; the rest is for the type",
    ("plan.source_digest", ":16  ->  :16 - 1"): "15 digits tell sources apart as well",
    ("runner._alone", "_parallel(work, [group], 2)  ->  _parallel(work, [group], 3)"): "one group takes one process",
    ("runner._dask_backend", "asyncio.sleep(0.01)  ->  asyncio.sleep(1.01)"): "results are only fetched later",
    ("single_run.train", "np.array(measured)  ->  np.asarray(measured)"): "a list is copied by either",
    ("results.Folder.write_parity", "indent=2  ->  indent=3"): "JSON reads the same, however it is indented",
    (
        "statistics.summarize",
        "rate in plan.rates[label] or all((Cell(label, rate, seed) in runs for seed in seeds))"
        "  ->  all((Cell(label, rate, seed) in runs for seed in seeds))",
    ): "a seed counts when all its planned cells are finished",
    (
        "statistics._compared",
        "one is not None and other is not None  ->  other is not None",
    ): "all optimizers of a comparison have the same measures",
    **dict.fromkeys(
        (("lockstep.Lockstep._log_weights", "-1  ->  1"), ("lockstep.Lockstep._confidence", "-1  ->  1")),
        "the output of a classification has two axes",
    ),
    (
        "lockstep.Lockstep._log_weights",
        "model.output_shape[-1] or 0  ->  model.output_shape[-1] or 1",
    ): "neither is more than 1",
    ("lockstep.Lockstep._log_weights", "slice(1)  ->  slice(2)"): "only the first of these samples is drawn",
}
