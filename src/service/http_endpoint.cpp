#include "service/http_endpoint.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <list>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace dcmwatch {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::string_view kIndex =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><title>dcmwatch</title></head><body><h1>dcmwatch</h1>\n"
    "<ul><li><a href=\"/metrics\">/metrics</a></li><li><a href=\"/healthz\">/healthz</a></li></ul></body></html>\n";

struct Answer {
  http::status status = http::status::ok;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body;
};

Answer index_page(const HttpPages&) { return {http::status::ok, "text/html; charset=utf-8", std::string{kIndex}}; }

Answer metrics_page(const HttpPages& pages) {
  return {http::status::ok, "text/plain; version=0.0.4; charset=utf-8", pages.metrics()};
}

Answer health_page(const HttpPages& pages) {
  const auto reason = pages.unhealthy ? pages.unhealthy() : std::nullopt;
  if (reason) return {http::status::service_unavailable, "text/plain; charset=utf-8", *reason + '\n'};
  return {.body = "ok\n"};
}

struct Page {
  std::string_view path;
  Answer (*answer)(const HttpPages&);
};
constexpr std::array kPages{Page{"/", index_page}, Page{"/metrics", metrics_page}, Page{"/healthz", health_page}};

Answer answer_to(const Request& request, const HttpPages& pages) {
  const std::string_view target{request.target().data(), request.target().size()};
  const auto page = std::ranges::find(kPages, target.substr(0, target.find('?')), &Page::path);
  if (page == kPages.end()) return {.status = http::status::not_found, .body = "no such page\n"};
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    return {.status = http::status::method_not_allowed, .body = "only GET and HEAD\n"};
  }
  return page->answer(pages);
}

/// Nothing if the connection failed, rather than what came over it.
std::optional<Answer> answer_to(const beast::error_code& error) {
  static const auto& about_http = http::make_error_code(http::error::bad_method).category();
  if (error.category() != about_http || error == http::error::end_of_stream) return std::nullopt;
  const bool too_large = error == http::error::header_limit || error == http::error::buffer_overflow;
  return Answer{.status = too_large ? http::status::request_header_fields_too_large : http::status::bad_request,
                .body = "not a request that is answered here\n"};
}

Response response_of(Answer&& answer, unsigned version, bool keep_alive) {
  Response response{answer.status, version};
  response.set(http::field::content_type, beast::string_view{answer.content_type.data(), answer.content_type.size()});
  response.set("X-Content-Type-Options", "nosniff");
  response.set(http::field::cache_control, "no-store");
  if (answer.status == http::status::method_not_allowed) response.set(http::field::allow, "GET, HEAD");
  response.keep_alive(keep_alive);
  response.body() = std::move(answer.body);
  response.prepare_payload();
  return response;
}

class Session;
using Sessions = std::list<Session*>;  // idle longest first

/// One connection: reads a request, answers it, and so on until either side has enough. Keeps itself alive.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket&& socket, const HttpPages& pages, const HttpLimits& limits, Sessions& sessions)
      : stream_(std::move(socket)),
        pages_(pages),
        limits_(limits),
        sessions_(sessions),
        position_(sessions.insert(sessions.end(), this)),
        buffer_(limits.request_bytes) {}
  ~Session() { sessions_.erase(position_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void read() {
    parser_.emplace();
    parser_->header_limit(limits_.request_bytes);
    parser_->body_limit(boost::none);  // what is never read needs no limit
    stream_.expires_after(limits_.patience);
    http::async_read_header(stream_, buffer_, *parser_,
                            beast::bind_front_handler(&Session::on_read, shared_from_this()));
  }

  void close() { stream_.close(); }

 private:
  void on_read(beast::error_code error, std::size_t) {
    if (!error) {
      const Request& request = parser_->get();
      sessions_.splice(sessions_.end(), sessions_, position_);
      is_head_ = request.method() == http::verb::head;
      // A request with a body is answered by its head, and the connection ends there.
      write(response_of(answer_to(request, pages_), request.version(), parser_->is_done() && request.keep_alive()));
    } else if (auto answer = answer_to(error)) {
      write(response_of(std::move(*answer), 11, false));
    }
  }

  void write(Response&& response) {
    response_ = std::move(response);
    stream_.expires_after(limits_.patience);
    serializer_.emplace(*response_);
    serializer_->split(is_head_);
    auto done = beast::bind_front_handler(&Session::on_write, shared_from_this());
    if (is_head_) {
      http::async_write_header(stream_, *serializer_, std::move(done));
    } else {
      http::async_write(stream_, *serializer_, std::move(done));
    }
  }

  void on_write(beast::error_code error, std::size_t) {
    if (error) return;
    if (response_->keep_alive()) return read();
    stream_.socket().shutdown(tcp::socket::shutdown_send, error);
  }

  beast::tcp_stream stream_;
  const HttpPages& pages_;
  const HttpLimits& limits_;
  Sessions& sessions_;
  Sessions::iterator position_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::empty_body>> parser_;
  std::optional<Response> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  bool is_head_ = false;
};

}  // namespace

