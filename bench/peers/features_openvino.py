"""File to class-token feature: Pillow in a pool of processes, OpenVINO with its throughput hint, fp32 on the CPU.

    python bench/peers/features_openvino.py --images DIR --exported DIR --arch vits14 --size 224
"""
import multiprocessing
from functools import partial

import numpy as np

from pictures import arguments, export_onnx, prepare, report


def converted(args):
    file = args.exported / f"{args.arch}_{args.size}.xml"
    if not file.exists():
        import openvino
        openvino.save_model(openvino.convert_model(str(export_onnx(args, batch=1))), str(file), compress_to_fp16=False)
    return file


def compiled(args):
    import openvino
    return openvino.Core().compile_model(str(converted(args)), "CPU", {
        "PERFORMANCE_HINT": "LATENCY" if args.latency else "THROUGHPUT", "INFERENCE_NUM_THREADS": args.threads,
        "INFERENCE_PRECISION_HINT": "f32"})


def main():
    args = arguments(__doc__)
    if args.export:
        return converted(args)
    what = "Pillow in processes and OpenVINO"
    model = compiled(args)
    import openvino
    if args.latency:
        pixels = prepare(args.paths[0], args.size)[None]
        request = model.create_infer_request()
        return report(args, what, lambda: len(request.infer({0: pixels})[0]))
    pool = multiprocessing.get_context("spawn").Pool(args.threads)
    queue = openvino.AsyncInferQueue(model)

    def run():
        features = [None] * len(args.paths)
        queue.set_callback(lambda request, place: features.__setitem__(place, request.get_output_tensor().data.copy()))
        for place, pixels in enumerate(pool.imap(partial(prepare, size=args.size), args.paths, chunksize=4)):
            queue.start_async({0: pixels[None]}, place)
        queue.wait_all()
        return len(np.concatenate(features))

    report(args, what, run, pool)
    pool.close()


if __name__ == "__main__":
    main()
