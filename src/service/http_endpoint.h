// The HTTP endpoint: /metrics for Prometheus, /healthz for whoever restarts services, / for whoever looks.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace dcmwatch {

/// What is behind the pages. Called by the endpoint's thread, one request at a time.
struct HttpPages {
  std::function<std::string()> metrics;                        ///< Prometheus' text format 0.0.4
  std::function<std::optional<std::string>()> unhealthy = {};  ///< why dcmwatch is not well; nothing if it is
};

struct HttpLimits {
  std::size_t connections = 64;                ///< victim: the connection idle longest
  std::uint32_t request_bytes = 8 * 1024;      ///< of a head; a body is never read
  std::chrono::milliseconds patience{10'000};  ///< for a whole request, and for a whole answer to be taken
};

/// Serves from when it is made until stop() or its end, whichever comes first.
class HttpEndpoint {
 public:
  /// Listens on an IP address. Throws std::system_error naming address and port.
  HttpEndpoint(const std::string& address, std::uint16_t port, HttpPages pages, HttpLimits limits = {});
  /// Takes over a socket that listens already, opened by a process that may.
  HttpEndpoint(int listening_descriptor, HttpPages pages, HttpLimits limits = {});
  ~HttpEndpoint();
  HttpEndpoint(const HttpEndpoint&) = delete;
  HttpEndpoint& operator=(const HttpEndpoint&) = delete;

  /// The port it listens on; of interest where port 0 was asked for.
  [[nodiscard]] std::uint16_t port() const;

  /// Closes every connection and returns when the thread has ended.
  void stop();

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace dcmwatch
