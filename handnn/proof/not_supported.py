"""Public names of Keras that handnn does not have, each with the reason.

Tests compare the registries with the names of the installed Keras; a name that is neither implemented nor listed here
fails. docs/parity.md prints the table.
"""

LAYERS_BY_REASON = {
    "pools to a size instead of by one: the windows of an axis then differ": """
        AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D AdaptiveAveragePooling1D AdaptiveAveragePooling2D
        AdaptiveAveragePooling3D""",
    "convolves in each step of time": "ConvLSTM1D ConvLSTM2D ConvLSTM3D",
    "is MultiHeadAttention in which several queries share a key: the same derivation, with sums over a group": """
        GroupQueryAttention""",
    "wraps another layer, whose weights it shares or rewrites": """
        Wrapper SpectralNormalization""",
    "looks up and multiplies by one matrix, called twice; a layer stands in one place here": """
        ReversibleEmbedding""",
    "augments or prepares pictures, before the network": """
        AugMix AutoContrast CenterCrop ContrastLimitedAdaptiveHistogramEqualization CutMix Equalization
        MaxNumBoundingBoxes MixUp RandAugment RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast
        RandomCrop RandomElasticTransform RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomHue
        RandomInvert RandomPerspective RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear
        RandomTranslation RandomZoom Solarization Pipeline""",
    "prepares sound, before the network": "MelSpectrogram STFTSpectrogram",
    "turns text, categories or numbers into integers or counts, before the network; it has no derivative": """
        Discretization HashedCrossing Hashing TextVectorization""",
    "runs code of another library, which has no hand-written derivative": """
        FlaxLayer JaxLayer TFSMLayer TorchModuleWrapper""",
    "is a check of shapes inside Keras, no layer": "InputSpec",
    "`from_config` reads a config": "deserialize",
    "a network's `get_config` writes it": "serialize",
}

OPS_BY_REASON = {
    "is for pictures, sequences or signals": """
        adaptive_average_pool adaptive_max_pool average_pool conv conv_transpose ctc_decode ctc_loss depth_to_space
        depthwise_conv dot_product_attention extract_sequences fft fft2 fold ifft2 image irfft istft max_pool psnr rfft
        separable_conv space_to_depth stft unfold""",
    "is a loop or branch of a compiler; Python's own does it on arrays": """
        associative_scan cond fori_loop map scan switch vectorized_map while_loop""",
    "is of automatic derivatives; derivatives are written by hand here": "custom_gradient jvp",
    "is a layer or a loss: use `handnn.layers` or `handnn.losses`, which have its derivative": """
        batch_normalization binary_crossentropy categorical_crossentropy layer_normalization multi_hot rms_normalization
        sparse_categorical_crossentropy""",
    "is rarely used; NumPy or SciPy have it under another name": """
        cdist cholesky_inverse erfc erfinv get_item in_top_k logdet lu_factor polar rearrange saturate_cast scatter
        scatter_update segment_max segment_min segment_prod segment_sum slice_update solve_triangular unique view
        view_as_complex view_as_real""",
    "is a module of Keras' own layout": "linalg nn numpy",
}
UTILS_BY_REASON = {
    "reads or prepares pictures, sound or text, before the network": """
        array_to_img audio_dataset_from_directory bounding_boxes image_dataset_from_directory img_to_array load_img
        save_img text_dataset_from_directory""",
    "downloads": "get_file",
    "returns an object of pydot; `plot_model` draws with matplotlib": "model_to_dot",
    "encodes tables with layers that look words up": "FeatureSpace",
    "is a progress bar; `fit` prints one line an epoch": """
        Progbar disable_interactive_logging enable_interactive_logging is_interactive_logging_enabled""",
    "looks inside Keras": "Config get_source_inputs is_keras_tensor legacy standardize_dtype",
    "each module has its own `serialize` and `deserialize`": "deserialize_keras_object serialize_keras_object",
}
CONFIG_BY_REASON = {
    "handnn computes in NumPy and one dtype; layers take `dtype`": "set_backend set_dtype_policy is_nnx_enabled",
    "is about attention": "disable_flash_attention enable_flash_attention is_flash_attention_enabled",
    "is about printing and tracebacks": """
        disable_interactive_logging disable_traceback_filtering enable_interactive_logging enable_traceback_filtering
        is_interactive_logging_enabled is_traceback_filtering_enabled""",
    "nothing in a file is ever executed": "enable_unsafe_deserialization",
}
TOP_BY_REASON = {
    "is about half precision and quantisation": """
        DTypePolicy FloatDTypePolicy Quantizer dtype_policies mixed_precision quantizers""",
    "is about tracing and compiling": """
        Function Operation RematScope StatelessScope SymbolicScope name_scope remat""",
    "is about devices, other run times and pretrained networks": """
        applications device distillation distribution export""",
    "is a module of Keras' own layout, or an old name": "backend legacy preprocessing src tree visualization wrappers",
    "is a check of shapes inside Keras": "InputSpec",
}


def by_name(reasons: dict[str, str]) -> dict[str, str]:
    """Return {name: reason} of {reason: names}."""
    return {name: reason for reason, names in reasons.items() for name in names.split()}


ABSENT: dict[str, dict[str, str]] = {
    "activations": {},
    "callbacks": {
        "OrbaxCheckpoint": "writes with the library Orbax, made for JAX",
        "RemoteMonitor": "sends logs to a server; a LambdaCallback with urllib does it in three lines",
    },
    "config": by_name(CONFIG_BY_REASON),
    "constraints": {"deserialize": "`get` reads a config too"},
    "datasets": by_name(
        {
            "is downloaded by Keras, and handnn downloads nothing": """
                boston_housing california_housing cifar10 cifar100 fashion_mnist imdb reuters"""
        }
    ),
    "initializers": dict.fromkeys(
        ("STFT", "STFTInitializer", "stft"),
        "the kernel of a short-time Fourier transform, (frame, channels, frequencies): for layers of sound",
    ),
    "layers": by_name(LAYERS_BY_REASON),
    "losses": dict.fromkeys(("CTC", "ctc"), "connectionist temporal classification is for sequences"),
    "metrics": {},
    "models": {},
    "ops": by_name(OPS_BY_REASON),
    "optimizers": {"legacy": "its classes only raise an error that sends the user to tf_keras"},
    "random": {},
    "regularizers": {"deserialize": "`get` reads a config too"},
    "saving": {
        "KerasFileEditor": "edits files inside; `h5py` and `zipfile` open them",
        "deserialize_keras_object": "each module has its own `deserialize` or `get`",
        "serialize_keras_object": "each module has its own `serialize`",
    },
    "schedules": {},
    "top level": by_name(TOP_BY_REASON),
    "utils": by_name(UTILS_BY_REASON),
}
"""{Keras module: {name: reason}}."""
