"""Public names of Keras that handnn does not have, each with the reason.

Tests compare the registries with the names of the installed Keras; a name that is neither implemented nor listed here
fails. docs/parity.md prints the table.
"""

LAYERS_BY_REASON = {
    "convolves pictures, volumes or sequences": """
        Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose DepthwiseConv1D DepthwiseConv2D
        SeparableConv1D SeparableConv2D Convolution1D Convolution2D Convolution3D Convolution1DTranspose
        Convolution2DTranspose Convolution3DTranspose SeparableConvolution1D SeparableConvolution2D""",
    "pools, pads, crops or resizes what a convolution reads or gives": """
        MaxPool1D MaxPool2D MaxPool3D MaxPooling1D MaxPooling2D MaxPooling3D AvgPool1D AvgPool2D AvgPool3D
        AveragePooling1D AveragePooling2D AveragePooling3D GlobalMaxPool1D GlobalMaxPool2D GlobalMaxPool3D
        GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D
        GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D
        AdaptiveMaxPooling3D AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D
        UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
        Cropping1D Cropping2D Cropping3D""",
    "drops whole feature maps of pictures or volumes, which come from convolutions": """
        SpatialDropout2D SpatialDropout3D""",
    "is recurrent: backpropagation through time is another subject": """
        RNN SimpleRNN SimpleRNNCell LSTM LSTMCell GRU GRUCell StackedRNNCells ConvLSTM1D ConvLSTM2D ConvLSTM3D
        Bidirectional""",
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
