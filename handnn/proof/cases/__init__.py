"""The test cases of the proof: data for each loss, the options of every layer."""

from . import attention as attention  # adds its options to those of `layers`
from . import recurrent as recurrent
