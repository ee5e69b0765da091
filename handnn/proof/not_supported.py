"""Public names of Keras that handnn does not have, each with the reason.

Tests compare the registries with the names of the installed Keras; a name that is neither implemented nor listed here
fails. docs/parity.md prints the table.
"""

LAYERS_BY_REASON = {
    "pools to a size instead of by one: the windows of an axis then differ": """
        AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D AdaptiveAveragePooling1D AdaptiveAveragePooling2D
        AdaptiveAveragePooling3D""",
    "is a cell apart from its layer, or wraps one; LSTM, GRU and SimpleRNN hold theirs": """
        RNN SimpleRNNCell LSTMCell GRUCell StackedRNNCells Bidirectional""",
    "convolves in each step of time": "ConvLSTM1D ConvLSTM2D ConvLSTM3D",
    "belongs to sequences of different lengths: there are no masks of time steps here": """
        Masking TimeDistributed""",
    "is attention: no multi-layer perceptron": """
        Attention AdditiveAttention MultiHeadAttention GroupQueryAttention""",
    "wraps another layer, whose weights it shares or rewrites": """
        Wrapper SpectralNormalization""",
    "looks up and multiplies by one matrix, called twice; a layer stands in one place here": """
        ReversibleEmbedding""",
    "augments or prepares pictures, before the network": """
        AugMix AutoContrast CenterCrop ContrastLimitedAdaptiveHistogramEqualization CutMix Equalization
        MaxNumBoundingBoxes MixUp RandAugment RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast
        RandomCrop RandomElasticTransform RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomHue
        RandomInvert RandomPerspective RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear
        RandomTranslation RandomZoom Resizing Solarization Pipeline""",
    "prepares sound, before the network": "MelSpectrogram STFTSpectrogram",
    "turns text, categories or numbers into integers or counts, before the network; it has no derivative": """
        CategoryEncoding Discretization HashedCrossing Hashing IntegerLookup StringLookup TextVectorization""",
    "runs code of another library, which has no hand-written derivative": """
        FlaxLayer JaxLayer TFSMLayer TorchModuleWrapper""",
    "runs any function; write a class with forward and backward in its place": "Lambda",
    "is a check of shapes inside Keras, no layer": "InputSpec",
    "`from_config` reads a config": "deserialize",
    "a network's `get_config` writes it": "serialize",
}

ABSENT: dict[str, dict[str, str]] = {
    "activations": {},
    "callbacks": {
        "OrbaxCheckpoint": "writes with the library Orbax, made for JAX",
        "RemoteMonitor": "sends logs to a server; a LambdaCallback with urllib does it in three lines",
    },
    "constraints": {"deserialize": "`get` reads a config too"},
    "initializers": {
        "STFT": "the kernel of a short-time Fourier transform, (frame, channels, frequencies): for layers of sound",
    },
    "layers": {name: reason for reason, names in LAYERS_BY_REASON.items() for name in names.split()},
    "losses": dict.fromkeys(("CTC", "ctc"), "connectionist temporal classification is for sequences"),
    "metrics": {},
    "optimizers": {"legacy": "its classes only raise an error that sends the user to tf_keras"},
    "regularizers": {"deserialize": "`get` reads a config too"},
    "schedules": {},
}
"""{Keras module: {name: reason}}."""
