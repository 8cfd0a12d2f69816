"""Scanning windows: their sums, what the sums are divided by, and results put together from slices."""
import numpy as np
import torch

ROI, STEP, LENGTH = 96, 80, 200
SHAPE = (4, ROI + STEP, ROI + 2 * STEP, LENGTH)
STARTS = [(x * STEP, y * STEP, z * (LENGTH - ROI)) for x in range(2) for y in range(3) for z in range(2)]


def boxes_of_windows():
    return [(slice(None), *(slice(start, start + ROI) for start in origin)) for origin in STARTS]


def windows_of(i):
    size = 4 * ROI**3
    return i["logits"].reshape(-1)[: size * len(STARTS)].reshape(len(STARTS), 4, ROI, ROI, ROI)


def weights_of(length):
    return (0.25 + (np.arange(length) % 97) / 128).astype(np.float32)


def numpy_windows(i):
    windows, boxes = windows_of(i), boxes_of_windows()

    def run():
        sums = np.zeros(SHAPE, np.float32)
        for window, box in zip(windows, boxes):
            sums[box] += window
        return sums

    return run


def torch_weighted_windows(i):
    windows, boxes = torch.from_numpy(windows_of(i)), boxes_of_windows()
    weights = torch.from_numpy(weights_of(ROI**3).reshape(ROI, ROI, ROI))

    def run():
        sums = torch.zeros(SHAPE)
        for window, box in zip(windows, boxes):
            sums[box] += weights * window
        return sums

    return run


def numpy_coverage(i):
    x, y, z = (1 + (np.arange(n) % 5 == 0) for n in (50, 512, 512))

    def run():
        counts = (x[:, None, None] * y[:, None] * z).astype(np.float32)
        return i["logits"].reshape(4, 50, 512, 512) / counts

    return run


def torch_by_weights(i):
    sums = torch.from_numpy(i["logits"].reshape(4, 50, 512, 512))
    weights = torch.from_numpy(weights_of(50 * 512 * 512).reshape(50, 512, 512))
    return lambda: sums / weights


def numpy_slices(i):
    z_fastest = i["labels"].reshape(512, 512, 200)

    def run():
        x_fastest = np.empty((200, 512, 512), np.uint8)
        target = x_fastest.transpose(2, 1, 0)
        for y in range(512):
            target[:, y] = z_fastest[:, y]
        return x_fastest

    return run
