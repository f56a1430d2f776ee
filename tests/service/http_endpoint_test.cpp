#include "service/http_endpoint.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace dcmwatch {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

HttpPages pages() {
  return {.metrics = [] { return std::string{"dcmwatch_build_info 1\n"}; }};
}

/// A client that sends what it is told, however wrong.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    ::signal(SIGPIPE, SIG_IGN);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
    const timeval patience{5, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool send(std::string_view bytes) {
    return ::write(socket_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  }

  /// Until the server closes.
  std::string rest() {
    std::string all;
    std::array<char, 4096> some{};
    for (ssize_t got = 0; (got = ::read(socket_, some.data(), some.size())) > 0;)
      all.append(some.data(), static_cast<std::size_t>(got));
    return all;
  }

  std::string until(std::string_view end) {
    std::string all;
    for (char one = 0; !all.ends_with(end) && ::read(socket_, &one, 1) == 1;) all.push_back(one);
    return all;
  }

 private:
  int socket_;
};

std::string answer(std::uint16_t port, std::string_view request) {
  Client client{port};
  client.send(request);
  return client.rest();
}

std::string get(std::uint16_t port, const std::string& target) {
  return answer(port, "GET " + target + " HTTP/1.1\r\nHost: dcmwatch\r\nConnection: close\r\n\r\n");
}

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe{::popen(command.c_str(), "r"), ::pclose};
  std::string all;
  std::array<char, 4096> some{};
  while (const std::size_t got = std::fread(some.data(), 1, some.size(), pipe.get())) all.append(some.data(), got);
  return all;
}

