#include "apply/label_records.hpp"

#include <ostream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace troodon::apply {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const HeadRecord& head) {
  Json out = Json::object();
  if (!head.top.empty()) out["top"] = head.top;
  if (!head.coco.empty()) out["coco"] = head.coco;
  if (head.far > 0) out["near"] = head.near, out["far"] = head.far;
  return out;
}

HeadRecord head_of(const Json& json) {
  return {.top = json.value("top", decltype(HeadRecord::top){}),
          .coco = json.value("coco", std::vector<std::string>{}),
          .near = json.value("near", 0.0),
          .far = json.value("far", 0.0)};
}

}  // namespace

std::string to_line(const Record& record) {
  Json heads = Json::array();
  for (const auto& head : record.heads) heads.push_back(json_of(head));
  const Json out = {{"id", record.id},
                    {"path", record.path},
                    {"width", record.width},
                    {"height", record.height},
                    {"formats", record.formats},
                    {"heads", heads}};
  // Names of files are bytes; what is no UTF-8 must not end the job.
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Record record_of(const std::string& line, const std::string& origin) {
  try {
    const Json json = Json::parse(line);
    Record out{.id = json.at("id"),
               .path = json.at("path"),
               .width = json.at("width"),
               .height = json.at("height"),
               .formats = json.at("formats")};
    for (const auto& head : json.at("heads")) out.heads.push_back(head_of(head));
    return out;
  } catch (const Json::exception& error) {
    fail(Exit::input, "{}: is damaged ({}); remove it, or write --overwrite", origin, error.what());
  }
}

void write_records(const fs::path& file,
                   const std::string& settings,
                   const std::vector<Record>& records) {
  write_atomically(file, [&](std::ostream& out) {
    out << Json{{"settings", settings}}.dump() << '\n';
    for (const auto& record : records) out << to_line(record) << '\n';
  });
}

Records read_records(const fs::path& file) {
  Records out;
  if (!fs::exists(file)) return out;
  std::istringstream text(read_text(file));
  std::string line;
  std::getline(text, line);
  const Json head = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!head.is_object() || !head.contains("settings") || !head["settings"].is_string())
    fail(Exit::input, "{}: is no list of predictions; name another folder", file.string());
  out.settings = head["settings"];
  while (std::getline(text, line)) out.records.push_back(record_of(line, file.string()));
  return out;
}

}  // namespace troodon::apply
