"""Resampling as scipy and torch do it. Every function returns what is timed."""
import numpy as np
import scipy.ndimage as ndi
import torch
import torch.nn.functional as F
from skimage.transform import resize

SMALL = (150, 341, 341)
#: Without ties: how those are rounded is the golden files' subject.
STEPS = (1.3071, 1.4531, 1.4531)
SPACED = (153, 353, 353)
#: Output index (z, y, x) to input index: turned by some degrees around all axes, and scaled.
OBLIQUE = np.array([[1.2517349, 0.0213457, -0.0131823], [-0.0317961, 1.4013577, 0.0811239], [0.0153619, -0.0719283, 1.3979437]])
OFFSET = np.array([0.3137113, -2.2171791, 7.1393331])


def zoom_linear(i):
    factors = [m / n for n, m in zip(i["image"].shape, SMALL)]
    return lambda: ndi.zoom(i["image"], factors, output=np.float32, order=1, mode="nearest")


def zoom_nearest(i):
    factors = [m / n for n, m in zip(i["image"].shape, SMALL)]
    return lambda: ndi.zoom(i["image"], factors, order=0, mode="nearest")


def spacing_linear(i):
    return lambda: ndi.affine_transform(i["image"], STEPS, output_shape=SPACED, output=np.float32, order=1, mode="nearest")


def spacing_nearest(i):
    return lambda: ndi.affine_transform(i["image"], STEPS, output_shape=SPACED, order=0, mode="nearest")


def labels_back(i):
    small = np.ascontiguousarray(i["labels"][:150, :341, :341])
    factors = [m / n for n, m in zip(SMALL, i["labels"].shape)]
    return lambda: ndi.zoom(small, factors, order=0, mode="nearest")


#: 512 × 512 × 200 voxels of 0.977 × 0.977 × 2 mm, with voxels of 1.5 mm.
AT_1_5_MM = (267, 333, 333)


def cubic(x, shape):
    return ndi.zoom(x, [m / n for n, m in zip(x.shape, shape)], order=3, mode="nearest", grid_mode=True)


def by_skimage(x, shape, order=3):
    return resize(x, shape, order, mode="edge", anti_aliasing=False)


def zoom_cubic(i):
    """With the clip of the others, which SciPy leaves to its callers."""
    x = i["float"]
    return lambda: np.clip(cubic(x, AT_1_5_MM), x.min(), x.max())


def zoom_cubic_back(i):
    x, shape = by_skimage(i["float"], AT_1_5_MM), i["float"].shape
    return lambda: np.clip(cubic(x, shape), x.min(), x.max())


def resize_cubic(i):
    return lambda: by_skimage(i["float"], AT_1_5_MM)


def resize_cubic_back(i):
    x, shape = by_skimage(i["float"], AT_1_5_MM), i["float"].shape
    return lambda: by_skimage(x, shape)


def resize_linear(i):
    return lambda: by_skimage(i["float"], AT_1_5_MM, 1)


def torch_linear(i):
    x = torch.from_numpy(i["float"])[None, None]
    return lambda: F.interpolate(x, size=SMALL, mode="trilinear", align_corners=False)


def torch_nearest(i):
    x = torch.from_numpy(i["float"])[None, None]
    return lambda: F.interpolate(x, size=SMALL, mode="nearest-exact")


def torch_area(i):
    x = torch.from_numpy(i["float"])[None, None]
    return lambda: F.interpolate(x, size=SMALL, mode="area")


def oblique_linear(i):
    return lambda: ndi.affine_transform(i["image"], OBLIQUE, OFFSET, output_shape=SMALL, output=np.float32, order=1, mode="nearest")


def oblique_nearest(i):
    return lambda: ndi.affine_transform(i["image"], OBLIQUE, OFFSET, output_shape=SMALL, output=np.float32, order=0, mode="nearest")


def torch_oblique(i):
    """grid_sample, as MONAI's Spacing calls it; the grid of normalised positions is made before the clock runs."""
    lengths = np.array(i["float"].shape)
    rows = 2 * OBLIQUE / (lengths - 1)[:, None]
    shift = 2 * OFFSET / (lengths - 1) - 1
    index = torch.from_numpy(np.indices(SMALL, dtype=np.float64).reshape(3, -1))
    grid = torch.from_numpy(rows) @ index + torch.from_numpy(shift)[:, None]
    grid = grid.flip(0).T.reshape(1, *SMALL, 3).float().contiguous()
    x = torch.from_numpy(i["float"])[None, None]
    return lambda: F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=True)


def pasted(i):
    small = np.ascontiguousarray(i["image"][:150, :341, :341])
    picked = [np.floor((np.arange(n - 20) + 0.5) * m / (n - 20)).astype(np.intp) for n, m in zip(i["image"].shape, SMALL)]

    def run():
        out = np.zeros(i["image"].shape, np.int16)
        out[10:-10, 10:-10, 10:-10] = small[np.ix_(*picked)]
        return out

    return run
