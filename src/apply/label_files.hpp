#pragma once

#include <set>
#include <string>
#include <vector>

#include "apply/label.hpp"
#include "apply/label_records.hpp"
#include "data/source.hpp"
#include "exports/depth.hpp"

namespace troodon::apply {

/// Where one head's files go.
struct HeadPlace {
  infer::Task task = infer::Task::classes;
  fs::path folder;
  std::set<std::string> formats;
  std::vector<std::string> classes;
};

/// Which of the formats each head writes, and where. Throws Error (Exit::usage) for two heads of
/// one name, and a format that none of them has.
std::vector<HeadPlace> places_of(const PredictOptions& options, const infer::Predictor& predictor);

/// A picture and the names of its files.
struct Named {
  data::Item item;
  std::string stem;  ///< folder/name
  std::string flat;  ///< folder_name
};

/// The files that a picture has in each format; those that all must be there.
std::vector<fs::path> files_of(const HeadPlace& place, const Named& named);

/// Writes what a head said of a picture, each file atomically; tells what is worth keeping.
HeadRecord write_prediction(const HeadPlace& place,
                            const Named& named,
                            const image::Image& picture,
                            const infer::Prediction& prediction,
                            const PredictOptions& options);

/// Files about all pictures: predictions.csv, annotations.json, data.yaml, classes.txt and the list
/// of a VOC folder. `head`: which of the records' heads it is. Returns their names.
std::vector<std::string> write_summaries(const HeadPlace& place,
                                         const std::vector<Record>& records,
                                         const std::vector<Named>& named,
                                         size_t head);

}  // namespace troodon::apply
