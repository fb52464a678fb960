#!/usr/bin/env python3
"""Writes tests/parquet/files.hpp: tiny tables made by pyarrow, whose rows files_test knows by formula.
Needs pyarrow: python3 tests/parquet/make_files.py > tests/parquet/files.hpp"""
import io
import sys

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 20


def null(value, missing):
    return None if missing else value


def table():
    """The formulas of row i; tests/parquet/parquet_test.cpp has them, too."""
    i = range(ROWS)
    pictures = [{"bytes": b"\xff\xd8" + bytes([r]) * (r % 4), "path": f"{r}.jpg"} for r in i]
    return pa.table({
        "path": pa.array([null(f"p/{r % 4}é.jpg", r % 5 == 3) for r in i], pa.string()),
        "small": pa.array([null(1000 * r - 3000, r % 7 == 2) for r in i], pa.int32()),
        "large": pa.array([r * 2**40 - 5 for r in i], pa.int64()),
        "real": pa.array([null(r / 4, r > 14) for r in i], pa.float64()),
        "flag": pa.array([null(r % 3 == 0, r == 6) for r in i], pa.bool_()),
        "image": pa.array([null(p, r == 9) for r, p in enumerate(pictures)],
                          pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        "tags": pa.array([[1, 2]] * ROWS, pa.list_(pa.int64())),
    }, schema=pa.schema([("path", pa.string()), ("small", pa.int32()), pa.field("large", pa.int64(), nullable=False),
                         ("real", pa.float64()), ("flag", pa.bool_()),
                         ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])), ("tags", pa.list_(pa.int64()))]))


DELTAS = {"path": "DELTA_BYTE_ARRAY", "small": "DELTA_BINARY_PACKED", "large": "DELTA_BINARY_PACKED",
          "image.path": "DELTA_LENGTH_BYTE_ARRAY", "image.bytes": "DELTA_LENGTH_BYTE_ARRAY"}
FILES = {
    "plain": dict(compression="none", use_dictionary=False, version="1.0"),
    "dictionary_snappy": dict(compression="snappy", use_dictionary=True, row_group_size=12),
    "second_pages_gzip": dict(compression="gzip", data_page_version="2.0", row_group_size=12),
    "deltas_zstd": dict(compression="zstd", use_dictionary=False, column_encoding=DELTAS, data_page_version="2.0"),
    "brotli": dict(compression="brotli"),
    "split_streams": dict(use_dictionary=False, column_encoding={"real": "BYTE_STREAM_SPLIT", "small": "BYTE_STREAM_SPLIT"}),
}


def main():
    print("#pragma once\n\n#include <string>\n")
    print("// Made by tests/parquet/make_files.py: Parquet as pyarrow", pa.__version__, "writes it, in hexadecimal.")
    print("namespace troodon::parquet {\n\nstruct MadeFile {\n  const char* name;\n  const char* hex;\n};\n")
    print("// clang-format off\ninline constexpr MadeFile kMadeFiles[] = {")
    for name, options in FILES.items():
        out = io.BytesIO()
        pq.write_table(table() if name not in ("brotli", "split_streams") else table().select(["real", "small"]), out,
                       store_schema=False, write_statistics=False, **options)
        text = out.getvalue().hex()
        print(f"{len(text) // 2:6} {name}", file=sys.stderr)
        print(f'    {{"{name}",')
        for at in range(0, len(text), 100):
            print(f'     "{text[at:at + 100]}"' + ("" if at + 100 < len(text) else "},"))
    print("};\n// clang-format on\n")
    print("/// The file's bytes.\ninline std::string bytes_of(const MadeFile& file) {")
    print("  std::string out;\n  for (const char* at = file.hex; *at != 0; at += 2)")
    print("    out += static_cast<char>(std::stoi(std::string(at, 2), nullptr, 16));\n  return out;\n}")
    print("\n}  // namespace troodon::parquet")


main()
