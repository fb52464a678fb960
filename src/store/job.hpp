#pragma once

#include <cstdint>
#include <string>

#include "base/file.hpp"

namespace troodon::store {

/// The folder beside a result in which its parts wait: OUT.parts.
struct JobFolder {
  fs::path out;

  fs::path folder() const { return out.string() + ".parts"; }
  fs::path part(int64_t number) const;
  fs::path record() const { return folder() / "job.json"; }
  fs::path finished() const { return folder() / "finished"; }  ///< the result is being put in place
  fs::path scratch() const { return folder() / "result"; }
};

enum class Existing {
  refuse,   ///< a result that is there is an error
  replace,  ///< it is replaced, and parts of another job are thrown away
};

/// Begins a job or goes on with it. `signature`: everything that the parts depend on. True if an
/// earlier call was stopped after the result was in place, so that nothing is left to do but
/// end_job. Throws Error (exit 2) if a result or parts of another job are in the way, (exit 6) if
/// the folder cannot be written.
bool begin_job(const JobFolder& job, const std::string& signature, Existing existing);

/// Removes the parts; a kill on the way leaves nothing that a later call stumbles over.
void end_job(const JobFolder& job);

}  // namespace troodon::store
