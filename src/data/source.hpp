#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "parquet/table.hpp"

namespace troodon::data {

class Film;  // data/video.hpp

/// One picture of a data set: a file, a byte range of one, a value of a Parquet page, or a frame of
/// a video.
struct Item {
  std::string path;    ///< where the file is
  std::string id;      ///< its name in outputs: the path relative to the source, with '/'
  int64_t label = -1;  ///< index into Source::classes; -1: none
  uint64_t offset = 0;
  uint64_t bytes = 0;               ///< 0: the whole file, else so many bytes from offset on
  int64_t frame = -1;               ///< of a video, from 0; -1: no video
  std::shared_ptr<Film> film = {};  ///< that the frame is of; null: no video
  parquet::PageValue value = {};    ///< of the page that offset and bytes say; no index: no page
};

/// A list of pictures, in a fixed order. Each can be read on its own, so training draws exact
/// permutations over all of them, also from shards: there is no shuffle buffer to fill or to save.
struct Source {
  std::vector<Item> items;
  std::vector<std::string> classes;  ///< names of labels 0, 1, ...
  std::string description;           ///< one sentence: what was found, and what was left out
  std::vector<std::string> groups;   ///< of each item, where SourceOptions::group asks for it
};

struct SourceOptions {
  std::string split;  ///< "train", "val", ...: that sub-folder, or those rows of a manifest
  std::string path;   ///< a manifest's column of paths; "": path, else file_name
  std::string label;  ///< a manifest's column of labels; "": label, if there is one
  std::string group;  ///< a manifest's column that fills Source::groups; "": none
  double fps = 0;     ///< frames taken from a second of video; 0: all
};

/// Opens what `spec` names; `spec` may end in "?split=NAME&path=COLUMN&label=COLUMN&fps=N". Throws
/// Error (exit 4) that says what was looked for and where. docs/data.md shows each kind.
///   folder         every picture below it, sorted; its immediate sub-folders are the labels. With
///                  sub-folders train and val (or test), the one named by split, else train.
///   ImageNet:split=TRAIN:root=DIR, ImageNet22k:root=DIR   as the official code names them
///   list.txt, -    a path per line, relative to the list (-: stdin, relative to the current
///                  folder); optionally a tab and a label
///   table.csv/tsv  a header with path[,label][,split]; quotes as in RFC 4180
///   rows.jsonl     an object per line with the same names
///   rows.parquet, dir/*.parquet   the same columns, or the pictures themselves in a column of
///                  bytes: image, or image.bytes as Hugging Face datasets have it
///   a-{000..012}.tar, dir/*.tar, dir with nothing but shards   WebDataset, read where they lie
///   clip.mp4       the frames of a video, when ffmpeg is installed
///   picture        that one file
Source open_source(const std::string& spec, const SourceOptions& options = {});

/// Every picture below a folder, sorted by id; linked folders are followed, hidden files left out.
/// None: empty.
std::vector<Item> pictures_below(const std::string& folder);

/// Renumbers the labels after another source's class names, so that both mean the same; classes
/// unknown to it become -1.
void align_labels(Source& source, const std::vector<std::string>& classes);

/// Where the item is, in words for messages: its path, and what is meant within that file.
std::string place_of(const Item& item);

}  // namespace troodon::data
