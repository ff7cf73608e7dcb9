#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "source/net/address.h"
#include "source/net/socket.h"

namespace headgate::net {
namespace {

/// A path for a Unix socket in a folder of its own.
class UnixPath : public testing::Test {
 protected:
  UnixPath() {
    std::string pattern = (std::filesystem::temp_directory_path() / "headgate-net-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ / "s";
  }
  ~UnixPath() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] base::Result<Socket> listen() const {
    return listenOn(Address::parse("unix:" + path_.string()).value(), false);
  }

  std::filesystem::path folder_;
  std::filesystem::path path_;
};

TEST_F(UnixPath, OfADeadProcessIsTakenOver) {
  ASSERT_TRUE(listen());  // closed at once; the path stays
  ASSERT_TRUE(std::filesystem::is_socket(path_));
  EXPECT_TRUE(listen());
}

TEST_F(UnixPath, OfALivingProcessIsRefused) {
  const auto first = listen();
  ASSERT_TRUE(first);
  EXPECT_FALSE(listen());
}

TEST_F(UnixPath, ThatIsAFileIsRefusedAndNotRemoved) {
  std::ofstream(path_) << "precious";
  const auto refused = listen();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "cannot listen on unix:" + path_.string() + ": File exists");
  EXPECT_TRUE(std::filesystem::is_regular_file(path_));
}

TEST_F(UnixPath, OfABackendIsNotInTheErrorThatClientsSee) {
  const auto failed = connectTo(Address::parse("unix:" + path_.string()).value());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "cannot connect: No such file or directory");
}

}  // namespace
}  // namespace headgate::net
