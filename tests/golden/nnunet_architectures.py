"""U-Nets as nnU-Net's plans describe them, with weights that their names stand for, and what torch answers: nnunet_architectures.json."""
import itertools
import json
import pydoc
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
SAMPLES = 48


def numbers(name, count):
    """A linear congruential generator begun with the name's FNV-1a hash: -1 to 1. tests/packages/nnunet/small-network.ts makes the same."""
    state = 0x811C9DC5
    for byte in name.encode():
        state = ((state ^ byte) * 0x01000193) & 0xFFFFFFFF
    out = np.empty(count)
    for i in range(count):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = (state >> 8) / 2**23 - 1
    return out


def parameter(name, shape):
    x = numbers(name, int(np.prod(shape)))
    if len(shape) > 1:
        x = x * 1.75 / np.sqrt(np.prod(shape[1:]))
    elif name.endswith("running_var"):
        x = 1 + 0.5 * np.abs(x)
    elif name.endswith("norm.weight"):
        x = 1 + 0.25 * x
    else:
        x = 0.25 * x
    return torch.from_numpy(x.astype(np.float32).reshape(shape))


def plain(dim, features, kernels, strides, convs=2, decoder=2, **more):
    n = len(features)
    return "PlainConvUNet", dict(
        n_stages=n, features_per_stage=features, conv_op=f"torch.nn.modules.conv.Conv{dim}d", kernel_sizes=kernels, strides=strides,
        n_conv_per_stage=[convs] * n, n_conv_per_stage_decoder=[decoder] * (n - 1), **norms(dim), **more)


def residual(dim, features, kernels, strides, blocks, decoder=1, kind="ResidualEncoderUNet", **more):
    n = len(features)
    return kind, dict(
        n_stages=n, features_per_stage=features, conv_op=f"torch.nn.modules.conv.Conv{dim}d", kernel_sizes=kernels, strides=strides,
        n_blocks_per_stage=blocks, n_conv_per_stage_decoder=[decoder] * (n - 1), **{**norms(dim), **more})


def norms(dim):
    return dict(conv_bias=True, norm_op=f"torch.nn.modules.instancenorm.InstanceNorm{dim}d", norm_op_kwargs=dict(eps=1e-5, affine=True),
                dropout_op=None, dropout_op_kwargs=None, nonlin="torch.nn.LeakyReLU", nonlin_kwargs=dict(inplace=True))


def with_args(made, **more):
    return made[0], {**made[1], **more}


K2, K3, A3 = [3, 3], [3, 3, 3], [1, 3, 3]
S1, S2 = [1, 1, 1], [2, 2, 2]
CASES = [
    # name, network, patch, channels, heads, mirrored axes, input
    ("plain 2d", plain(2, [4, 6, 8], [K2] * 3, [[1, 1], [2, 2], [2, 2]]), [24, 16], 1, 3, [], "tissue"),
    ("plain 2d mirrored", plain(2, [4, 6], [K2] * 2, [[1, 1], [2, 2]]), [16, 12], 1, 2, [0, 1], "tissue"),
    ("plain 2d of five stages", plain(2, [2, 3, 4, 5, 6], [K2] * 5, [[1, 1]] + [[2, 2]] * 4), [32, 48], 3, 2, [], "tissue"),
    ("plain 3d of two channels", plain(3, [3, 4, 6], [K3] * 3, [S1, S2, S2]), [8, 12, 16], 2, 3, [], "tissue"),
    ("plain 3d mirrored", plain(3, [2, 3], [K3] * 2, [S1, S2]), [4, 6, 8], 1, 2, [0, 1, 2], "tissue"),
    ("plain 3d mirrored along two axes", plain(3, [2, 3], [K3] * 2, [S1, S2]), [4, 6, 8], 1, 2, [0, 2], "tissue"),
    ("plain 3d of thick slices", plain(3, [3, 4, 5], [A3, A3, K3], [S1, [1, 2, 2], S2]), [6, 16, 12], 1, 5, [], "tissue"),
    ("one convolution per stage", plain(3, [3, 4], [K3] * 2, [S1, S2], 1, 1), [6, 6, 6], 1, 2, [], "tissue"),
    ("kernels of five, strides of three", plain(2, [3, 4], [[5, 3], [3, 5]], [[1, 1], [3, 3]]), [15, 21], 1, 2, [], "tissue"),
    ("batch norm", with_args(plain(3, [3, 4], [K3] * 2, [S1, S2]), norm_op="torch.nn.modules.batchnorm.BatchNorm3d"), [8, 8, 8], 1, 2, [], "tissue"),
    ("relu, no bias", with_args(plain(2, [3, 4], [K2] * 2, [[1, 1], [2, 2]]), nonlin="torch.nn.ReLU", conv_bias=False), [12, 16], 1, 2, [], "tissue"),
    ("activation before the norm", with_args(plain(2, [3, 4], [K2] * 2, [[1, 1], [2, 2]]), nonlin_first=True), [12, 16], 1, 2, [], "tissue"),
    ("a slope and an epsilon of its own", with_args(plain(2, [3, 4], [K2] * 2, [[1, 1], [2, 2]]), nonlin_kwargs=dict(negative_slope=0.2), norm_op_kwargs=dict(eps=1e-3, affine=True)), [12, 16], 1, 2, [], "tissue"),
    ("no norm", with_args(plain(2, [3, 4], [K2] * 2, [[1, 1], [2, 2]]), norm_op=None, norm_op_kwargs=None), [12, 16], 1, 2, [], "tissue"),
    ("residual encoder 3d", residual(3, [3, 4, 6], [K3] * 3, [S1, S2, S2], [1, 2, 2]), [8, 8, 12], 1, 3, [], "tissue"),
    ("residual encoder 2d of three channels", residual(2, [3, 4, 6], [K2] * 3, [[1, 1], [2, 2], [2, 2]], [1, 3, 2]), [16, 24], 3, 2, [], "tissue"),
    ("residual encoder of thick slices", residual(3, [3, 4], [A3, K3], [S1, [1, 2, 2]], [2, 2]), [5, 8, 12], 1, 2, [], "tissue"),
    ("residual encoder with a bottleneck", residual(3, [8, 12], [K3] * 2, [S1, S2], [1, 2], block="BottleneckD", bottleneck_channels=[3, 4]), [6, 8, 8], 1, 2, [], "tissue"),
    ("residual encoder with a stem of its own", residual(2, [4, 6], [K2] * 2, [[1, 1], [2, 2]], [1, 2], stem_channels=5), [12, 16], 1, 2, [], "tissue"),
    ("residual on both sides", residual(3, [3, 4, 5], [K3] * 3, [S1, S2, S2], [1, 2, 2], 2, "ResidualUNet"), [8, 8, 8], 1, 2, [], "tissue"),
    ("air", plain(2, [2, 3], [K2] * 2, [[1, 1], [2, 2]]), [384, 384], 1, 2, [], "air"),
    ("air with a little tissue", residual(3, [2, 3], [K3] * 2, [S1, S2], [1, 1]), [48, 64, 64], 1, 2, [], "mostly air"),
]


