#include "source/log/log_file.h"

#include <cerrno>
#include <csignal>

#include "test/source/log/support.h"

namespace headgate::log {
namespace {

class LogFileTest : public testing::Test {
 protected:
  TempDirectory directory_;
};

TEST_F(LogFileTest, AppendsToAFileThatExists) {
  const std::string path = directory_.file("a.log");
  std::ofstream(path) << "before\n";
  base::Result<LogFile> file = LogFile::open(path);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->write("after\n", 6).bytes, 6U);
  EXPECT_EQ(contentsOf(path), "before\nafter\n");
}

TEST_F(LogFileTest, MakesAFileThatOthersCannotRead) {
  const std::string path = directory_.file("new.log");
  ASSERT_TRUE(LogFile::open(path));
  struct stat facts {};
  ASSERT_EQ(stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0007, 0U);
}

TEST_F(LogFileTest, NamesThePathThatCannotBeOpened) {
  const std::string path = directory_.file("missing/a.log");
  const base::Result<LogFile> file = LogFile::open(path);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message, "cannot open log file \"" + path + "\": No such file or directory");
  EXPECT_EQ(file.error().code, base::ErrorCode::Io);
}

TEST_F(LogFileTest, RefusesADirectoryAndNamesThatAreNone) {
  EXPECT_FALSE(LogFile::open(directory_.file("")));
  EXPECT_FALSE(LogFile::open(""));
  EXPECT_FALSE(LogFile::open(std::string("a\0b", 3)));
}

TEST_F(LogFileTest, RefusesANamedPipeWithoutAReaderInsteadOfWaiting) {
  const std::string path = directory_.file("fifo");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_FALSE(LogFile::open(path));
}

TEST_F(LogFileTest, LeavesTheDescriptorsOfTheProcessAlone) {
  {
    base::Result<LogFile> file = LogFile::open("/dev/stderr");
    ASSERT_TRUE(file);
    EXPECT_EQ(file->fd(), STDERR_FILENO);
    EXPECT_TRUE(file->reopen());
    EXPECT_EQ(file->fd(), STDERR_FILENO);
  }
  EXPECT_NE(fcntl(STDERR_FILENO, F_GETFD), -1);
}

TEST_F(LogFileTest, ReopensByPathAfterARename) {
  const std::string path = directory_.file("a.log");
  base::Result<LogFile> file = LogFile::open(path);
  ASSERT_TRUE(file);
  (void)file->write("old\n", 4);
  std::filesystem::rename(path, path + ".1");
  ASSERT_TRUE(file->reopen());
  (void)file->write("new\n", 4);
  EXPECT_EQ(contentsOf(path + ".1"), "old\n");
  EXPECT_EQ(contentsOf(path), "new\n");
}

TEST_F(LogFileTest, KeepsTheOldFileIfThePathCannotBeReopened) {
  std::filesystem::create_directory(directory_.file("sub"));
  const std::string path = directory_.file("sub/a.log");
  base::Result<LogFile> file = LogFile::open(path);
  ASSERT_TRUE(file);
  std::filesystem::rename(directory_.file("sub"), directory_.file("moved"));
  EXPECT_FALSE(file->reopen());
  EXPECT_EQ(file->write("still\n", 6).bytes, 6U);
  EXPECT_EQ(contentsOf(directory_.file("moved/a.log")), "still\n");
}

TEST_F(LogFileTest, StallsAtAFullPipeAndGoesOnWhenItIsRead) {
  Pipe pipe(directory_.file("fifo"));
  base::Result<LogFile> file = LogFile::open(pipe.path());
  ASSERT_TRUE(file);
  const std::string many(1 << 20, 'x');
  const LogFile::Progress first = file->write(many.data(), many.size());
  EXPECT_TRUE(first.stalled);
  EXPECT_EQ(first.errnum, 0);
  EXPECT_LT(first.bytes, many.size());
  EXPECT_EQ(pipe.read().size(), first.bytes);
  EXPECT_GT(file->write(many.data(), many.size() - first.bytes).bytes, 0U);
}

TEST_F(LogFileTest, ReportsAReaderThatWentAway) {
  Pipe pipe(directory_.file("fifo"));
  base::Result<LogFile> file = LogFile::open(pipe.path());
  ASSERT_TRUE(file);
  pipe.closeReader();
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(file->write("x\n", 2).errnum, EPIPE);
  (void)std::signal(SIGPIPE, before);
}

TEST_F(LogFileTest, BeginsANewLineAfterOneWhoseRestWasLost) {
  const std::string path = directory_.file("a.log");
  base::Result<LogFile> file = LogFile::open(path);
  ASSERT_TRUE(file);
  (void)file->write("half a li", 9);
  file->abandonRest();
  (void)file->write("whole\n", 6);
  file->abandonRest();
  (void)file->write("next\n", 5);
  EXPECT_EQ(contentsOf(path), "half a li\nwhole\nnext\n");
}

TEST_F(LogFileTest, ReportsAFullDisk) {
  if (access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full here";
  base::Result<LogFile> file = LogFile::open("/dev/full");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->write("x\n", 2).errnum, ENOSPC);
}

}  // namespace
}  // namespace headgate::log
