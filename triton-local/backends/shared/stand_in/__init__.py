"""What the onnxruntime, pytorch and tensorflow stand-ins share.

Modules without Triton: config, checks, batching, frameworks (unit-tested). With it: completion, model.
"""
