#pragma once

#include <string>
#include <vector>

#include "evaluate/looking.hpp"
#include "metrics/retrieval.hpp"

namespace troodon::evaluate {

/// The one vector by which whole pictures are compared, by cosine.
enum class Descriptor {
  cls,     ///< class token
  pooled,  ///< class token and mean patch token, each of unit length
  deep,    ///< class tokens of all blocks and mean patch token, each of unit length: early blocks
           ///< tell the same thing from one of its kind
};

struct RetrieveOptions {
  Looking looking;
  Descriptor descriptor = Descriptor::cls;
  std::vector<double> scales = {1};  ///< factors of the size; descriptors of several are added up
  std::vector<int64_t> kappas = {1, 5, 10};  ///< precision and mAP at so many
};

/// Revisited Oxford and Paris.
struct LandmarkScores {
  metrics::Revisited easy, medium, hard;
  int64_t pictures = 0, queries = 0;
  std::vector<std::vector<int64_t>> ranks;  ///< [queries] all pictures, best first
  bool interrupted = false;
};

/// Ranks the pictures of a folder in that layout (datasets/landmarks.hpp) for each query. Landmarks
/// fill pictures, so nothing is cropped but queries by their boxes: `crop` reads as `stretch`.
LandmarkScores retrieve_landmarks(const RetrieveOptions& options, const fs::path& folder);

/// Retrieval by class: every picture looks for the others of its class.
struct LabelScores {
  std::vector<double> map_at;  ///< [kappas] mAP@k
  double recall_at_1 = 0;
  double gap = 0;  ///< global average precision of the nearest neighbour's class
  std::vector<std::string> ids, groups;  ///< [rows]
  std::vector<double> right;             ///< [rows] 1 if the nearest is of the class
  bool interrupted = false;
};

/// Throws Error (exit 4) if the source has no labels.
LabelScores retrieve_labels(const RetrieveOptions& options, const data::Source& source);

/// Copy detection.
struct CopyScores {
  double uap = 0;          ///< micro average precision over all (copy, original) pairs
  double recall_at_1 = 0;  ///< share of copies whose nearest reference is the original
  struct Change {
    std::string name;
    double recall_at_1 = 0;
    int64_t copies = 0;
  };
  std::vector<Change> changes;  ///< worst first
  int64_t copies = 0, references = 0;
  bool interrupted = false;
};

/// Finds copies (datasets/copies.hpp) among the originals and, if there are any, the pictures of
/// `distractors`.
CopyScores retrieve_copies(const RetrieveOptions& options,
                           const fs::path& folder,
                           const std::string& distractors = "");

}  // namespace troodon::evaluate
