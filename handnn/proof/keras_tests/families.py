"""Families of Keras' test files, relative to `keras/src`, without the ending `_test.py`."""

from typing import NamedTuple


class Family(NamedTuple):
    """Test files about one subject: `folder/{a, b}` names two files."""

    name: str
    patterns: tuple[str, ...]

    @property
    def files(self) -> list[str]:
        """The files, such as 'layers/core/dense_test.py'."""
        return [file for pattern in self.patterns for file in expanded(pattern)]


def expanded(pattern: str) -> list[str]:
    """Return the files of 'layers/{dense, embedding}': 'layers/dense_test.py' and 'layers/embedding_test.py'."""
    head, _, names = pattern.partition("{")
    return [f"{head}{name.strip()}_test.py" for name in names.rstrip("}").split(",")] if names else [f"{head}_test.py"]


_FAMILIES: dict[str, tuple[str, ...]] = {
    "activations": ("activations/activations",),
    "losses": ("losses/{losses, loss}",),
    "regularizers": ("regularizers/regularizers",),
    "constraints": ("constraints/constraints",),
    "initializers": ("initializers/{random_initializers, constant_initializers, initializer}",),
    "schedules": ("optimizers/schedules/learning_rate_schedule",),
    "optimizers": (
        "optimizers/{adadelta, adafactor, adagrad, adam, adamax, adamw, ftrl, lamb, lion, muon, nadam}",
        "optimizers/{rmsprop, sgd, schedule_free_adamw, optimizer, loss_scale_optimizer, multi_optimizer}",
    ),
    "metrics": (
        "metrics/{regression_metrics, accuracy_metrics, hinge_metrics, probabilistic_metrics, f_score_metrics}",
        "metrics/{confusion_metrics, iou_metrics, reduction_metrics, correlation_metrics, metric}",
    ),
    "core layers": ("layers/core/{dense, einsum_dense, embedding, identity, input_layer, lambda_layer}",),
    "activation layers": ("layers/activations/{activation, elu, leaky_relu, prelu, relu, softmax}",),
    "normalization": (
        "layers/normalization/{batch_normalization, group_normalization, layer_normalization, rms_normalization}",
        "layers/normalization/{unit_normalization}",
        "layers/preprocessing/{normalization, rescaling}",
    ),
    "regularization": (
        "layers/regularization/{activity_regularization, alpha_dropout, dropout, gaussian_dropout, gaussian_noise}",
        "layers/regularization/{spatial_dropout}",
    ),
    "reshaping": ("layers/reshaping/{flatten, permute, repeat_vector, reshape}",),
    "merging": ("layers/merging/merging",),
    "callbacks": (
        "callbacks/{callback, lambda_callback, model_checkpoint, backup_and_restore, early_stopping}",
        "callbacks/{terminate_on_nan, csv_logger, learning_rate_scheduler, reduce_lr_on_plateau}",
        "callbacks/{monitor_callback, swap_ema_weights, remote_monitor}",
    ),
    "sequential": ("models/sequential",),
    "functional": ("models/functional",),
    "model": ("models/model",),
    "cloning": ("models/cloning",),
    "trainer": ("trainers/trainer",),
    "compile": ("trainers/compile_utils",),
    "saving": ("saving/{saving_api, saving_lib}",),
    "serialization": ("saving/serialization_lib",),
    "utils": ("utils/numerical_utils",),
    "variables": ("backend/common/variables",),
    "convolution": ("layers/convolutional/{conv, conv_transpose, depthwise_conv, separable_conv}",),
    "pooling": ("layers/pooling/{average_pooling, max_pooling, global_average_pooling, global_max_pooling}",),
    "padding": (
        "layers/reshaping/{cropping1d, cropping2d, cropping3d, up_sampling1d, up_sampling2d, up_sampling3d}",
        "layers/reshaping/{zero_padding1d, zero_padding2d, zero_padding3d}",
    ),
    "recurrent": (
        "layers/rnn/{simple_rnn, lstm, gru, rnn, stacked_rnn_cells, bidirectional, time_distributed}",
        "layers/rnn/{dropout_rnn_cell}",
        "layers/core/{masking}",
    ),
    "preprocessing": (
        "layers/preprocessing/{category_encoding, integer_lookup, string_lookup}",
        "layers/preprocessing/image_preprocessing/{resizing}",
    ),
    "attention": ("layers/attention/{attention, additive_attention, multi_head_attention}",),
}

FAMILIES = {name: Family(name, patterns) for name, patterns in _FAMILIES.items()}
"""{name: Family}, in the order of the table."""
