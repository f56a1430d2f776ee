#include "app/graphviz.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <system_error>

extern char** environ;

namespace dcmwatch {
namespace {

constexpr std::chrono::seconds kLongestLayout{25};

/// Closed when it goes.
class End {
 public:
  explicit End(int descriptor) : descriptor_(descriptor) {}
  ~End() { close(); }
  End(const End&) = delete;
  End& operator=(const End&) = delete;

  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

struct Pipe {
  explicit Pipe(const std::array<int, 2>& ends) : read(ends[0]), write(ends[1]) {}
  static Pipe open() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    return Pipe{ends};
  }
  End read, write;
};

pid_t start_dot(int input, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  std::array<char, 4> program{"dot"};
  std::array<char, 6> format{"-Tsvg"};
  std::array<char*, 3> arguments{program.data(), format.data(), nullptr};
  pid_t child = 0;
  const int error = posix_spawnp(&child, "dot", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    throw std::runtime_error(
        "SVG is laid out by Graphviz, whose program 'dot' is not to be found; install the package graphviz, or draw "
        "with --format dot or mermaid");
  return child;
}

// Both at once: it may begin to write before it has read all.
// Nothing, if it is not done in time.
std::optional<std::string> converse(Pipe& input, Pipe& output, const std::string& text) {
  const auto deadline = std::chrono::steady_clock::now() + kLongestLayout;
  std::string answer;
  std::size_t written = 0;
  std::array<char, 65536> buffer{};
  for (;;) {
    if (written == text.size()) input.write.close();
    std::array<pollfd, 2> ends{pollfd{output.read.get(), POLLIN, 0}, pollfd{input.write.get(), POLLOUT, 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return std::nullopt;
    const int ready = poll(ends.data(), ends.size(), static_cast<int>(left));
    if (ready < 0 && errno != EINTR) break;
    if (ready <= 0) continue;
    if (ends[1].revents != 0) {
      const ssize_t more =
          ::write(input.write.get(), text.data() + written, std::min<std::size_t>(text.size() - written, PIPE_BUF));
      if (more < 0) {
        written = text.size();  // it reads no more, and says why on stderr
      } else {
        written += static_cast<std::size_t>(more);
      }
    }
    if (ends[0].revents != 0) {
      const ssize_t more = ::read(output.read.get(), buffer.data(), buffer.size());
      if (more <= 0) break;
      answer.append(buffer.data(), static_cast<std::size_t>(more));
    }
  }
  return answer;
}

}  // namespace

std::string svg_from_dot(const std::string& dot) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe input = Pipe::open();
  Pipe output = Pipe::open();
  const pid_t child = start_dot(input.read.get(), output.write.get());
  input.read.close();
  output.write.close();
  const std::optional<std::string> svg = converse(input, output, dot);
  input.write.close();
  if (!svg) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!svg) {
    throw std::runtime_error("Graphviz did not lay the drawing out within " + std::to_string(kLongestLayout.count()) +
                             " s; draw less with --group zones, or with --format mermaid");
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || svg->empty())
    throw std::runtime_error("Graphviz could not lay the drawing out");
  return *svg;
}

}  // namespace dcmwatch
