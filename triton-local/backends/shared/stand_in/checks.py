"""Compares a configuration with the tensors a model file really has."""
from __future__ import annotations

from typing import Sequence

from .config import Config, ModelProblem, TensorSpec


def check_config(config: Config, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> None:
    """Raises a ModelProblem that names the first tensor that does not fit.

    `inputs` and `outputs` are the file's: dims include its batch axis; a datatype or dims of None are unknown.
    Every input of the file must be configured; outputs may be left out.
    """
    check_tensors(config, "input", config.inputs, inputs)
    check_tensors(config, "output", config.outputs, outputs)
    configured = {spec.name for spec in config.inputs}
    missing = [spec.name for spec in inputs if spec.name not in configured]
    if missing:
        raise ModelProblem(f"model '{config.name}': input '{missing[0]}' of the model file is missing in the configuration")


def check_tensors(config: Config, kind: str, configured: Sequence[TensorSpec], found: Sequence[TensorSpec]) -> None:
    known = {spec.name: spec for spec in found}
    for spec in configured:
        if spec.name not in known:
            raise ModelProblem(f"model '{config.name}': the model file has no {kind} '{spec.name}'; it has {quoted(known)}")
        check_tensor(config, kind, spec, known[spec.name])


def check_tensor(config: Config, kind: str, spec: TensorSpec, found: TensorSpec) -> None:
    """Datatype and shape of one tensor."""
    where = f"model '{config.name}', {kind} '{spec.name}'"
    if found.datatype is not None and spec.datatype != found.datatype:
        raise ModelProblem(f"{where}: the configuration says {spec.datatype}, the model file has {found.datatype}")
    if found.dims is None:
        return
    batched = config.max_batch_size > 0
    if batched and (not found.dims or found.dims[0] != -1):
        raise ModelProblem(
            f"{where}: max_batch_size is {config.max_batch_size}, so the first dimension in the model file must be variable, "
            f"its shape is {list(found.dims)}; set max_batch_size to 0"
        )
    dims = ((-1,) if batched else ()) + spec.dims
    if not dims_fit(dims, found.dims):
        with_batch = " with the batch axis" if batched else ""
        raise ModelProblem(f"{where}: the configuration's shape{with_batch} is {list(dims)}, the model file has {list(found.dims)}")


def dims_fit(configured: Sequence[int], found: Sequence[int]) -> bool:
    """Same rank, and every size the file fixes is the configured one.

    >>> dims_fit([-1, 1, 96], [-1, 1, -1]), dims_fit([-1, 1, -1], [-1, 1, 96]), dims_fit([1], [1, 1])
    (True, False, False)
    """
    return len(configured) == len(found) and all(theirs in (-1, ours) for ours, theirs in zip(configured, found))


def quoted(names) -> str:
    return ", ".join(f"'{name}'" for name in names)
