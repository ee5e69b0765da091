"""Write what a GPU kernel got and gave: inputs.npz and kernel.npz.

    python examples/allowance/dump_kernel.py
    handnn explain examples/allowance/formulas.py:leaky_product --inputs inputs.npz --actual kernel.npz \
        --dtype float32 --output float16

The kernel is that of the Triton tutorial on matrix products: float16 in and out, a float32 accumulator, blocks of K,
leaky ReLU at the end. There is no GPU here: NumPy does what each program of the grid does, in the same order. With
Triton itself, dump `a.cpu().numpy()`, `b.cpu().numpy()` and `c.cpu().numpy()` in its place.
"""

import sys

import numpy as np

BLOCK_M, BLOCK_N, BLOCK_K = 32, 32, 16


def kernel(a, b):
    """Return leaky_relu(a @ b) in float16, tile after tile."""
    (m, inner), n = a.shape, b.shape[1]
    c = np.zeros((m, n), "float16")
    for i in range(0, m, BLOCK_M):
        for j in range(0, n, BLOCK_N):
            accumulator = np.zeros((min(BLOCK_M, m - i), min(BLOCK_N, n - j)), "float32")
            for k in range(0, inner, BLOCK_K):
                tile_a = a[i : i + BLOCK_M, k : k + BLOCK_K].astype("float32")
                tile_b = b[k : k + BLOCK_K, j : j + BLOCK_N].astype("float32")
                accumulator += tile_a @ tile_b
            leaky = np.where(accumulator >= 0, accumulator, np.float32(0.01) * accumulator)
            c[i : i + BLOCK_M, j : j + BLOCK_N] = leaky
    return c


def main(folder="."):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(48, 72)).astype("float16"), rng.normal(size=(72, 40)).astype("float16")
    np.savez(f"{folder}/inputs.npz", a=a, b=b)
    np.savez(f"{folder}/kernel.npz", c=kernel(a, b))


if __name__ == "__main__":
    main(*sys.argv[1:])
