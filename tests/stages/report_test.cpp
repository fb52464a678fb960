#include "stages/report.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "data/folder.hpp"
#include "image/encode.hpp"
#include "stages/manifest.hpp"
#include "stages/report/balance.hpp"

namespace troodon::stages {
namespace {

using data::Folder;

const std::string kHostile = "<script>\"é'&.png";

/// Six pictures a..e and one with a hostile name, labelled red or blue, of two countries.
class ReportTest : public testing::Test {
 protected:
  ReportTest() {
    for (const std::string& name : names_) {
      image::Image picture(8, 6);
      picture.pixels[0] = static_cast<uint8_t>(name[0]);
      image::write(folder_ / name, picture);
    }
    write_manifest(folder_ / "pool.csv",
                   {{{"path", names_},
                     {"label", Texts{"red", "red", "red", "red", "blue", "blue"}},
                     {"country", Texts{"A", "A", "A", "B", "B", ""}}}});
  }

  using Texts = std::vector<std::string>;

  /// a is broken, b is a copy of c, d matches a test picture, e and the hostile one make the set.
  ReportOptions whole_run() const {
    write_manifest(folder_ / "good.csv",
                   {{{"path", Texts{"b.png", "c.png", "d.png", "e.png", kHostile}},
                     {"brightness", std::vector<double>{1, 2, 3, 4, 5}},
                     {"sharpness", std::vector<double>{5, 4, 3, 2, 1}}}});
    write_manifest(folder_ / "good.removed.csv",
                   {{{"path", Texts{"a.png"}}, {"reason", Texts{"JPEG: it ends too early"}}}});
    write_manifest(folder_ / "kept.csv", {{{"path", Texts{"c.png", "d.png", "e.png", kHostile}}}});
    write_manifest(folder_ / "kept.removed.csv", removed("b.png", "alike", "c.png"));
    write_manifest(folder_ / "clean.csv", {{{"path", Texts{"c.png", "e.png", kHostile}}}});
    write_manifest(folder_ / "clean.removed.csv", removed("d.png", "like a reference", kHostile));
    write_manifest(folder_ / "set.csv",
                   {{{"path", Texts{"e.png", kHostile}}, {"cluster", std::vector<int64_t>{0, 1}}}});
    return {.pictures = folder_ / "pool.csv",
            .stages = {{"sift", folder_ / "good.csv", folder_ / "good.removed.csv"},
                       {"dedup", folder_ / "kept.csv", folder_ / "kept.removed.csv"},
                       {"match", folder_ / "clean.csv", folder_ / "clean.removed.csv"},
                       {"sample", folder_ / "set.csv", {}}},
            .groups = {"country"},
            .out = folder_ / "report.html",
            .progress = ProgressStyle::none};
  }

  static Manifest removed(const std::string& path, const std::string& why, const std::string& of) {
    return {{{"path", Texts{path}},
             {"reason", Texts{why}},
             {"of", Texts{of}},
             {"similarity", std::vector<double>{0.97}}}};
  }

