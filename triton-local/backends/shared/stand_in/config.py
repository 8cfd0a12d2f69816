"""A model configuration as the backends read it."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class ModelProblem(Exception):
    """Why a model cannot be loaded or run, in a sentence for the person who uploaded it."""


@dataclass(frozen=True)
class TensorSpec:
    """One input or output: `dims` as the model file sees them (reshape applied), without the batch axis."""

    name: str
    datatype: str  # Triton's name, for example "TYPE_FP32"
    dims: tuple[int, ...]  # -1 = any


class Config:
    """Typed view of the JSON that Triton hands to a backend."""

    def __init__(self, raw: dict):
        self.raw = raw
        self.name: str = raw["name"]
        self.platform: str = raw.get("platform", "")
        self.max_batch_size = int(raw.get("max_batch_size", 0))
        self.inputs = [tensor_spec(entry) for entry in raw.get("input", [])]
        self.outputs = [tensor_spec(entry) for entry in raw.get("output", [])]

    @property
    def is_complete(self) -> bool:
        """Whether both inputs and outputs are given, so that nothing needs to be read from the file."""
        return bool(self.inputs and self.outputs)

    def parameter(self, name: str) -> str | None:
        """A model parameter's string value."""
        return self.raw.get("parameters", {}).get(name, {}).get("string_value")

    def integer(self, name: str, default: int) -> int:
        """A model parameter that must be a whole number."""
        text = self.parameter(name)
        try:
            return default if text is None else int(text)
        except ValueError:
            raise ModelProblem(f"parameter '{name}' of model '{self.name}' must be a whole number, it is '{text}'") from None

    def flag(self, name: str, default: bool) -> bool:
        """A model parameter that is true or false (or 1 or 0)."""
        text = self.parameter(name)
        return default if text is None else text.strip().lower() in ("true", "1")

    def model_path(self, version_directory: str, default: str) -> Path:
        """The model's file or folder, which must exist."""
        path = Path(version_directory) / (self.raw.get("default_model_filename") or default)
        if not path.exists():
            raise ModelProblem(f"model '{self.name}' has no file '{path.name}' in version {path.parent.name}")
        return path


def tensor_spec(entry: dict) -> TensorSpec:
    """Reads a ModelInput or ModelOutput. 64-bit numbers may come as strings in protobuf's JSON."""
    dims = entry["reshape"].get("shape", []) if "reshape" in entry else entry.get("dims", [])
    return TensorSpec(entry["name"], entry.get("data_type", "TYPE_INVALID"), tuple(int(size) for size in dims))
