"""File to class-token feature: Pillow in a pool of processes, ONNX Runtime, fp32 on the CPU.

The network is exported once from transformers' Dinov2Model and run through onnxruntime's own optimizer (fused attention).

    python bench/peers/features_onnxruntime.py --images DIR --exported DIR --arch vits14 --size 224
"""
import multiprocessing
from functools import partial

import numpy as np

from pictures import ARCHS, arguments, export_onnx, prepare, report


def divide_before_softmax(model):
    """The scale of the scores as a division: what onnxruntime's fusion of attention looks for."""
    import onnx
    scores = {node.input[0] for node in model.graph.node if node.op_type == "Softmax"}
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Mul" and node.output[0] in scores:
            scale = next(name for name in node.input if name in constants)
            value = 1 / onnx.numpy_helper.to_array(constants[scale])
            model.graph.initializer.append(onnx.numpy_helper.from_array(value.astype(np.float32), node.output[0] + "_divisor"))
            node.input[:] = [next(name for name in node.input if name != scale), node.output[0] + "_divisor"]
            node.op_type = "Div"
    return model


def optimised(args, batch):
    file = args.exported / f"{args.arch}_{args.size}_fused.onnx"
    if not file.exists():
        import onnx
        from onnxruntime.transformers import optimizer
        shape = ARCHS[args.arch]
        folded = str(file.with_suffix(".folded.onnx"))
        optimizer.optimize_by_onnxruntime(str(export_onnx(args, batch, "eager")), opt_level=1, optimized_model_path=folded,
                                          disabled_optimizers=["MatMulAddFusion", "MatmulTransposeFusion"])
        onnx.save(divide_before_softmax(onnx.load(folded)), folded)
        model = optimizer.optimize_model(folded, model_type="vit", num_heads=shape["heads"], hidden_size=shape["dim"], opt_level=0)
        attentions = sum(node.op_type == "Attention" for node in model.model.graph.node)
        if attentions != shape["depth"]:
            raise SystemExit(f"onnxruntime fused {attentions} attentions of {shape['depth']}: this would be no fair peer")
        model.save_model_to_file(str(file))
    return file


def session_of(args, batch):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    return onnxruntime.InferenceSession(str(optimised(args, batch)), options, providers=["CPUExecutionProvider"])


def main():
    args = arguments(__doc__)
    if args.export:
        return optimised(args, batch=1)
    what = "Pillow in processes and ONNX Runtime"
    session = session_of(args, batch=1)
    if args.latency:
        pixels = prepare(args.paths[0], args.size)[None]
        return report(args, what, lambda: len(session.run(None, {"pixels": pixels})[0]))
    pool = multiprocessing.get_context("spawn").Pool(args.threads)

    def run():
        decoded = pool.imap(partial(prepare, size=args.size), args.paths, chunksize=4)
        return len(np.concatenate([session.run(None, {"pixels": pixels[None]})[0] for pixels in decoded]))

    report(args, what, run, pool)
    pool.close()


if __name__ == "__main__":
    main()
