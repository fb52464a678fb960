"""Troodon: learn from pictures without labels (DINOv2), then use what was learnt.

    import troodon
    run = troodon.train("photos/", "runs/first")
    model = troodon.load(run.model)
    vectors = model.embed(["a.jpg", "b.jpg"])  # float32 [2, D]
"""
from ._troodon import (Conversion, Embedder, Error, Features, FeaturesResult, Fidelity, KnnResult, Predictor, TrainProgress,
                       TrainResult, __version__, convert, features, knn, load, nearest, predict_pictures, read_features, train)

__all__ = ["Conversion", "Embedder", "Error", "Features", "FeaturesResult", "Fidelity", "KnnResult", "Predictor",
           "TrainProgress", "TrainResult", "__version__", "convert", "features", "knn", "load", "nearest", "predict_pictures",
           "read_features", "train"]