class HttpEndpoint::Server {
 public:
  Server(HttpPages pages, HttpLimits limits) : pages_(std::move(pages)), limits_(limits) {}

  ~Server() { stop(); }

  void listen(const std::string& address, std::uint16_t port) {
    try {
      const tcp::endpoint endpoint{asio::ip::make_address(address), port};
      acceptor_.open(endpoint.protocol());
      acceptor_.set_option(tcp::acceptor::reuse_address{true});
      acceptor_.bind(endpoint);
      acceptor_.listen();
    } catch (const boost::system::system_error& error) {
      throw std::system_error{error.code(), "cannot listen on " + address + " port " + std::to_string(port)};
    }
    start();
  }

  void adopt(int descriptor) {
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
      throw std::system_error{errno, std::generic_category(), "the descriptor handed over for HTTP is no socket"};
    }
    boost::system::error_code error;
    acceptor_.assign(name.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), descriptor, error);
    if (error) throw std::system_error{error, "cannot take over the descriptor for HTTP"};
    start();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  void stop() {
    if (!thread_.joinable()) return;
    asio::post(context_, [this] {
      acceptor_.close();
      retry_.cancel();
      for (Session* session : sessions_) session->close();
    });
    thread_.join();
  }

 private:
  void start() {
    port_ = acceptor_.local_endpoint().port();
    accept();
    thread_ = std::thread{[this] { context_.run(); }};
  }

  void accept() {
    acceptor_.async_accept([this](const beast::error_code& error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) return accept_later();
      if (sessions_.size() >= limits_.connections) sessions_.front()->close();
      std::make_shared<Session>(std::move(socket), pages_, limits_, sessions_)->read();
      accept();
    });
  }

  // Out of descriptors, say: at once again would spin.
  void accept_later() {
    retry_.expires_after(kAcceptPause);
    retry_.async_wait([this](const beast::error_code& error) {
      if (!error && acceptor_.is_open()) accept();
    });
  }

  const HttpPages pages_;
  const HttpLimits limits_;
  Sessions sessions_;  // outlives the context, whose end destroys what sessions are left
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  asio::steady_timer retry_{context_};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

HttpEndpoint::HttpEndpoint(const std::string& address, std::uint16_t port, HttpPages pages, HttpLimits limits)
    : server_(std::make_unique<Server>(std::move(pages), limits)) {
  server_->listen(address, port);
}

HttpEndpoint::HttpEndpoint(int listening_descriptor, HttpPages pages, HttpLimits limits)
    : server_(std::make_unique<Server>(std::move(pages), limits)) {
  server_->adopt(listening_descriptor);
}

HttpEndpoint::~HttpEndpoint() = default;

std::uint16_t HttpEndpoint::port() const { return server_->port(); }

void HttpEndpoint::stop() { server_->stop(); }

}  // namespace dcmwatch
