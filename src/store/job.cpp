#include "store/job.hpp"

#include "base/error.hpp"
#include "base/place.hpp"

namespace troodon::store {
namespace {

/// Whether the result was put in place after the job said that it would do so.
bool in_place(const JobFolder& job) {
  const fs::path file = fs::is_directory(job.out) ? job.out / "index.json" : job.out;
  std::error_code error;
  return fs::exists(file, error) && fs::exists(job.finished(), error) &&
         fs::last_write_time(file) >= fs::last_write_time(job.finished());
}

}  // namespace

fs::path JobFolder::part(int64_t number) const {
  return folder() / fmt::format("part_{:06}.safetensors", number);
}

bool begin_job(const JobFolder& job, const std::string& signature, Existing existing) {
  const bool recorded = fs::exists(job.record());
  const bool same = recorded && read_text(job.record()) == signature;
  if (recorded && !same && existing == Existing::refuse) {
    fail(Exit::usage,
         "{}: parts of another job lie there (other model, pictures or settings); repeat that one, "
         "or write --overwrite",
         job.folder().string());
  }
  if (existing == Existing::refuse && fs::exists(job.out)) {
    if (same && in_place(job)) return true;
    fail(Exit::usage,
         "{}: exists already; write --overwrite to replace it, or --update to keep what is still "
         "right",
         job.out.string());
  }
  if (same) return false;
  std::error_code error;
  fs::remove_all(job.folder(), error);
  make_folders(job.folder());
  write_atomically(job.record(), signature);
  return false;
}

void end_job(const JobFolder& job) {
  const fs::path old = job.folder().string() + ".old";
  std::error_code error;
  fs::remove_all(old, error);
  fs::rename(job.folder(), old, error);  // in one step: never a record without its parts
  fs::remove_all(old, error);
}

}  // namespace troodon::store
