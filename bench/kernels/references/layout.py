"""Copies in another order of the axes, windows, and the plain copy that all is measured by."""
import numpy as np


def plain_copy(i):
    return lambda: i["image"].copy()


def reversed_axes(i):
    """A volume whose z is the fastest, to x fastest, turned around x and y."""
    z_fastest = i["image"].reshape(512, 512, 200)
    return lambda: np.ascontiguousarray(z_fastest[::-1, ::-1].transpose(2, 1, 0))


def tensor(i):
    """C order over X, Y, Z as a network wants it, float32."""
    return lambda: np.ascontiguousarray(i["image"].transpose(2, 1, 0), dtype=np.float32)


def mirrored(i):
    def run():
        padded = np.pad(i["image"][:180], ((10, 20), (8, 8), (8, 8)), mode="reflect")
        return np.ascontiguousarray(padded.transpose(2, 1, 0))

    return run


def box(i):
    part = i["image"].transpose(2, 1, 0)[30:480, 20:470, :]
    return lambda: np.pad(part, ((0, 0), (0, 0), (4, 4)))
