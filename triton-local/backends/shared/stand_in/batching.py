"""Several requests become one call of the model, and its result becomes several responses again."""
from __future__ import annotations

from typing import Sequence

import numpy as np

from .config import ModelProblem

Arrays = dict  # tensor name -> numpy array


def group(requests: Sequence[Arrays], batched: bool) -> list[list[int]]:
    """Indices of requests that can be concatenated: same tensors, datatypes and shapes but for the batch axis."""
    if not batched:
        return [[index] for index in range(len(requests))]
    groups: dict[tuple, list[int]] = {}
    for index, arrays in enumerate(requests):
        key = tuple((name, array.dtype.str, array.shape[1:]) for name, array in sorted(arrays.items()))
        groups.setdefault(key, []).append(index)
    return list(groups.values())


def batch_size(arrays: Arrays) -> int:
    """The common first dimension of a request's inputs."""
    sizes = {name: array.shape[0] if array.ndim else None for name, array in arrays.items()}
    if len(set(sizes.values())) != 1 or None in sizes.values():
        raise ModelProblem(f"the inputs disagree about the batch size: {sizes}")
    return next(iter(sizes.values()))


def concatenate(requests: Sequence[Arrays]) -> Arrays:
    """One set of inputs; a single request is passed on without a copy."""
    if len(requests) == 1:
        return requests[0]
    return {name: np.concatenate([arrays[name] for arrays in requests]) for name in requests[0]}


def split(outputs: Arrays, sizes: Sequence[int]) -> list[Arrays]:
    """Cuts each output along the batch axis into pieces of the given sizes."""
    total, ends = sum(sizes), np.cumsum(sizes)[:-1]
    for name, array in outputs.items():
        if array.ndim == 0 or array.shape[0] != total:
            raise ModelProblem(f"output '{name}' has shape {list(array.shape)}, expected a first dimension of {total}, the batch")
    pieces = {name: np.split(array, ends) for name, array in outputs.items()}
    return [{name: pieces[name][index] for name in outputs} for index in range(len(sizes))]
