// The log: records as newline-delimited JSON, into a file or standard output.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "output/file_descriptor.h"
#include "output/record_sink.h"
#include "output/record_writer.h"
#include "output/text_buffer.h"

namespace dcmwatch {

struct EventLogSettings {
  bool every_phase = false;                               ///< starts and progress too, not only how things ended
  bool append = false;                                    ///< to a file that exists, instead of beginning it anew
  std::string observer = {};                              ///< observer.name of every record; may be empty
  std::string pseudonym_key = {};                         ///< observer.pseudonym_key of every record
  std::function<void(std::string_view)> on_failure = {};  ///< told once, when the first write fails
};

/// Writes the end of every observation, and findings when they are first made and when they are complete.
/// A write that fails (a full disk) costs the records in it and is counted; the log goes on with the next whole line as
/// soon as it can. Order of calls: observe and flush as often as wanted, then close. Whoever logs to a pipe ignores
/// SIGPIPE for the process.
class EventLog final : public RecordSink {
 public:
  /// `path` "-" is standard output. A new file is not readable by others. Throws std::system_error naming the file.
  EventLog(const std::string& path, EventLogSettings settings);
  /// A file that a privileged process opened. `name` is for messages.
  EventLog(FileDescriptor file, std::string name, EventLogSettings settings);
  ~EventLog() override;

  void observe(const Observation& observation) override;
  void observe(const Finding& finding) override;
  [[nodiscard]] bool takes_every_phase() const override { return settings_.every_phase; }
  void flush() override;

  /// Flushes and closes. False if this or any write before it failed.
  bool close();

  /// Records that could not be written. May be asked from any thread.
  [[nodiscard]] std::uint64_t lost_records() const { return lost_records_; }

 private:
  static constexpr std::size_t kBufferBytes = std::size_t{256} * 1024;

  void append(const Record& record);
  void write(std::string_view lines);
  void fail(int error, std::string_view unwritten);

  FileDescriptor file_;
  std::string name_;
  EventLogSettings settings_;
  RecordWriter writer_;
  TextBuffer buffer_{kBufferBytes + kBufferBytes / 4};
  bool torn_ = false;  ///< the file ends within a line
  bool failed_ = false;
  std::atomic<std::uint64_t> lost_records_ = 0;
};

}  // namespace dcmwatch
