"""Every version this folder installs, in one place."""

TRITON_VERSION = "2.51.0"
WHEEL = "nvidia-pytriton==0.7.0"

#: sha256 of the wheel per machine architecture; a download that differs is refused.
WHEEL_SHA256 = {
    "x86_64": "21f063ff93bb426d0c06b7a55e7eb9efcfe62c0dddd9a908e9877e18710128df",
    "aarch64": "f99e07ee56fe065337453956afba17d2673e02ec6a632c3de26ce6e7b32a0898",
}

#: With numpy 2 this Triton answers large tensors with zero bytes and no error.
NUMPY = "1.26.4"

#: Python minors in order of preference. All have a stub in the wheel and a numpy 1.26.4;
#: 3.11 and 3.12 also have the newest frameworks.
PYTHON_MINORS = (11, 12, 10, 9)

#: The newest release that still supports each Python minor.
ONNXRUNTIME = {9: "1.19.2", 10: "1.23.2", 11: "1.32.0", 12: "1.32.0"}
TORCH = {9: "2.8.0", 10: "2.13.0", 11: "2.13.0", 12: "2.13.0"}
TENSORFLOW = {9: "2.20.0", 10: "2.21.0", 11: "2.21.0", 12: "2.21.0"}