  /// What a report that cannot be written says.
  std::string complaint(const ReportOptions& options, Exit code) const {
    try {
      write_report(options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_FALSE(fs::exists(options.out));
      return error.what();
    }
    return "no complaint";
  }

  Folder folder_;
  Texts names_ = {"a.png", "b.png", "c.png", "d.png", "e.png", kHostile};
};

TEST_F(ReportTest, TheFunnelAddsUp) {
  const ReportNumbers numbers = write_report(whole_run());
  EXPECT_EQ(numbers.pool, 6);
  EXPECT_EQ(numbers.chosen, 2);
  ASSERT_EQ(numbers.stages.size(), 4U);
  int64_t left = numbers.pool;
  for (const StageNumbers& stage : numbers.stages) {
    EXPECT_EQ(stage.before, left) << stage.stage;
    EXPECT_EQ(stage.kept + stage.removed, stage.before) << stage.stage;
    EXPECT_EQ(stage.remark, "") << stage.stage;
    left = stage.kept;
  }
  EXPECT_EQ(numbers.stages[0].reasons, (std::map<std::string, int64_t>{{"unreadable", 1}}));
  EXPECT_EQ(numbers.stages[3].reasons, (std::map<std::string, int64_t>{{"not chosen", 1}}));
}

TEST_F(ReportTest, AStageThatDoesNotGoOnWithTheOneBeforeIsNamed) {
  ReportOptions options = whole_run();
  options.stages.erase(options.stages.begin() + 1);
  const ReportNumbers numbers = write_report(options);
  EXPECT_EQ(numbers.stages[1].remark, "1 of the 5 pictures that were left were not looked at");
}

TEST_F(ReportTest, LabelsAndGroupsAreComparedWithThePool) {
  const ReportNumbers numbers = write_report(whole_run());
  ASSERT_EQ(numbers.spreads.size(), 2U);
  const Spread& label = numbers.spreads[0];
  EXPECT_EQ(label.shares[0].name, "red");
  EXPECT_EQ(label.shares[0].pool, 4);
  EXPECT_EQ(label.shares[0].set, 0);
  EXPECT_NEAR(label.entropy_before, 0.9183, 1e-4);  // of 1/3 and 2/3, in bits
  EXPECT_EQ(label.entropy_after, 0);
  const Spread& country = numbers.spreads[1];
  EXPECT_EQ(country.pool, 5);  // one is not known
  EXPECT_EQ(country.set, 1);
  EXPECT_EQ(country.shares.back().name, "");
  EXPECT_DOUBLE_EQ(country.shares[1].ratio, 1 / 0.4);
}

TEST_F(ReportTest, GroupsMayComeFromATableThatSaysMore) {
  ReportOptions options = whole_run();
  options.table = folder_ / "people.jsonl";
  write_manifest(options.table,
                 {{{"path", Texts{"elsewhere.png", "e.png"}}, {"income", Texts{"low", "high"}}}});
  options.groups = {"income"};
  const Spread spread = write_report(options).spreads[1];
  EXPECT_EQ(spread.pool, 1);
  EXPECT_EQ(spread.shares[0].name, "high");
  EXPECT_TRUE(std::isnan(spread.entropy_before));  // one value is neither even nor uneven
}

TEST_F(ReportTest, NamesAreEscapedAndNothingIsLoaded) {
  write_report(whole_run());
  const std::string page = read_text(folder_ / "report.html");
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;&quot;é&#39;&amp;.png"), std::string::npos);
  EXPECT_EQ(page.find("http"), page.find("http-equiv"));
  EXPECT_EQ(page.find("http", page.find("http-equiv") + 1), std::string::npos);
  EXPECT_NE(page.find("No text was used"), std::string::npos);
}

TEST_F(ReportTest, ATestPictureIsNotTakenForOneOfThePool) {
  ReportOptions options = whole_run();
  write_report(options);
  EXPECT_NE(read_text(options.out).find("not shown"), std::string::npos);
  options.test_sets = {folder_ / "pool.csv"};
  write_report(options);
  EXPECT_EQ(read_text(options.out).find("not shown"), std::string::npos);
}

TEST_F(ReportTest, APictureThatCannotBeReadSaysWhy) {
  const ReportOptions options = whole_run();
  folder_.put("a.png", "no picture");
  const ReportNumbers numbers = write_report(options);
  EXPECT_EQ(numbers.unreadable, 1);
  EXPECT_NE(read_text(options.out).find("no known picture format"), std::string::npos);
}

TEST_F(ReportTest, IsTheSameForAnyNumberOfThreads) {
  ReportOptions options = whole_run();
  options.threads = 1;
  write_report(options);
  const std::string one = read_text(options.out);
  options.threads = 4;
  write_report(options);
  EXPECT_EQ(read_text(options.out), one);
}

TEST_F(ReportTest, FaultsAreSaidInASentence) {
  const auto with = [&](const auto& change) {
    ReportOptions options = whole_run();
    change(options);
    return options;
  };
  const auto said = [&](const std::string& what, Exit code, const auto& change) {
    const std::string text = complaint(with(change), code);
    EXPECT_NE(text.find(what), std::string::npos) << text;
  };
  said("'bake' is no stage; stages are sift, dedup", Exit::usage, [](ReportOptions& options) {
    options.stages[0].stage = "bake";
  });
  said("no stages are given", Exit::usage, [](ReportOptions& options) { options.stages.clear(); });
  said("kept as .html", Exit::usage, [&](ReportOptions& options) {
    options.out = folder_ / "report.pdf";
  });
  said("z.png is not among the pool's pictures", Exit::input, [&](ReportOptions&) {
    write_manifest(folder_ / "set.csv", {{{"path", Texts{"z.png"}}}});
  });
  said("no column cluster; its columns are path", Exit::input, [&](ReportOptions&) {
    write_manifest(folder_ / "set.csv", {{{"path", Texts{"e.png"}}}});
  });
  said("no column of; its columns are path, reason", Exit::input, [&](ReportOptions&) {
    write_manifest(folder_ / "kept.removed.csv",
                   {{{"path", Texts{"b.png"}}, {"reason", Texts{"alike"}}}});
  });
  said("no column sharpness", Exit::input, [&](ReportOptions&) {
    write_manifest(folder_ / "good.csv", {{{"path", Texts{"b.png"}}, {"brightness", Texts{"1"}}}});
  });
  said("'age'", Exit::input, [](ReportOptions& options) { options.groups = {"age"}; });
  said("none of its 1 paths", Exit::input, [&](ReportOptions& options) {
    options.table = folder_ / "people.csv";
    write_manifest(options.table, {{{"path", Texts{"x"}}, {"country", Texts{"A"}}}});
  });
}

TEST(Wilson, KnowsThatFewPicturesSayLittle) {
  const auto [low, high] = wilson(1, 10);  // the formula by hand
  EXPECT_NEAR(low, 0.0179, 1e-4);
  EXPECT_NEAR(high, 0.4042, 1e-4);
  EXPECT_EQ(wilson(0, 0), (std::pair<double, double>{0, 1}));
  EXPECT_EQ(wilson(0, 5).first, 0);
}

TEST(Spread, MarksWhatIsNoChanceAndNoTrifle) {
  // 600 of A and 400 of B in the pool; 20 and 80 of them in the set.
  std::vector<std::string> values(600, "A");
  values.resize(1000, "B");
  std::vector<int64_t> set;
  for (int64_t i = 0; i < 100; ++i) set.push_back(i < 20 ? i : 600 + i);
  const Spread marked = spread_of("group", values, set);
  EXPECT_EQ(marked.shares[0].represented, Represented::under);
  EXPECT_EQ(marked.shares[1].represented, Represented::over);
  // The same shares of five pictures may be chance.
  set = {0, 600, 601, 602, 603};
  for (const Share& share : spread_of("group", values, set).shares)
    EXPECT_EQ(share.represented, Represented::evenly) << share.name;
}

TEST_F(ReportTest, PlantedCopiesAreCountedByTransform) {
  ReportOptions options = whole_run();
  write_manifest(folder_ / "truth.csv",
                 {{{"path", Texts{"heap/b.png", "d.png", "e.png", "c.png"}},
                   {"dup_of", Texts{"heap/c.png", "test/x.png", "heap/c.png", ""}},
                   {"transform", Texts{"crop", "leak", "crop", ""}}}});
  options.truth = folder_ / "truth.csv";
  const Truth truth = write_report(options).truth;
  EXPECT_EQ(truth.rows.at("crop").planted, 2);
  EXPECT_EQ(truth.rows.at("crop").found, 1);
  EXPECT_EQ(truth.rows.at("leak").found, 1);
  EXPECT_EQ(truth.removed, 1);
  EXPECT_EQ(truth.rightly, 1);
  EXPECT_NE(read_text(options.out).find("Planted copies"), std::string::npos);
  options.truth = folder_ / "set.csv", options.out = folder_ / "other.html";
  EXPECT_NE(complaint(options, Exit::input).find("dup_of"), std::string::npos);
}

}  // namespace
}  // namespace troodon::stages
