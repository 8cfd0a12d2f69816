"""Installs and supervises a real Triton Inference Server on the CPU, without a container."""