def build(kind, kwargs, channels, heads):
    from dynamic_network_architectures.architectures import unet
    from dynamic_network_architectures.building_blocks.residual import BottleneckD
    args = {k: pydoc.locate(v) if k in ("conv_op", "norm_op", "nonlin") and v else v for k, v in kwargs.items()}
    if args.get("block") == "BottleneckD":
        args["block"] = BottleneckD
    return getattr(unet, kind)(input_channels=channels, num_classes=heads, deep_supervision=False, **args).eval()


def image(kind, shape):
    if kind == "tissue":
        return numbers("input", int(np.prod(shape))).astype(np.float32).reshape(shape) * np.float32(2)
    x = np.full(shape, -3.1, np.float32)
    if kind == "mostly air":
        inner = tuple(slice(None) if i < 2 else slice(n // 4, n // 2) for i, n in enumerate(shape))
        part = x[inner].shape
        x[inner] = numbers("input", int(np.prod(part))).astype(np.float32).reshape(part)
    return x


def answer(net, x, mirrored):
    axes = [a + 2 for a in mirrored]
    combinations = [c for r in range(len(axes) + 1) for c in itertools.combinations(axes, r)]
    total = None
    for c in combinations:
        y = torch.flip(net(torch.flip(x, c)), c)
        total = y if total is None else total + y
    return total / len(combinations) if len(combinations) > 1 else total


def main():
    out = []
    for name, (kind, kwargs), patch, channels, heads, mirrored, what in CASES:
        net = build(kind, kwargs, channels, heads)
        state = {k: v for k, v in net.state_dict().items()
                 if ".all_modules." not in k and not k.startswith("decoder.encoder.") and not k.endswith("num_batches_tracked")}
        with torch.no_grad():
            for key, value in state.items():
                value.copy_(parameter(key, tuple(value.shape)))
            y = answer(net, torch.from_numpy(image(what, (1, channels, *patch))), mirrored).numpy().ravel()
        # A prime step, so that all heads and rows are met.
        index = [int(i) for i in (np.arange(SAMPLES) * 7919 + 13) % y.size]
        out.append(dict(name=name, architecture=dict(network_class_name=f"dynamic_network_architectures.architectures.unet.{kind}", arch_kwargs=kwargs), patch=patch,
                        channels=channels, heads=heads, mirrored=mirrored, input=what, sizes=[[k, list(v.shape)] for k, v in state.items()],
                        logits=[[i, float(np.float32(y[i]))] for i in index], largest=float(np.abs(y).max())))
        print(name, y.size, out[-1]["largest"], flush=True)
    (HERE / 'nnunet_architectures.json').write_text(json.dumps(out) + "\n")


if __name__ == "__main__":
    main()
