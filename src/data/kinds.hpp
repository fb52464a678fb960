#pragma once

#include <string>
#include <vector>

#include "base/file.hpp"
#include "data/source.hpp"

// One function per kind of source; source.cpp picks one.
namespace troodon::data {

Source open_folder(const fs::path& folder, const std::string& split);
/// "ImageNet:split=TRAIN:root=DIR:extra=DIR" and "ImageNet22k:root=DIR:extra=DIR". Classes are the
/// sorted folder names (as in the official code) or, without folders, the first fields of
/// root/labels.txt. ImageNet-22k may be one tar per class. `extra` is not needed.
Source open_imagenet(const std::string& spec);
bool names_imagenet(const std::string& spec);
/// `text` of a list.txt called `origin`, whose entries are relative to `base`.
Source open_list(std::string text, const std::string& origin, const fs::path& base);
/// A .csv or .tsv table. Columns offset and bytes, where there are any, are byte ranges.
Source open_table(const fs::path& file, char delimiter, const SourceOptions& options);
/// An object per line, with the same columns; other values are left alone.
Source open_json_lines(const fs::path& file, const SourceOptions& options);

/// Parquet tables, one after another, with the same columns; only those that mean something are
/// read, a row group at a time. Without a column of paths (or with ?path=COLUMN naming it), a
/// column of bytes `image` or `image.bytes` holds the pictures themselves.
Source open_parquet(const std::vector<std::string>& files, const SourceOptions& options);

/// Numbers the items' labels, given as texts. Small whole numbers keep their value; names are
/// numbered in sorted order; "" and "-1" mean no label.
void number_labels(Source& source, const std::vector<std::string>& labels);

/// Writes the one sentence: what it is, how many pictures and classes, and a remark.
void describe(Source& source, const std::string& what, const std::string& remark);

/// Whether a name ends as those of pictures do.
bool has_image_extension(const fs::path& path);

/// ASCII letters in lower case.
std::string lower(std::string text);

}  // namespace troodon::data
