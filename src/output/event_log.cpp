#include "output/event_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace dcmwatch {
namespace {

constexpr mode_t kMode = S_IRUSR | S_IWUSR | S_IRGRP;  // less what umask takes away

FileDescriptor open_log(const std::string& path, bool append) {
  const int how = O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC);
  FileDescriptor file{path == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0) : ::open(path.c_str(), how, kMode)};
  if (!file) throw std::system_error{errno, std::generic_category(), "cannot write the event log " + path};
  return file;
}

/// What write(2) left; nothing when all was written. `error` says why there is a rest.
std::string_view write_all(int file, std::string_view bytes, int& error) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd writable{file, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      error = errno;
      break;
    }
  }
  return bytes;
}

}  // namespace

EventLog::EventLog(const std::string& path, EventLogSettings settings)
    : EventLog(open_log(path, settings.append), path == "-" ? "standard output" : path, std::move(settings)) {}

EventLog::EventLog(FileDescriptor file, std::string name, EventLogSettings settings)
    : file_(std::move(file)), name_(std::move(name)), settings_(std::move(settings)) {}

EventLog::~EventLog() { close(); }

void EventLog::observe(const Observation& observation) {
  if (settings_.every_phase || observation.event.phase == Phase::end)
    append({observation, nullptr, settings_.observer, settings_.pseudonym_key});
}

void EventLog::observe(const Finding& finding) {
  append({finding.example, &finding, settings_.observer, settings_.pseudonym_key});
}

void EventLog::append(const Record& record) {
  writer_.append(buffer_, record);
  if (buffer_.size() >= kBufferBytes) flush();
}

void EventLog::flush() {
  if (buffer_.empty()) return;
  write(buffer_.text());
  buffer_.clear();
}

void EventLog::write(std::string_view lines) {
  int error = file_ ? 0 : EBADF;
  if (torn_ && file_) torn_ = !write_all(file_.number(), "\n", error).empty();
  const std::string_view unwritten = error == 0 ? write_all(file_.number(), lines, error) : lines;
  if (unwritten.empty()) return;

  const std::size_t written = lines.size() - unwritten.size();
  torn_ = torn_ || (written != 0 && lines[written - 1] != '\n');
  fail(error, unwritten);
}

void EventLog::fail(int error, std::string_view unwritten) {
  lost_records_ += static_cast<std::uint64_t>(std::ranges::count(unwritten, '\n'));
  if (!std::exchange(failed_, true) && settings_.on_failure) {
    settings_.on_failure(fmt::format("cannot write to {}: {}; records are lost until it can be written again", name_,
                                     std::generic_category().message(error)));
  }
}

bool EventLog::close() {
  flush();
  if (file_ && ::close(file_.release()) != 0) fail(errno, {});
  return !failed_;
}

}  // namespace dcmwatch
