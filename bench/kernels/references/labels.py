"""Components, holes, boxes: scipy, scikit-image and MONAI."""
import numpy as np
import scipy.ndimage as ndi
from monai.transforms.utils import fill_holes, generate_spatial_bounding_box, get_extreme_points, get_largest_connected_component_mask
from monai.transforms import KeepLargestConnectedComponent


def scipy_component(i):
    def run():
        labels, _ = ndi.label(i["mask"])
        return labels == np.bincount(labels.ravel())[1:].argmax() + 1

    return run


def monai_component(i):
    return lambda: get_largest_connected_component_mask(i["mask"], connectivity=3)


def monai_keep_largest(i):
    """Three labels: MONAI labels the whole map once for each."""
    transform = KeepLargestConnectedComponent(applied_labels=[1, 2, 5], connectivity=3)
    return lambda: transform(i["labels"][None])


def scipy_holes(i):
    return lambda: ndi.binary_fill_holes(i["mask"][:50])


def monai_holes(i):
    mask = i["mask"][:50]
    return lambda: fill_holes(mask[None].copy(), [1], 3)


def monai_box(i):
    return lambda: np.array(generate_spatial_bounding_box(i["mask"][None]))[:, ::-1]


def monai_points(i):
    chooser = np.random.RandomState(0)
    return lambda: [points[axis] for points, axis in zip(get_extreme_points(i["mask"], chooser), (0, 0, 1, 1, 2, 2))]


def scipy_boxes(i):
    def run():
        boxes = ndi.find_objects(i["labels"])
        return [[label + 1] + [s.start for s in box[::-1]] + [s.stop - 1 for s in box[::-1]] for label, box in enumerate(boxes) if box]

    return run


def scipy_deepest(i):
    plane = np.pad(i["float"][0] > -200, 1)
    return lambda: [ndi.distance_transform_edt(plane).max()]
