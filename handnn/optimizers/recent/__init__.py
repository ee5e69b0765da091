"""Optimizers of today that Keras does not have, beside Keras': the same options, slots and commands, no Keras twin.

tests/optimizers/test_recent.py holds each against a second derivation from its paper. AMSGrad is `Adam(amsgrad=True)`
and its decoupled form `AdamW(amsgrad=True)`. D-Muon (weight decay for all weights, updates of AdamW's size: Liu et al.
2025, arXiv 2502.16982) is `Muon(rms_rate=0.2)` with equal weight_decay and adam_weight_decay.
"""

from .averages import ADOPT, AdEMAMix, Signum
from .base import recent
from .mars import MARS
from .preconditioned import SOAP, Shampoo
from .prodigy import Prodigy
from .sophia import SophiaG, SophiaH

__all__ = ["ADOPT", "MARS", "SOAP", "AdEMAMix", "Prodigy", "Shampoo", "Signum", "SophiaG", "SophiaH", "recent"]
