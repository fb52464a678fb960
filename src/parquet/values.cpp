#include "parquet/values.hpp"

namespace troodon::parquet {
namespace {

/// Of one page: small dictionaries and run lengths can stand for anything.
constexpr uint64_t kMostTextBytes = 1 << 28;

class Values {
 public:
  Values(const Column& column, const Leaf& leaf, Cells& out)
      : column_(column), leaf_(leaf), out_(out) {}

  void plain(Bytes data, uint64_t count) {
    if (column_.kind == Kind::boolean) {
      if (data.size() < (count + 7) / 8) fail("a page is cut short");
      for (uint64_t i = 0; i < count; ++i) add_number(static_cast<int64_t>(bits_at(data, i, 1)));
      return;
    }
    for (uint64_t i = 0; i < count; ++i) plain_value(data);
  }

  void indices(Bytes data, uint64_t count, const Cells& dictionary) {
    const int width = take<uint8_t>(data);
    if (width > 32) fail("its indices into the dictionary are damaged");
    each_run(data, width, count, [&](uint64_t n, uint64_t index) {
      for (; n > 0; --n) add_entry(dictionary, index);
    });
  }

  /// Booleans in runs, their length before them.
  void runs(Bytes data, uint64_t count) {
    Bytes runs = take_bytes(data, take<uint32_t>(data));
    each_run(runs, 1, count, [&](uint64_t n, uint64_t value) {
      out_.numbers.insert(out_.numbers.end(), n, static_cast<int64_t>(value));
    });
  }

  void deltas(Bytes data, uint64_t count) {
    const auto numbers = take_deltas(data, count);
    if (numbers.size() != count) fail("a page holds fewer values than it says");
    for (const int64_t number : numbers) add_number(number);
  }

  /// All first bytes of the numbers, then all second ones, ...
  void split_streams(Bytes data, uint64_t count) {
    const bool narrow = column_.kind == Kind::int32 || column_.kind == Kind::float32;
    const size_t width = narrow ? 4 : 8;
    if (data.size() / width < count) fail("a page is cut short");
    std::vector<std::byte> joined(count * width);
    for (size_t i = 0; i < count; ++i) {
      for (size_t b = 0; b < width; ++b) joined[i * width + b] = data[b * count + i];
    }
    plain(joined, count);
  }

  /// Lengths first, then all bytes; with `prefixes`, before both how much of the text before stays.
  void delta_texts(Bytes data, uint64_t count, bool prefixes) {
    const auto kept = prefixes ? take_deltas(data, count) : std::vector<int64_t>(count, 0);
    const auto lengths = take_deltas(data, count);
    if (kept.size() != count || lengths.size() != count)
      fail("a page holds fewer values than it says");
    std::string text;
    for (uint64_t i = 0; i < count; ++i) {
      if (lengths[i] < 0 || kept[i] < 0 || static_cast<uint64_t>(kept[i]) > text.size())
        fail("a page of texts is damaged");
      const Bytes end = take_bytes(data, static_cast<uint64_t>(lengths[i]));
      text.resize(static_cast<size_t>(kept[i]));
      text.append(reinterpret_cast<const char*>(end.data()), end.size());
      add_text(text);
    }
  }

 private:
  void plain_value(Bytes& data) {
    switch (column_.kind) {
      case Kind::int32:
        return add_number(take<int32_t>(data));
      case Kind::int64:
        return add_number(take<int64_t>(data));
      case Kind::float32:
        return out_.reals.push_back(take<float>(data));
      case Kind::float64:
        return out_.reals.push_back(take<double>(data));
      default: {
        const Bytes text = take_bytes(data, take<uint32_t>(data));
        add_text({reinterpret_cast<const char*>(text.data()), text.size()});
      }
    }
  }

  void add_number(int64_t number) {
    if (column_.kind == Kind::int32) {
      number = leaf_.is_unsigned ? static_cast<int64_t>(static_cast<uint32_t>(number))
                                 : static_cast<int64_t>(static_cast<int32_t>(number));
    }
    out_.numbers.push_back(number);
  }

  void add_text(std::string_view text) {
    text_bytes_ += text.size();
    if (text_bytes_ > kMostTextBytes)
      fail("a page of it unfolds to more than {} bytes of text", kMostTextBytes);
    out_.texts.emplace_back(text);
  }

  void add_entry(const Cells& dictionary, uint64_t index) {
    const size_t size =
        dictionary.texts.size() + dictionary.numbers.size() + dictionary.reals.size();
    if (index >= size) fail("an index points outside its dictionary");
    if (!dictionary.texts.empty()) return add_text(dictionary.texts[index]);
    if (!dictionary.numbers.empty()) return out_.numbers.push_back(dictionary.numbers[index]);
    out_.reals.push_back(dictionary.reals[index]);
  }

  const Column& column_;
  const Leaf& leaf_;
  Cells& out_;
  uint64_t text_bytes_ = 0;
};

}  // namespace

void add_values(const Column& column,
                const Leaf& leaf,
                int encoding,
                Bytes data,
                uint64_t count,
                const Cells& dictionary,
                Cells& out) {
  if (count == 0) return;  // some writers leave out even the head of an empty list of values
  Values values(column, leaf, out);
  const bool text = column.kind == Kind::text || column.kind == Kind::bytes;
  const bool whole = column.kind == Kind::int32 || column.kind == Kind::int64;
  const bool real = column.kind == Kind::float32 || column.kind == Kind::float64;
  if (encoding == kPlain) return values.plain(data, count);
  if (encoding == kPlainDictionary || encoding == kRleDictionary)
    return values.indices(data, count, dictionary);
  if (encoding == kRle && column.kind == Kind::boolean) return values.runs(data, count);
  if (encoding == kDeltaBinary && whole) return values.deltas(data, count);
  if ((encoding == kDeltaLength || encoding == kDeltaBytes) && text)
    return values.delta_texts(data, count, encoding == kDeltaBytes);
  if (encoding == kByteStreamSplit && (whole || real)) return values.split_streams(data, count);
  refuse_encoding(encoding);
}

}  // namespace troodon::parquet
