"""Changes that make no difference, and why: by function, and by the change as the table writes it."""

BOTH = "where the two differ, both branches give the same number"
NOT_CHOSEN = "only what the branch that is not chosen computes is another"
CONVERGED = "the continued fraction has converged: its last step is below the rounding"

EQUIVALENT: dict[tuple[str, str], str] = {
    ("SoftShrink.forward", "z > t  ->  z >= t"): BOTH,
    ("SoftShrink.forward", "z < -t  ->  z <= -t"): BOTH,
    ("SparsePlus.forward", "z < 1  ->  z <= 1"): BOTH,
    ("SparsePlus.forward", "np.minimum(np.maximum(z, -1), 1)  ->  np.minimum(np.maximum(z, -1), 2)"): NOT_CHOSEN,
    ("Squareplus.forward", "z >= 0  ->  z > 0"): BOTH,
    ("TanhShrink.forward", "z > -1  ->  z >= -1"): BOTH,
    ("TanhShrink.forward", "z < 1  ->  z <= 1"): BOTH,
    ("TanhShrink.forward", "square / (2 * LAMBERT_TERMS + 1)  ->  square"): CONVERGED,
    ("TanhShrink.forward", "square / (2 * LAMBERT_TERMS + 1)  ->  square * (2 * LAMBERT_TERMS + 1)"): CONVERGED,
    ("Celu.forward", "z > 0  ->  z >= 0"): BOTH,
    ("Celu.forward", "np.minimum(z, 0)  ->  np.minimum(z, 1)"): NOT_CHOSEN,
    ("Elu.forward", "z > 0  ->  z >= 0"): BOTH,
    ("Elu.forward", "np.minimum(z, 0)  ->  np.minimum(z, 1)"): NOT_CHOSEN,
    ("Selu.forward", "z > 0  ->  z >= 0"): BOTH,
    ("Selu.forward", "np.minimum(z, 0)  ->  np.minimum(z, 1)"): NOT_CHOSEN,
    ("Mish._powers", "np.minimum(z, 24)  ->  np.minimum(z, 25)"): "n / (n + 2) is 1 from 20 on",
    ("Sparsemax.forward", "-2  ->  -3"): "what is more than 1 below the largest gets 0",
}
