#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it first
#include <cstring>
#include <jpeglib.h>
#include <string>
#include <string_view>
#include <vector>

#include "image/formats.hpp"

// libjpeg reports errors by a jump. Each function that sets a jump target owns no object with a
// destructor, and the pixels are allocated between them, so no jump ever skips one.
namespace troodon::image {
namespace {

constexpr int kExifMarker = JPEG_APP0 + 1;
constexpr std::string_view kTruncated = "it ends before the picture is complete";
constexpr int kMostScans = 100;  // encoders write about ten; each costs a pass over the picture

/// libjpeg's state with our error and source hooks; freed by the destructor.
struct Reader {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_source_mgr source{};
  jpeg_progress_mgr progress{};
  std::jmp_buf on_error{};
  std::array<char, JMSG_LENGTH_MAX> message{};

  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { jpeg_destroy_decompress(&info); }
};

Reader& reader_of(j_common_ptr info) {
  return *static_cast<Reader*>(info->client_data);
}

[[noreturn]] void jump_out(j_common_ptr info) {
  Reader& reader = reader_of(info);
  info->err->format_message(info, reader.message.data());
  std::longjmp(reader.on_error, 1);
}

/// A few bytes can be a whole scan, so a small file could keep a core busy for minutes.
void count_scans(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMostScans) return;
  Reader& reader = reader_of(info);
  std::snprintf(reader.message.data(),
                reader.message.size(),
                "it has more than %d scans, so it was made to keep readers busy",
                kMostScans);
  std::longjmp(reader.on_error, 1);
}

/// Damaged entropy data is decoded as far as it goes, like Pillow; only errors stop.
void ignore_warning(j_common_ptr, int) {}

/// "No more bytes": libjpeg then suspends, which tells us that the file is cut short.
boolean no_more(j_decompress_ptr) {
  return FALSE;
}

void skip(j_decompress_ptr info, long count) {
  if (count <= 0) return;
  const size_t step = std::min(static_cast<size_t>(count), info->src->bytes_in_buffer);
  info->src->next_input_byte += step;
  info->src->bytes_in_buffer -= step;
}

void attach(Reader& reader, Bytes bytes) {
  reader.source.next_input_byte = reinterpret_cast<const JOCTET*>(bytes.data());
  reader.source.bytes_in_buffer = bytes.size();
  reader.source.init_source = [](j_decompress_ptr) {};
  reader.source.fill_input_buffer = no_more;
  reader.source.skip_input_data = skip;
  reader.source.resync_to_restart = jpeg_resync_to_restart;
  reader.source.term_source = [](j_decompress_ptr) {};
  reader.info.err = jpeg_std_error(&reader.errors);
  reader.errors.error_exit = jump_out;
  reader.errors.emit_message = ignore_warning;
  reader.info.client_data = &reader;
  reader.progress.progress_monitor = count_scans;
}

enum class Step { done, truncated, error };

Step read_header(Reader& reader, bool want_exif) {
  if (setjmp(reader.on_error) != 0) return Step::error;
  jpeg_create_decompress(&reader.info);
  reader.info.src = &reader.source;
  reader.info.progress = &reader.progress;
  if (want_exif) jpeg_save_markers(&reader.info, kExifMarker, 0xFFFF);
  return jpeg_read_header(&reader.info, TRUE) == JPEG_HEADER_OK ? Step::done : Step::truncated;
}

/// Fixes output size and colours. Accurate DCT and smooth chroma upsampling are the defaults.
Step set_up(Reader& reader, int64_t min_side) {
  if (setjmp(reader.on_error) != 0) return Step::error;
  jpeg_decompress_struct& info = reader.info;
  const int64_t side = std::min(info.image_width, info.image_height);
  for (info.scale_denom = 8; info.scale_denom > 1; info.scale_denom /= 2) {
    if (min_side > 0 && side / info.scale_denom >= min_side) break;
  }
  info.scale_num = 1;
  if (info.num_components == 4) {
    info.out_color_space = JCS_CMYK;
  } else {
    info.out_color_space = info.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  }
  jpeg_calc_output_dimensions(&info);
  return Step::done;
}

/// Decodes into `pixels`, rows of output_width * output_components bytes.
Step read_rows(Reader& reader, uint8_t* pixels) {
  if (setjmp(reader.on_error) != 0) return Step::error;
  jpeg_decompress_struct& info = reader.info;
  if (!jpeg_start_decompress(&info)) return Step::truncated;
  const size_t stride = static_cast<size_t>(info.output_width) * info.output_components;
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = pixels + info.output_scanline * stride;
    if (jpeg_read_scanlines(&info, &row, 1) == 0) return Step::truncated;
  }
  return Step::done;  // a missing end marker is harmless now
}

int orientation_of(const Reader& reader) {
  constexpr std::string_view kName{"Exif\0\0", 6};
  for (auto marker = reader.info.marker_list; marker != nullptr; marker = marker->next) {
    const Bytes data(reinterpret_cast<const std::byte*>(marker->data), marker->data_length);
    if (marker->marker != kExifMarker || data.size() < kName.size()) continue;
    if (std::memcmp(data.data(), kName.data(), kName.size()) != 0) continue;
    return exif_orientation(data.subspan(kName.size()));
  }
  return 1;
}

void gray_to_rgb(const std::vector<uint8_t>& gray, Image& image) {
  uint8_t* out = image.pixels.data();
  for (const uint8_t value : gray) out[0] = out[1] = out[2] = value, out += 3;
}

std::string complaint(const Reader& reader, Step step) {
  if (step == Step::truncated) return fmt::format("JPEG: {}", kTruncated);
  return fmt::format("JPEG: {}", reader.message.data());
}

/// A block of 64 pixels costs at least one bit, so a short file cannot hold a large picture.
bool too_short(const Reader& reader, size_t bytes) {
  const int64_t pixels = static_cast<int64_t>(reader.info.image_width) * reader.info.image_height;
  return pixels > kTrustedPixels && !reader.info.arith_code &&
         pixels / (64 * 8) > static_cast<int64_t>(bytes);
}

}  // namespace

Result<Decoded> decode_jpeg(Bytes bytes, const DecodeOptions& options) {
  Reader reader;
  attach(reader, bytes);
  const bool want_exif = options.orientation == Orientation::apply;
  Step step = read_header(reader, want_exif);
  if (step != Step::done) return Failure{complaint(reader, step)};
  const jpeg_decompress_struct& info = reader.info;
  const std::string problem = size_complaint(info.image_width, info.image_height, options);
  if (!problem.empty()) return Failure{"JPEG: " + problem};
  if (too_short(reader, bytes.size())) return Failure{complaint(reader, Step::truncated)};
  if (step = set_up(reader, options.min_side); step != Step::done) {
    return Failure{complaint(reader, step)};
  }
  Decoded out{
      .image = Image(static_cast<int>(info.output_width), static_cast<int>(info.output_height)),
      .orientation = want_exif ? orientation_of(reader) : 1};
  const bool direct = info.out_color_space == JCS_RGB;
  std::vector<uint8_t> other;
  if (!direct) other.resize(out.image.pixels.size() / 3 * info.output_components);
  step = read_rows(reader, direct ? out.image.pixels.data() : other.data());
  if (step != Step::done) return Failure{complaint(reader, step)};
  if (info.out_color_space == JCS_GRAYSCALE) gray_to_rgb(other, out.image);
  // Adobe's habit, which Pillow takes for granted: the inks are stored inverted.
  if (info.out_color_space == JCS_CMYK) inks_to_rgb(other, 0xFF, out.image);
  return out;
}

}  // namespace troodon::image
