"""Channels: what makes labels of network outputs, and channels of labels."""
import numpy as np
import torch
from monai.networks import one_hot
from monai.transforms import LabelFilter, MeanEnsemble

GROUPS = ([1, 4], [1, 2, 4], [4])


def torch_argmax(i):
    x = torch.from_numpy(i["logits"])
    return lambda: torch.argmax(x, dim=0)


def torch_argmax_of_two(i):
    x = torch.from_numpy(i["logits"].reshape(2, 100, 512, 512))
    return lambda: torch.argmax(x, dim=0)


def numpy_argmax(i):
    return lambda: np.argmax(i["logits"], axis=0)


def torch_softmax(i):
    x = torch.from_numpy(i["logits"])
    return lambda: torch.softmax(x, dim=0)


def torch_softmax_of_two(i):
    x = torch.from_numpy(i["logits"].reshape(2, 100, 512, 512))
    return lambda: torch.softmax(x, dim=0)


def monai_one_hot(i):
    x = torch.from_numpy(i["labels"][:50] % 4)[None]
    return lambda: one_hot(x, 4, dtype=torch.uint8, dim=0)


def numpy_groups(i):
    part = i["labels"]
    return lambda: np.stack([np.isin(part, group) for group in GROUPS])


def monai_filter(i):
    transform = LabelFilter([1, 2, 5, 40])
    return lambda: transform(i["labels"])


def numpy_any(i):
    return lambda: (i["logits"] > 0).any(axis=0)


def monai_mean(i):
    transform = MeanEnsemble(weights=[0.25, 0.75])
    x = torch.from_numpy(i["logits"].reshape(2, 100, 512, 512))
    return lambda: transform(list(x))


def numpy_threshold(i):
    return lambda: (i["float"] >= 0.5).astype(np.uint8)


def numpy_repeat(i):
    blocks = i["image"].reshape(2, 100, 512, 512)
    return lambda: np.repeat(blocks, 2, axis=0)


def numpy_sum(i):
    a, b = i["logits"].reshape(2, 100, 512, 512)
    return lambda: a + b


def numpy_larger(i):
    return lambda: i["float"] > 100


def numpy_where(i):
    return lambda: np.where(i["mask"] != 0, i["float"], np.float32(-1000))
