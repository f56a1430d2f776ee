#include "output/event_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "output/samples.h"
#include "temporary_folder.h"

namespace dcmwatch {
namespace {

class EventLogTest : public testing::Test {
 protected:
  [[nodiscard]] std::string content() const {
    std::ostringstream text;
    text << std::ifstream{path_}.rdbuf();
    return text.str();
  }
  [[nodiscard]] std::ptrdiff_t lines() const { return std::ranges::count(content(), '\n'); }

  TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_ / "events.ndjson";
};

TEST_F(EventLogTest, WritesHowThingsEndedUnlessAskedForAll) {
  for (const bool every_phase : {false, true}) {
    EventLog log{path_, {.every_phase = every_phase}};
    for (const Phase phase : {Phase::start, Phase::progress, Phase::end}) {
      log.observe(samples::observation(samples::association(), phase));
    }
    EXPECT_TRUE(log.close());
    EXPECT_EQ(lines(), every_phase ? 3 : 1);
  }
}

TEST_F(EventLogTest, WritesFindingsAtOnceAndWhenComplete) {
  EventLog log{path_, {.observer = "probe-1"}};
  log.observe(samples::finding(Phase::start));
  log.flush();
  EXPECT_EQ(lines(), 1);
  log.observe(samples::finding(Phase::end));
  EXPECT_TRUE(log.close());
  EXPECT_EQ(lines(), 2);
  EXPECT_NE(content().find(R"("observer":{"name":"probe-1"})"), std::string::npos);
}

TEST_F(EventLogTest, IsNotReadableByOthers) {
  EventLog log{path_, {}};
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & (S_IRWXO | S_IWGRP), 0U);
}

TEST_F(EventLogTest, BeginsAFileAnewUnlessAskedToAppend) {
  for (const bool append : {false, false, true}) {
    EventLog log{path_, {.append = append}};
    log.observe(samples::observation(samples::message()));
  }
  EXPECT_EQ(lines(), 2);
}

TEST_F(EventLogTest, WritesMoreThanItBuffers) {
  EventLog log{path_, {}};
  for (int i = 0; i < 2000; ++i) log.observe(samples::observation(samples::operation()));
  EXPECT_TRUE(log.close());
  EXPECT_EQ(lines(), 2000);
}

TEST_F(EventLogTest, SaysWhichFileItCannotOpen) {
  try {
    const EventLog log{"/nonexistent/folder/events.ndjson", {}};
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string{error.what()}.find("/nonexistent/folder/events.ndjson"), std::string::npos);
  }
}

TEST_F(EventLogTest, TellsAFullDiskOnceAndCountsWhatWasLost) {
  int told = 0;
  std::string message;
  EventLog log{"/dev/full", {.on_failure = [&](std::string_view text) { ++told, message = text; }}};
  for (int i = 0; i < 3; ++i) {
    log.observe(samples::observation(samples::operation()));
    log.flush();
  }
  EXPECT_FALSE(log.close());
  EXPECT_EQ(told, 1);
  EXPECT_EQ(log.lost_records(), 3U);
  EXPECT_NE(message.find("/dev/full: No space left on device"), std::string::npos) << message;
}

TEST_F(EventLogTest, TellsABrokenPipe) {
  ::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  EventLog log{FileDescriptor{ends[1]}, "pipe", {}};
  log.observe(samples::observation(samples::operation()));
  EXPECT_FALSE(log.close());
  EXPECT_EQ(log.lost_records(), 1U);
}

TEST_F(EventLogTest, GoesOnWithAWholeLineWhenTheDiskHasSpaceAgain) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  EventLog log{path_, {}};
  log.observe(samples::observation(samples::operation()));
  log.flush();
  const auto line = static_cast<rlim_t>(std::filesystem::file_size(path_));

  rlimit limited = unlimited;
  limited.rlim_cur = line + line / 2;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
  log.observe(samples::observation(samples::operation()));
  log.observe(samples::observation(samples::operation()));
  log.flush();
  EXPECT_EQ(log.lost_records(), 2U);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &unlimited), 0);

  log.observe(samples::observation(samples::operation()));
  EXPECT_FALSE(log.close()) << "something was lost";
  const std::string text = content();
  EXPECT_EQ(std::ranges::count(text, '\n'), 3) << "a whole line, a torn one, a whole line";
  EXPECT_EQ(text.substr(0, line), text.substr(text.size() - line));
}

}  // namespace
}  // namespace dcmwatch
