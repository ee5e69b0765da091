"""The attributes by which scripts written for Keras look at a layer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .. import activations
from ..core.given import Given
from ..core.variable import Variable
from .keras_tensor import KerasTensor


@dataclass(frozen=True)
class DTypePolicy:
    """What Keras' `layer.dtype_policy` says: handnn computes in the dtype of the weights."""

    name: str

    @property
    def compute_dtype(self) -> str:
        return self.name

    @property
    def variable_dtype(self) -> str:
        return self.name

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}


class KerasAttributes(Given):
    """Base class of layers: names of Keras for what a layer has."""

    is_operation: ClassVar[bool] = False
    """Whether it is what Keras calls an operation, such as a + b, which `model.layers` does not list."""
    name: str
    dtype: str
    weights: list[Variable]
    input_shape: Any
    stored_under: ClassVar[str]
    calls: list[KerasTensor]

    if TYPE_CHECKING:  # provided by the layer
        trainable_weights: property
        non_trainable_weights: property

        def regularized(self) -> list[Variable]: ...

    @property
    def activation(self) -> Any:
        """f in a = f(z): `linear` unless another one is set; None sets `linear`, as in Keras."""
        return self.__dict__.get("activation", activations.linear)

    @activation.setter
    def activation(self, value: Any) -> None:
        self.__dict__["activation"] = activations.linear if value is None else value

    @property
    def variables(self) -> list[Variable]:
        return self.weights

    @property
    def trainable_variables(self) -> list[Variable]:
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Variable]:
        return self.non_trainable_weights

    @property
    def compute_dtype(self) -> str:
        return self.dtype

    @property
    def variable_dtype(self) -> str:
        return self.dtype

    @property
    def dtype_policy(self) -> DTypePolicy:
        return DTypePolicy(self.dtype)

    @property
    def losses(self) -> list[Any]:
        """The penalties of the weights, and of the output of the last call, as numbers."""
        found = [float(weight.regularizer(weight.value)) for weight in self.regularized()]
        return found + ([] if self._activity_loss is None else [self._activity_loss])

    def get_build_config(self) -> dict[str, Any]:
        """Return the shapes that the layer is built for, as Keras stores them."""
        return {"input_shape": self.input_shape}

    def stored_parts(self) -> list[tuple[str, list[Variable]]]:
        """Return the parts of the layer under which Keras stores its weights in a file ("cell"), and these."""
        return [(self.stored_under, self.weights)]

    _activity_loss: float | None = None

    @property
    def input(self) -> Any:
        """The symbolic input, or inputs; AttributeError if the layer is not called on one."""
        sources = self._only_call().sources
        return list(sources) if len(sources) > 1 else sources[0]

    @property
    def output(self) -> Any:
        """The symbolic output, a list of several; AttributeError unless the layer is called on KerasTensors once."""
        siblings = self._only_call().siblings
        return list(siblings) if len(siblings) > 1 else siblings[0]

    def _only_call(self) -> KerasTensor:
        if len(self.calls) != 1:
            raise AttributeError(
                f"{self.name} has one symbolic input and output if called once; it is called {len(self.calls)} times"
            )
        return self.calls[0]
