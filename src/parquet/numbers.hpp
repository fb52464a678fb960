#pragma once

// Numbers of the specification (parquet.thrift), those that this room acts on.
namespace troodon::parquet {

enum PhysicalType {
  kBoolean = 0,
  kInt32 = 1,
  kInt64 = 2,
  kInt96 = 3,
  kFloat = 4,
  kDouble = 5,
  kByteArray = 6,
  kFixedBytes = 7,
};
enum Repetition { kRequired = 0, kOptional = 1, kRepeated = 2 };
enum ConvertedType {
  kUtf8 = 0,
  kList = 3,
  kEnum = 4,
  kDecimal = 5,
  kUint8 = 11,
  kUint64 = 14,
  kJson = 19,
};
enum LogicalType {
  kStringType = 1,
  kListType = 3,
  kDecimalType = 5,
  kIntegerType = 10,
  kFloat16Type = 15,
};
enum Encoding {
  kPlain = 0,
  kPlainDictionary = 2,
  kRle = 3,
  kBitPacked = 4,
  kDeltaBinary = 5,
  kDeltaLength = 6,
  kDeltaBytes = 7,
  kRleDictionary = 8,
  kByteStreamSplit = 9,
};
enum Codec { kUncompressed = 0, kSnappy = 1, kGzip = 2, kLzo, kBrotli, kLz4, kZstd = 6, kLz4Raw };
enum PageType { kDataPage = 0, kIndexPage = 1, kDictionaryPage = 2, kDataPage2 = 3 };

/// Of a row group: what bounds the memory that a few bytes of run lengths can ask for.
inline constexpr long kMostRows = 1L << 23;

}  // namespace troodon::parquet
