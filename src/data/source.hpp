#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troodon::data {

/// One picture of a data set.
struct Item {
  std::string path;    ///< where the file is
  std::string id;      ///< its name in outputs: the path relative to the source, with '/'
  int64_t label = -1;  ///< index into Source::classes; -1: none
};

/// A list of pictures, in a fixed order.
struct Source {
  std::vector<Item> items;
  std::vector<std::string> classes;  ///< names of labels 0, 1, ...
  std::string description;           ///< one sentence: what was found, and what was left out
};

struct SourceOptions {
  std::string split;  ///< "train", "val", ...: that sub-folder, or those rows of a manifest
};

/// Opens what `spec` names; `spec` may end in "?split=NAME". Throws Error (exit 4) that says what
/// was looked for and where.
///   folder         every picture below it, sorted; its immediate sub-folders are the labels. With
///                  sub-folders train and val (or test), the one named by split, else train.
///   list.txt       a path per line, relative to the list; optionally a tab and a label
///   table.csv/tsv  a header with path[,label][,split]; quotes as in RFC 4180
///   picture        that one file
Source open_source(const std::string& spec, const SourceOptions& options = {});

/// Renumbers the labels after another source's class names, so that both mean the same; classes
/// unknown to it become -1.
void align_labels(Source& source, const std::vector<std::string>& classes);

}  // namespace troodon::data
