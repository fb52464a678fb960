"""Troodon: learn from pictures without labels (DINOv2), then use what was learnt.

    import troodon
    run = troodon.train("photos/", "runs/first")
    model = troodon.load(run.model)
    vectors = model.embed(["a.jpg", "b.jpg"])  # float32 [2, D]
"""
from ._troodon import (AddResult, Collection, Conversion, DepthAnswer, DepthStream, DepthStreamStats, Embedder, Error,
                       Features, FeaturesResult, Fidelity, KnnResult, KnownPicture, Mask, Masker, MatchResult, Matcher,
                       Pattern, Predictor, SearchHit, Sight, TrainProgress, TrainResult, __version__, convert, features, knn,
                       load, nearest, predict_pictures, read_features, read_mask, train, write_mask)

__all__ = ["AddResult", "Collection", "Conversion", "DepthAnswer", "DepthStream", "DepthStreamStats", "Embedder",
           "Error", "Features", "FeaturesResult", "Fidelity", "KnnResult", "KnownPicture", "Mask", "Masker",
           "MatchResult", "Matcher", "Pattern", "Predictor", "SearchHit", "Sight", "TrainProgress", "TrainResult",
           "__version__", "convert", "features", "knn", "load", "nearest", "predict_pictures", "read_features",
           "read_mask", "train", "write_mask"]
