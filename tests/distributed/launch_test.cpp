#include "distributed/launch.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "distributed/communicator.hpp"

namespace troodon::distributed {
namespace {

/// Sets environment variables, and unsets them at the end.
class LaunchEnvironment : public testing::Test {
 protected:
  void set(const char* name, const char* value) {
    ::setenv(name, value, 1);
    names_.push_back(name);
  }
  void TearDown() override {
    for (const char* name : names_) ::unsetenv(name);
  }

 private:
  std::vector<const char*> names_;
};

TEST_F(LaunchEnvironment, WithoutALauncherIsOneProcess) {
  const Launch launch = find_launch();
  EXPECT_EQ(launch.world_size, 1);
  EXPECT_TRUE(launch.first());
  EXPECT_EQ(connect(launch, "cpu")->world_size(), 1);
}

TEST_F(LaunchEnvironment, OfOpenMpiIsRead) {
  set("OMPI_COMM_WORLD_SIZE", "4"), set("OMPI_COMM_WORLD_RANK", "3");
  set("OMPI_COMM_WORLD_LOCAL_SIZE", "2"), set("OMPI_COMM_WORLD_LOCAL_RANK", "1");
  const Launch launch = find_launch();
  EXPECT_EQ(launch.by, Launch::By::mpi);
  EXPECT_EQ(launch.rank, 3);
  EXPECT_EQ(launch.world_size, 4);
  EXPECT_EQ(launch.local_size, 2);
  EXPECT_EQ(device_of_rank("cuda", launch), "cuda:1");
  EXPECT_EQ(device_of_rank("cpu", launch), "cpu");
}

TEST_F(LaunchEnvironment, OfSlurmCountsOnlyInsideAStep) {
  set("SLURM_NTASKS", "8"), set("SLURM_PROCID", "0");  // what a batch script sees
  EXPECT_EQ(find_launch().world_size, 1);
  set("SLURM_STEP_NUM_TASKS", "8"), set("SLURM_STEP_TASKS_PER_NODE", "4(x2)");
  EXPECT_EQ(find_launch().world_size, 8);
  EXPECT_EQ(find_launch().local_size, 4);
}

TEST_F(LaunchEnvironment, OfTorchrunIsReadButNeedsAnotherWayOnACpu) {
  set("WORLD_SIZE", "2"), set("RANK", "1"), set("LOCAL_RANK", "1");
  const Launch launch = find_launch();
  EXPECT_EQ(launch.by, Launch::By::environment);
  EXPECT_FALSE(launch.first());
  try {
    connect(launch, "cpu");
    FAIL() << "joined without MPI";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Exit::resource);
    EXPECT_NE(std::string(error.what()).find("mpirun -n 2"), std::string::npos) << error.what();
  }
}

TEST_F(LaunchEnvironment, ThatContradictsItselfIsRefused) {
  set("WORLD_SIZE", "2");
  EXPECT_THROW(find_launch(), Error);
  set("RANK", "2");
  EXPECT_THROW(find_launch(), Error);
  set("RANK", "one");
  EXPECT_THROW(find_launch(), Error);
}

}  // namespace
}  // namespace troodon::distributed
