"""Which tensor of the configuration is which argument of `forward`, and which place in its result.

The rules of Triton's pytorch backend, in this order: names that end in `__<index>` (`INPUT__0`); the names of
forward's arguments; the order in the configuration. Outputs know the first and the last rule only.
"""
from __future__ import annotations

from typing import Sequence

from stand_in.config import Config, ModelProblem

#: Triton datatypes that TorchScript tensors can hold, by their torch names.
DATATYPES = {
    "TYPE_BOOL": "bool",
    "TYPE_UINT8": "uint8",
    "TYPE_INT8": "int8",
    "TYPE_INT16": "int16",
    "TYPE_INT32": "int32",
    "TYPE_INT64": "int64",
    "TYPE_FP16": "float16",
    "TYPE_FP32": "float32",
    "TYPE_FP64": "float64",
}


def check_datatypes(config: Config) -> None:
    """Raises a ModelProblem for the first tensor the native backend would refuse."""
    for kind, specs in (("input", config.inputs), ("output", config.outputs)):
        for spec in specs:
            if spec.datatype not in DATATYPES:
                raise ModelProblem(
                    f"model '{config.name}', {kind} '{spec.name}': the pytorch backend does not support {spec.datatype}; "
                    f"cast to one of {', '.join(DATATYPES)}"
                )


def index_of(name: str) -> int | None:
    """The index a name ends with.

    >>> index_of("INPUT__12"), index_of("INPUT_1"), index_of("a__b")
    (12, None, None)
    """
    stem, separator, index = name.partition("__")
    return int(index) if separator and index.isdigit() else None


def by_index(names: Sequence[str], kind: str) -> list[str] | None:
    """Names sorted by their index, None when not every name has one."""
    indices = {name: index_of(name) for name in names}
    if None in indices.values():
        return None
    ordered = sorted(names, key=indices.get)
    for place, name in enumerate(ordered):
        if indices[name] != place:
            raise ModelProblem(f"{kind} '{name}' has index {indices[name]}, expected {place}: indices must be 0, 1, 2 … without a gap")
    return ordered


def input_order(names: Sequence[str], arguments: Sequence[str]) -> list[str]:
    """Configured input names in the order of forward's arguments.

    >>> input_order(["INPUT__1", "INPUT__0"], ["x", "y"]), input_order(["y", "x"], ["x", "y"]), input_order(["b", "a"], ["x", "y"])
    (['INPUT__0', 'INPUT__1'], ['x', 'y'], ['b', 'a'])
    """
    indexed = by_index(names, "input")
    if indexed is not None:
        return indexed
    if all(name in arguments for name in names):
        return sorted(names, key=list(arguments).index)
    return list(names)


def output_order(names: Sequence[str]) -> list[str]:
    """Configured output names in the order of forward's result."""
    return by_index(names, "output") or list(names)
