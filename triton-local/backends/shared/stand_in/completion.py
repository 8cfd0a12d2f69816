"""Fills in what a configuration leaves out, as the native backends do (shared rules: ONNX, SavedModel)."""
from __future__ import annotations

from typing import Sequence

from .config import Config, ModelProblem, TensorSpec

#: The native backends' `default-max-batch-size`.
DEFAULT_MAX_BATCH_SIZE = 4


def complete(auto_complete_config, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]):
    """Adds the file's tensors; turns on batching when every first dimension is variable.

    `auto_complete_config` is the object Triton passes; it merges entries by name and refuses contradictions.
    """
    config = Config(auto_complete_config.as_dict())
    can_batch = all(spec.dims and spec.dims[0] == -1 for spec in [*inputs, *outputs])
    if config.max_batch_size > 0 and not can_batch:
        fixed = next(spec for spec in [*inputs, *outputs] if not spec.dims or spec.dims[0] != -1)
        raise ModelProblem(
            f"model '{config.name}': max_batch_size is {config.max_batch_size}, but tensor '{fixed.name}' of the model file "
            f"has no variable first dimension (shape {list(fixed.dims)})"
        )
    if can_batch and config.max_batch_size == 0:
        auto_complete_config.set_max_batch_size(DEFAULT_MAX_BATCH_SIZE)
    if can_batch and not {"sequence_batching", "ensemble_scheduling"} & set(config.raw) and config.max_batch_size != 1:
        auto_complete_config.set_dynamic_batching()
    for spec in inputs:
        auto_complete_config.add_input(entry(config, spec, can_batch))
    for spec in outputs:
        auto_complete_config.add_output(entry(config, spec, can_batch))
    return auto_complete_config


def entry(config: Config, spec: TensorSpec, batched: bool) -> dict:
    dims = list(spec.dims[1:] if batched else spec.dims)
    if not spec.dims:
        raise ModelProblem(
            f"model '{config.name}': tensor '{spec.name}' is a scalar, which cannot be completed; "
            "write inputs and outputs in config.pbtxt, with dims: [ 1 ] and reshape: { shape: [ ] } for it"
        )
    return {"name": spec.name, "data_type": spec.datatype, "dims": dims or [1]}