TEST(HttpEndpoint, ServesItsPagesToCurl) {
  const HttpEndpoint endpoint{"127.0.0.1", 0, pages()};
  const std::string at = "http://127.0.0.1:" + std::to_string(endpoint.port());
  const std::string curl = "curl --silent --show-error --max-time 5 --write-out '%{http_code} %{content_type}' ";
  EXPECT_EQ(output_of(curl + at + "/metrics"), "dcmwatch_build_info 1\n200 text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(output_of(curl + at + "/metrics?x=y"),
            "dcmwatch_build_info 1\n200 text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(output_of(curl + at + "/healthz"), "ok\n200 text/plain; charset=utf-8");
  EXPECT_THAT(output_of(curl + at + "/"), EndsWith("200 text/html; charset=utf-8"));
  EXPECT_THAT(output_of(curl + at + "/metrics/x"), HasSubstr("404"));
  EXPECT_THAT(output_of(curl + "-X DELETE " + at + "/metrics"), HasSubstr("405"));
  EXPECT_THAT(output_of(curl + "-d x=y " + at + "/metrics"), HasSubstr("405"));
  EXPECT_THAT(output_of(curl + "-I " + at + "/metrics"), HasSubstr("Content-Length: 22"));
}

TEST(HttpEndpoint, SaysWhyItIsNotWell) {
  std::atomic<bool> well = true;
  HttpPages with_health = pages();
  with_health.unhealthy = [&]() -> std::optional<std::string> {
    return well ? std::nullopt : std::optional<std::string>{"no packet for 60 s on span0"};
  };
  const HttpEndpoint endpoint{"127.0.0.1", 0, with_health};
  EXPECT_THAT(get(endpoint.port(), "/healthz"), StartsWith("HTTP/1.1 200"));
  well = false;
  const std::string text = get(endpoint.port(), "/healthz");
  EXPECT_THAT(text, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(text, EndsWith("no packet for 60 s on span0\n"));
}

TEST(HttpEndpoint, KeepsAConnectionForMoreRequests) {
  const HttpEndpoint endpoint{"127.0.0.1", 0, pages()};
  Client client{endpoint.port()};
  for (int i = 0; i < 3; ++i) {
    client.send("GET /metrics HTTP/1.1\r\nHost: dcmwatch\r\n\r\n");
    EXPECT_THAT(client.until("build_info 1\n"), StartsWith("HTTP/1.1 200"));
  }
  client.send("GET / HTTP/1.1\r\n\r\nGET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.rest(), EndsWith("ok\n"));
}

TEST(HttpEndpoint, AnswersHttp10AndCloses) {
  const HttpEndpoint endpoint{"127.0.0.1", 0, pages()};
  EXPECT_THAT(answer(endpoint.port(), "GET /metrics HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 200"));
}

TEST(HttpEndpoint, RefusesGarbage) {
  const HttpEndpoint endpoint{"127.0.0.1", 0, pages()};
  EXPECT_THAT(answer(endpoint.port(), "\x16\x03\x01\x02\x00\x01 nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer(endpoint.port(), std::string(100, '\0')), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(get(endpoint.port(), "/healthz"), StartsWith("HTTP/1.1 200"));
}

TEST(HttpEndpoint, RefusesAHeadThatIsTooLarge) {
  const HttpEndpoint endpoint{"127.0.0.1", 0, pages()};
  EXPECT_THAT(answer(endpoint.port(), "GET /" + std::string(9000, 'x')), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(answer(endpoint.port(), "GET / HTTP/1.1\r\nX: " + std::string(9000, 'x')), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(
      answer(endpoint.port(), "GET / HTTP/1.1\r\nConnection: close\r\nX: " + std::string(7000, 'x') + "\r\n\r\n"),
      StartsWith("HTTP/1.1 200"));
}

TEST(HttpEndpoint, ReadsNoBody) {
  const HttpEndpoint endpoint{"127.0.0.1", 0, pages()};
  EXPECT_THAT(answer(endpoint.port(), "POST /metrics HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"),
              StartsWith("HTTP/1.1 405"));
}

TEST(HttpEndpoint, ClosesOnASlowRequestHoweverItDrips) {
  const HttpEndpoint endpoint{"127.0.0.1", 0, pages(), {.patience = 200ms}};
  Client client{endpoint.port()};
  const auto start = std::chrono::steady_clock::now();
  client.send("GET / HTTP/1.1\r\n");
  while (client.send("X: y\r\n") && std::chrono::steady_clock::now() - start < 5s) std::this_thread::sleep_for(20ms);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
}

TEST(HttpEndpoint, ClosesOnAClientThatDoesNotReadItsAnswer) {
  HttpPages large;
  large.metrics = [] { return std::string(64 << 20, 'x'); };
  const HttpEndpoint endpoint{"127.0.0.1", 0, large, {.patience = 200ms}};
  Client client{endpoint.port()};
  client.send("GET /metrics HTTP/1.1\r\n\r\n");
  std::this_thread::sleep_for(600ms);
  EXPECT_LT(client.rest().size(), std::size_t{64 << 20});
}

TEST(HttpEndpoint, MakesRoomByClosingTheConnectionIdleLongest) {
  const HttpEndpoint endpoint{"127.0.0.1", 0, pages(), {.connections = 4}};
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 4; ++i) idle.push_back(std::make_unique<Client>(endpoint.port()));
  for (const std::size_t i : {0U, 1U, 2U, 3U, 0U}) {
    idle[i]->send("GET /healthz HTTP/1.1\r\n\r\n");
    EXPECT_THAT(idle[i]->until("ok\n"), StartsWith("HTTP/1.1 200"));
  }

  EXPECT_THAT(get(endpoint.port(), "/healthz"), StartsWith("HTTP/1.1 200")) << "a scrape is not shut out";
  EXPECT_EQ(idle[1]->rest(), "") << "the one idle longest was closed";
  idle[0]->send("GET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_THAT(idle[0]->until("ok\n"), StartsWith("HTTP/1.1 200")) << "one that asked lately was not";
}

TEST(HttpEndpoint, OutlivesAFloodOfConnections) {
  const HttpEndpoint endpoint{"127.0.0.1", 0, pages()};
  std::vector<std::unique_ptr<Client>> flood;
  for (int i = 0; i < 300; ++i) {
    flood.push_back(std::make_unique<Client>(endpoint.port()));
    flood.back()->send("GET");
  }
  EXPECT_THAT(get(endpoint.port(), "/metrics"), EndsWith("dcmwatch_build_info 1\n"));
}

TEST(HttpEndpoint, AnswersManyAtOnce) {
  std::atomic<int> asked = 0;
  const HttpEndpoint endpoint{"127.0.0.1", 0, {.metrics = [&] { return "n " + std::to_string(++asked) + '\n'; }}};
  std::vector<std::thread> clients;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back([&] { EXPECT_THAT(get(endpoint.port(), "/metrics"), StartsWith("HTTP/1.1 200")); });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(asked, 16);
}

TEST(HttpEndpoint, StopsWhileClientsAreConnected) {
  HttpEndpoint endpoint{"127.0.0.1", 0, pages()};
  const std::uint16_t port = endpoint.port();
  Client idle{port};
  Client within_a_request{port};
  within_a_request.send("GET /metr");
  EXPECT_THAT(get(port, "/healthz"), StartsWith("HTTP/1.1 200"));
  endpoint.stop();
  endpoint.stop();
  EXPECT_EQ(idle.rest(), "");
  EXPECT_EQ(within_a_request.rest(), "");

  const HttpEndpoint again{"127.0.0.1", port, pages()};  // the port is free at once
  EXPECT_EQ(again.port(), port);
}

TEST(HttpEndpoint, TakesOverASocketThatListensAlready) {
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  ASSERT_EQ(::listen(listening, 16), 0);
  const HttpEndpoint endpoint{listening, pages()};
  EXPECT_THAT(get(endpoint.port(), "/healthz"), StartsWith("HTTP/1.1 200"));
}

TEST(HttpEndpoint, SaysWhereItCannotListen) {
  const HttpEndpoint endpoint{"127.0.0.1", 0, pages()};
  const auto message = [](const std::string& address, std::uint16_t port) -> std::string {
    try {
      const HttpEndpoint second{address, port, pages()};
      return "listens";
    } catch (const std::system_error& error) {
      return error.what();
    }
  };
  EXPECT_THAT(message("127.0.0.1", endpoint.port()), HasSubstr("cannot listen on 127.0.0.1 port "));
  EXPECT_THAT(message("no address", 1), HasSubstr("cannot listen on no address port 1"));
  EXPECT_THROW((HttpEndpoint{STDIN_FILENO, pages()}), std::system_error);
}

}  // namespace
}  // namespace dcmwatch
