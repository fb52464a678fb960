"""What export_test.py does in a Python that has numpy and ONNX Runtime: networks, pictures, comparisons.

    python export_peer.py network FILE.safetensors CONFIG_JSON    random weights of a realistic scale
    python export_peer.py pictures FOLDER COUNT HEIGHT WIDTH      PNG files, and FOLDER.npy with their pixels
    python export_peer.py against MODEL.onnx PIXELS.npy OUTPUT FEATURES.npy
    python export_peer.py apart A.onnx B.onnx BATCH HEIGHT WIDTH  two models on the same pictures
    python export_peer.py facts MODEL.onnx                        full check, inputs, outputs, metadata
    python export_peer.py try MODEL.onnx HEIGHT WIDTH             "" or the runtime's complaint
"""
import json
import pathlib
import struct
import sys

import numpy as np
import onnxruntime

from harness import png

rng = np.random.default_rng(0)


def waves(side, width):
    """Smooth positions [side * side, width]: a few waves per channel, as trained ones have, std 0.02 and a little noise."""
    y, x = np.mgrid[0:side, 0:side] / side
    across, down, phase = rng.uniform(-4, 4, width), rng.uniform(-4, 4, width), rng.uniform(0, 6.3, width)
    smooth = np.sin(6.283 * (x[..., None] * across + y[..., None] * down) + phase)
    return (0.028 * smooth + 0.005 * rng.standard_normal(smooth.shape)).reshape(1, side * side, width)


def tensors(c):
    dim, patch, side = c["embed_dim"], c["patch_size"], c["img_size"] // c["patch_size"]
    normal = lambda *shape: 0.02 * rng.standard_normal(shape)
    near_one = lambda *shape: 1 + 0.1 * rng.standard_normal(shape)
    yield "cls_token", normal(1, 1, dim)
    yield "pos_embed", np.concatenate([normal(1, 1, dim), waves(side, dim)], 1)
    if c["num_register_tokens"]:
        yield "register_tokens", normal(1, c["num_register_tokens"], dim)
    yield "mask_token", normal(1, dim)
    yield "patch_embed.proj.weight", 0.1 * normal(dim, 3, patch, patch)
    yield "patch_embed.proj.bias", normal(dim)
    hidden = (int(4 * dim) * 2 // 3 + 7) // 8 * 8
    for i in range(c["depth"]):
        at = f"blocks.{i}."
        yield at + "norm1.weight", near_one(dim)
        yield at + "norm1.bias", normal(dim)
        yield at + "attn.qkv.weight", 2 * normal(3 * dim, dim)
        if c["qkv_bias"]:
            yield at + "attn.qkv.bias", normal(3 * dim)
        yield at + "attn.proj.weight", normal(dim, dim)
        yield at + "attn.proj.bias", normal(dim)
        yield at + "norm2.weight", near_one(dim)
        yield at + "norm2.bias", normal(dim)
        layers = [("fc1", 4 * dim, dim), ("fc2", dim, 4 * dim)] if c["ffn_layer"] == "mlp" else [("w12", 2 * hidden, dim), ("w3", dim, hidden)]
        for name, out, into in layers:
            yield f"{at}mlp.{name}.weight", normal(out, into)
            yield f"{at}mlp.{name}.bias", normal(out)
        if c["init_values"]:
            yield at + "ls1.gamma", near_one(dim)
            yield at + "ls2.gamma", near_one(dim)
    yield "norm.weight", near_one(dim)
    yield "norm.bias", normal(dim)


def network(path, config):
    header, blobs, offset = {"__metadata__": {"troodon.vit": config}}, [], 0
    for name, values in tensors(json.loads(config)):
        blob = values.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def make_pixels(count, height, width):
    coarse = rng.integers(0, 256, (count, height // 14 + 1, width // 14 + 1, 3))
    return np.clip(coarse.repeat(14, 1).repeat(14, 2)[:, :height, :width] + rng.integers(-20, 21, (count, height, width, 3)), 0, 255).astype(np.uint8)


def pictures(folder, count, height, width):
    pathlib.Path(folder).mkdir()
    batch = make_pixels(int(count), int(height), int(width))
    for i, picture in enumerate(batch):
        (pathlib.Path(folder) / f"{i:03}.png").write_bytes(png([row.tobytes() for row in picture]))
    np.save(f"{folder}.npy", batch)


def session(model):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run(model, pixels):
    opened = session(model)
    port = opened.get_inputs()[0]
    if port.name == "pixel_values":
        pixels = ((pixels.astype(np.float32) / 255 - np.float32([0.485, 0.456, 0.406])) / np.float32([0.229, 0.224, 0.225])).transpose(0, 3, 1, 2)
    return dict(zip([out.name for out in opened.get_outputs()], opened.run(None, {port.name: pixels})))


def agreement(a, b):
    assert a.shape == b.shape, (a.shape, b.shape)
    a, b = a.astype(np.float64), b.astype(np.float64)
    cosine = (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return {"cosine": float(cosine.min()), "difference": float(abs(a - b).max())}


def against(model, pixels, output, features):
    return agreement(run(model, np.load(pixels))[output], np.load(features))


def apart(first, second, *sides):
    pixels = make_pixels(*map(int, sides))
    a, b = run(first, pixels), run(second, pixels)
    return {name: agreement(a[name], b[name]) for name in a if name in b}


def facts(model):
    import onnx
    onnx.checker.check_model(model, full_check=True)
    graph = onnx.load(model, load_external_data=False)
    opened = session(model)
    return {"inputs": [[p.name, p.type, p.shape] for p in opened.get_inputs()],
            "outputs": [[p.name, p.type, p.shape] for p in opened.get_outputs()],
            "opset": graph.opset_import[0].version, "producer": graph.producer_name,
            "metadata": {p.key: p.value for p in graph.metadata_props},
            "half_weights": sum(t.data_type == onnx.TensorProto.FLOAT16 for t in graph.graph.initializer)}


def try_(model, height, width):
    try:
        run(model, make_pixels(1, int(height), int(width)))
        return ""
    except Exception as error:
        return str(error)


if __name__ == "__main__":
    print(json.dumps(globals()[{"try": "try_"}.get(sys.argv[1], sys.argv[1])](*sys.argv[2:])))
