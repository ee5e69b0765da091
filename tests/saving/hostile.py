"""Files that ask for far more memory than they should: `python -m tests.saving.hostile NAME...` in an empty folder.

Prints a line of JSON for each: the error that reading it raised, and by how many bytes the process grew at most. Each
is read in a forked child, because what HDF5 and zlib allocate is seen only from outside.
"""

import io
import json
import os
import resource
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import handnn
from handnn.data.npz import read_arrays
from handnn.saving.archive import check_size

MEGA = 2**20


def network() -> Any:
    handnn.utils.set_random_seed(2)
    model = handnn.Sequential([handnn.Input((4,)), handnn.layers.Dense(5, name="d0")], name="net")
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((2, 4)), np.ones((2, 5)))
    return model


def rewritten(path: str, members: dict[str, Any]) -> None:
    """Replace members of a zip file: bytes, or the number of megabytes of zeros."""
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist() if name not in members}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in (kept | members).items():
            with archive.open(name, "w", force_zip64=True) as member:
                for part in [content] if isinstance(content, bytes) else [bytes(MEGA)] * content:
                    member.write(part)


def keras_file(change: Callable[[Any], None] | None = None, **members: Any) -> Callable[[], None]:
    """Write a.keras with a changed HDF5 part, or other members."""

    def write() -> None:
        network().save("a.keras")
        own = {name.replace("__", "."): content for name, content in members.items()}
        if change is not None:
            with zipfile.ZipFile("a.keras") as archive:
                buffer = io.BytesIO(archive.read("model.weights.h5"))
            with h5py.File(buffer, "r+") as file:
                change(file)
            own["model.weights.h5"] = buffer.getvalue()
        rewritten("a.keras", own)

    return write


def dataset(name: str, *given: Any, **options: Any) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        if name in file:
            del file[name]
        file.create_dataset(name, *given, **options)

    return change


KERNEL, PACKED = "layers/dense/vars/0", {"compression": "gzip", "chunks": True}


def chunk_of_zeros(file: Any) -> None:
    """The kernel's own shape, in one packed chunk of 1.6 GB."""
    del file[KERNEL]
    size = 20_000
    found = file.create_dataset(KERNEL, (4, 5), "f4", chunks=(size, size), maxshape=(None, None), compression="gzip")
    import zlib

    packing, packed = zlib.compressobj(1), bytearray()
    for _ in range(size * size * 4 // MEGA):
        packed += packing.compress(bytes(MEGA))
    packed += packing.compress(bytes(size * size * 4 % MEGA)) + packing.flush()
    found.id.write_direct_chunk((0, 0), bytes(packed))


def described(change: Callable[[Any], None]) -> Callable[[], None]:
    """Write a.keras with another config."""

    def write() -> None:
        network().save("a.keras")
        with zipfile.ZipFile("a.keras") as archive:
            config = json.loads(archive.read("config.json"))
        change(config)
        rewritten("a.keras", {"config.json": json.dumps(config).encode()})

    return write


def units(number: int) -> Callable[[Any], None]:
    return lambda config: config["config"]["layers"][1]["config"].update(units=number)


def npz_of_zeros(**sizes: int) -> Callable[[], None]:
    """Write a.npz with arrays of so many megabytes of zeros, packed a thousandfold."""

    def write() -> None:
        with zipfile.ZipFile("a.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, size in sizes.items():
                header = io.BytesIO()
                np.lib.format.write_array_header_1_0(
                    header, {"descr": "|u1", "fortran_order": False, "shape": (size, MEGA)}
                )
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    member.write(header.getvalue())
                    for _ in range(size):
                        member.write(bytes(MEGA))

    return write


def npz_header(shape: tuple[int, ...], descr: str = "<f8") -> Callable[[], None]:
    """Write a.npz whose x declares a shape and holds next to nothing."""

    def write() -> None:
        np.savez("a.npz", y=np.zeros(3))
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": descr, "fortran_order": False, "shape": shape})
        with zipfile.ZipFile("a.npz", "a") as archive:
            archive.writestr("x.npy", header.getvalue() + bytes(1000))

    return write


def pickled() -> None:
    np.savez("a.npz", x=np.array([{"a": 1}, print], dtype=object), y=np.zeros(2))


def traversing() -> None:
    network().save("a.keras")
    with zipfile.ZipFile("a.keras", "a") as archive:
        archive.writestr("../outside", b"x")
        archive.writestr("/tmp/handnn_outside", b"x")


FILES: dict[str, Callable[[], None]] = {
    "1.5 GB of zeros as weights": keras_file(model__weights__h5=1_500),
    "1.5 GB of zeros as config": keras_file(config__json=1_500),
    "60 MB of empty lists as config": keras_file(config__json=b"[" + b"[],[]," * 10**7 + b"0]"),
    "a million brackets as config": keras_file(config__json=b"[" * 10**6),
    "a kernel of 4 GB": keras_file(dataset(KERNEL, (10**5, 10**4), "f4", **PACKED)),
    "a kernel in one chunk of 1.6 GB": keras_file(chunk_of_zeros),
    "a kernel of long strings": keras_file(dataset(KERNEL, (4, 5), "S200000000", **PACKED)),
    "a slot of 4 GB": keras_file(dataset("optimizer/vars/2", (10**5, 10**4), "f4", **PACKED)),
    "a layer that is not there": keras_file(dataset("layers/dense_7/vars/0", (10**5, 10**4), "f4", **PACKED)),
    "a text of 2 GB": keras_file(dataset("handnn", (1,), "S2000000000", **PACKED)),
    "a kernel in another file": keras_file(
        dataset(KERNEL, (4, 5), "f4", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])
    ),
    "a layer of a billion units": described(units(10**9)),
    "a layer of 10^15 units": described(units(10**15)),
    "members outside": traversing,
    "three arrays of 500 MB": npz_of_zeros(x_train=500, x_val=500, x_test=500, y_train=1, y_val=1, y_test=1),
    "two arrays of 45 MB": npz_of_zeros(x=45, y=45),
    "a shape of 10^12 numbers": npz_header((10**6, 10**6)),
    "a shape beyond int64": npz_header((10**12, 10**12)),
    "pickles": pickled,
}
READ: dict[str, Callable[[], Any]] = {
    "a.keras": lambda: handnn.load_model("a.keras"),
    "a.npz": lambda: read_arrays("data 'a.npz'", "a.npz"),
}


def measured(name: str, read: Callable[[], Any]) -> dict[str, Any]:
    """Read in a child; return its error and by how much it grew."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            said = ""
            try:
                read()
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
            os.write(writing, json.dumps({"name": name, "error": said[:500], "bytes": grown}).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else {"name": name, "error": "its process died", "bytes": -1}


if __name__ == "__main__":
    for name in sys.argv[1:] or FILES:
        for path in READ:
            Path(path).unlink(missing_ok=True)
        child = os.fork()  # writing may take memory, which a child would begin with
        if not child:
            FILES[name]()
            os._exit(0)
        os.waitpid(child, 0)
        path = next(path for path in READ if Path(path).exists())
        print(json.dumps(measured(name, READ[path])))
        if path == "a.keras":
            print(json.dumps(measured(f"{name}, before Keras", lambda: check_size("a.keras"))))
