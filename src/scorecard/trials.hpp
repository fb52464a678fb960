#pragma once

#include "evaluate/classify.hpp"
#include "evaluate/depth.hpp"
#include "evaluate/discover.hpp"
#include "evaluate/domains.hpp"
#include "evaluate/match.hpp"
#include "evaluate/retrieve.hpp"
#include "evaluate/robust.hpp"
#include "evaluate/segment.hpp"
#include "evaluate/video.hpp"
#include "scorecard/trial.hpp"

// Each protocol as a trial: its `looking` comes from whoever runs it, the rest from the options.
// `data` is what tables call the data set.
namespace troodon::scorecard {

Trial classes_trial(const std::string& data,
                    const std::string& train,
                    const std::string& val,
                    const evaluate::ClassifyOptions& options);

Trial domains_trial(const std::string& data, const evaluate::DomainOptions& options);

Trial damage_trial(const std::string& data,
                   const std::string& train,
                   const std::string& val,
                   const evaluate::RobustOptions& options);

Trial landmarks_trial(const std::string& data,
                      const fs::path& folder,
                      const evaluate::RetrieveOptions& options);

Trial labels_trial(const std::string& data,
                   const std::string& source,
                   const evaluate::RetrieveOptions& options);

Trial copies_trial(const std::string& data,
                   const fs::path& folder,
                   const std::string& distractors,
                   const evaluate::RetrieveOptions& options);

/// The splits train and val, or, without lists, every fifth picture judged.
Trial masks_trial(const std::string& data,
                  const fs::path& folder,
                  const evaluate::SegmentOptions& options);

/// Masks that nobody taught, on all pictures of a folder or on its split val.
Trial discover_trial(const std::string& data,
                     const fs::path& folder,
                     const evaluate::DiscoverOptions& options);

Trial depth_trial(const std::string& data,
                  const fs::path& folder,
                  const std::string& group,
                  const evaluate::DepthOptions& options);

Trial video_trial(const std::string& data,
                  const fs::path& folder,
                  const evaluate::VideoOptions& options);

Trial match_trial(const std::string& data,
                  const fs::path& folder,
                  const evaluate::MatchOptions& options);

}  // namespace troodon::scorecard
