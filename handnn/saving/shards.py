"""Weights in several files: `m.weights.json`, which says which arrays are in which of `m_00000.weights.h5`, ....

{"metadata": {"total_size": bytes}, "weight_map": {"/layers/dense/vars": file, or a list of files}}

The arrays are those of one `.weights.h5` file, cut between any two of them: it is split when written, and put together
when read, in memory.
"""

import io
import json
import os
from collections.abc import Iterator
from typing import Any

from . import members
from .weights import TEXT, check_declared, refuse_links

INDEX, SHARD = ".weights.json", ".weights.h5"


def split(data: bytes, path: str, gigabytes: Any) -> dict[str, bytes]:
    """Return {path: content} of the shards of a `.weights.h5` file, and at last of the index.

    Args:
        path: of the index.
        gigabytes: the most that the arrays of one shard take, in 1024^3 bytes.

    Raises:
        ValueError: gigabytes is no positive number, or an array is larger.
    """
    import h5py

    if isinstance(gigabytes, bool) or not isinstance(gigabytes, int | float) or not gigabytes > 0:
        raise ValueError(f"max_shard_size must be a number > 0 of gigabytes, or None; received {gigabytes!r}")
    most, total, used = float(gigabytes) * 1024**3, 0, 0.0
    shards: list[io.BytesIO] = []
    file: Any = None
    places: dict[str, list[str]] = {}
    with h5py.File(io.BytesIO(data), "r") as whole:
        for group, key, dataset in _arrays_of(whole):
            if dataset.nbytes > most:
                raise ValueError(
                    f"max_shard_size must be at least the {dataset.nbytes:,} bytes of {group}/{key}; "
                    f"received {gigabytes!r} GB"
                )
            if file is None or used + dataset.nbytes > most:
                if file is not None:
                    file.close()
                shards.append(io.BytesIO())
                file, used = h5py.File(shards[-1], "w"), 0.0
                if len(shards) == 1 and TEXT in whole:
                    file[TEXT] = whole[TEXT][()]
            file[f"{group}/{key}"] = dataset[()]
            file[group].attrs["name"] = whole[group].attrs["name"]
            used, total = used + dataset.nbytes, total + dataset.nbytes
            own = places.setdefault(f"/{group}", [])
            if _name(path, len(shards) - 1) not in own:
                own.append(_name(path, len(shards) - 1))
        if file is not None:
            file.close()
    folder = os.path.dirname(path)
    found = {os.path.join(folder, _name(path, k)): shard.getvalue() for k, shard in enumerate(shards)}
    weight_map = {group: names[0] if len(names) == 1 else names for group, names in places.items()}
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    return found | {path: json.dumps(index, indent=4).encode()}


def _name(path: str, number: int) -> str:
    return f"{os.path.basename(path).removesuffix(INDEX)}_{number:05}{SHARD}"


def _arrays_of(file: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield (group, key, dataset) of every array in a group `vars`, in the order of the groups' paths."""
    groups: list[str] = []
    file.visit(lambda name: groups.append(name) if name.rpartition("/")[2] == "vars" else None)
    for group in groups:
        for key in sorted(file[group], key=int):
            yield group, key, file[group][key]


def joined(path: str, most: int) -> bytes:
    """Return the `.weights.h5` file that the shards of an index make.

    Raises:
        ValueError: the index is none, names a file that is not there or another folder's, or a shard is damaged or
            larger than `most` bytes.
    """
    import h5py

    index = json.loads(members.read_bytes(path, members.MOST_CONFIG))
    weight_map = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(weight_map, dict):
        raise ValueError("it has no weight_map; expected the index of weights in shards, saved by Keras 3")
    groups_of: dict[str, list[str]] = {}
    for group, names in weight_map.items():
        for name in names if isinstance(names, list) else [names]:
            if not isinstance(name, str) or os.path.basename(name) != name or not name.endswith(SHARD):
                raise ValueError(f"its weight_map must name {SHARD} files beside it; received {name!r}")
            groups_of.setdefault(name, []).append(group.strip("/"))
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as whole:
        for name, groups in groups_of.items():
            shard = os.path.join(os.path.dirname(path), name)
            if not os.path.isfile(shard):
                raise ValueError(f"it lacks the shard {name}, which its weight_map names")
            with h5py.File(io.BytesIO(members.read_bytes(shard, most)), "r") as file:
                check_declared(file, most)
                for group in groups:
                    _copy(file, group, whole, name)
                if TEXT in file and TEXT not in whole and not file[TEXT].external and not file[TEXT].is_virtual:
                    whole[TEXT] = file[TEXT][()]
    return buffer.getvalue()


def _copy(file: Any, group: str, whole: Any, shard: str) -> None:
    refuse_links(file, group)
    if not hasattr(file.get(group), "keys"):
        raise ValueError(f"the shard {shard} lacks {group}")
    for key in file[group]:
        refuse_links(file, f"{group}/{key}")
        dataset = file[group][key]
        if not hasattr(dataset, "shape") or dataset.is_virtual or dataset.external or dataset.dtype.kind not in "fiu":
            raise ValueError(f"the shard {shard} must hold {group}/{key} as plain numbers")
        whole[f"{group}/{key}"] = dataset[()]
