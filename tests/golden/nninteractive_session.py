"""Runs a session of nninteractive-client as a viewer does. Arguments: URL of the server, JSON list of steps; prints one JSON line per step.

A step is [name, arguments]. Points and boxes are in the order of the array, which is that of a NIfTI file reversed.
"""

import hashlib
import json
import sys

import numpy as np
from nnInteractive.inference.remote.remote_session import nnInteractiveRemoteInferenceSession


def ramp(shape):
    """The image of the DeepGrow goldens, its axes reversed."""
    return (np.arange(np.prod(shape)).reshape(shape) * 37 % 101).transpose(2, 1, 0)


def main():
    url, steps = sys.argv[1], json.loads(sys.argv[2])
    session = None
    for name, args in steps:
        line = {"step": name}
        try:
            if name == "open":
                session = nnInteractiveRemoteInferenceSession(url, **args)
                line["supported"] = session.supported_interactions
            elif name == "image":
                image = np.ascontiguousarray(ramp(args["shape"]))[None].astype(args.get("dtype", "float32"))
                session.set_image(image, {"spacing": args["spacing"][::-1]})
                session.set_target_buffer(np.zeros(image.shape[1:], np.uint8))
                line["shape"] = list(session.original_image_shape)
            elif name == "mask":
                mask = np.zeros(session.original_image_shape[1:], np.uint8)
                (a, b), (c, d), (e, f) = args["box"]
                mask[a:b, c:d, e:f] = 1
                line["box"] = getattr(session, args["call"])(mask, **args.get("more", {}))
            else:
                line["answer"] = getattr(session, name)(**args)
        except Exception as error:  # noqa: BLE001 - what the client makes of an error is what is looked at
            response = getattr(error, "response", None)
            line["error"] = type(error).__name__
            line["text"] = str(error) if response is None else response.text
        buffer = getattr(session, "target_buffer", None)
        if buffer is not None:
            line["sum"] = int(buffer.sum())
            line["sha256"] = hashlib.sha256(np.ascontiguousarray(buffer).tobytes()).hexdigest()
        print(json.dumps(line), flush=True)


main()
