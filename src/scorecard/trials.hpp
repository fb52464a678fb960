#pragma once

#include "protocols/classify.hpp"
#include "protocols/depth.hpp"
#include "protocols/discover.hpp"
#include "protocols/domains.hpp"
#include "protocols/match.hpp"
#include "protocols/retrieve.hpp"
#include "protocols/robust.hpp"
#include "protocols/segment.hpp"
#include "protocols/video.hpp"
#include "scorecard/trial.hpp"

// Each protocol as a trial: its `looking` comes from whoever runs it, the rest from the options.
// `data` is what tables call the data set.
namespace troodon::scorecard {

Trial classes_trial(const std::string& data,
                    const std::string& train,
                    const std::string& val,
                    const protocols::ClassifyOptions& options);

Trial domains_trial(const std::string& data, const protocols::DomainOptions& options);

Trial damage_trial(const std::string& data,
                   const std::string& train,
                   const std::string& val,
                   const protocols::RobustOptions& options);

Trial landmarks_trial(const std::string& data,
                      const fs::path& folder,
                      const protocols::RetrieveOptions& options);

Trial labels_trial(const std::string& data,
                   const std::string& source,
                   const protocols::RetrieveOptions& options);

Trial copies_trial(const std::string& data,
                   const fs::path& folder,
                   const std::string& distractors,
                   const protocols::RetrieveOptions& options);

/// The splits train and val, or, without lists, every fifth picture judged.
Trial masks_trial(const std::string& data,
                  const fs::path& folder,
                  const protocols::SegmentOptions& options);

/// Masks that nobody taught, on all pictures of a folder or on its split val.
Trial discover_trial(const std::string& data,
                     const fs::path& folder,
                     const protocols::DiscoverOptions& options);

Trial depth_trial(const std::string& data,
                  const fs::path& folder,
                  const std::string& group,
                  const protocols::DepthOptions& options);

Trial video_trial(const std::string& data,
                  const fs::path& folder,
                  const protocols::VideoOptions& options);

Trial match_trial(const std::string& data,
                  const fs::path& folder,
                  const protocols::MatchOptions& options);

}  // namespace troodon::scorecard
