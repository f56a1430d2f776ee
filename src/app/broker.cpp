#include "app/broker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace dcmwatch {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

FileDescriptor open_log(const std::string& file) {
  FileDescriptor descriptor{open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640)};
  if (!descriptor) fail(file);
  return descriptor;
}

FileDescriptor listen_on(const std::string& address, std::uint16_t port) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  v4.sin_port = v6.sin6_port = htons(port);
  const bool is_v4 = inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1;
  inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr);

  const std::string what = fmt::format("listen on {} port {}", address, port);
  FileDescriptor listener{socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int yes = 1;
  if (!listener || setsockopt(listener.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) fail(what);
  const auto* name = is_v4 ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6);
  if (bind(listener.number(), name, is_v4 ? sizeof v4 : sizeof v6) != 0) fail(what);
  if (listen(listener.number(), SOMAXCONN) != 0) fail(what);
  return listener;
}

void drop_privileges(const std::string& user) {
  if (geteuid() == 0) {
    const passwd* account = getpwnam(user.c_str());
    if (!account) throw std::runtime_error("user '" + user + "' does not exist; name another with 'user:'");
    if (account->pw_uid == 0) throw std::runtime_error("user '" + user + "' is root; the worker must not be");
    if (setgroups(0, nullptr) != 0 || setgid(account->pw_gid) != 0 || setuid(account->pw_uid) != 0)
      fail("become user " + user);
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("renounce new privileges");
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  if (syscall(SYS_capset, &header, none) != 0) fail("drop capabilities");
}

// Waits for the child, passing on what this process is told to do.
int attend(pid_t child, const sigset_t& signals) {
  while (true) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGCHLD) {
      kill(child, signal);
      continue;
    }
    int status = 0;
    if (waitpid(child, &status, WNOHANG) != child) continue;
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    if (!WIFSIGNALED(status)) continue;
    fmt::print(stderr, "dcmwatch: the worker died of signal {} ({})\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
    return 1;
  }
}

}  // namespace

void forbid_dumps() {
  constexpr rlimit kNone{0, 0};
  if (setrlimit(RLIMIT_CORE, &kNone) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0) fail("forbid core dumps");
}

Opened open_configured(const MonitorConfiguration& configuration) {
  forbid_dumps();  // the key is in this process too
  Opened opened;
  if (!configuration.pseudonym_key.empty())
    opened.pseudonymizer = Pseudonymizer::from_file(configuration.pseudonym_key);
  if (!configuration.events.empty() && configuration.events != "-") opened.events = open_log(configuration.events);
  opened.listener = listen_on(configuration.listen_address, configuration.listen_port);
  for (const InterfaceSettings& settings : configuration.interfaces) {
    opened.interfaces.push_back(open_interface(settings, static_cast<std::uint32_t>(opened.interfaces.size())));
  }
  return opened;
}

int run_apart(const std::string& user, Opened opened, const std::function<int(Opened)>& worker) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);

  const pid_t broker = getpid();
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child != 0) {
    opened = Opened{};  // the worker has its own descriptors: this process keeps no eye on the wire
    return attend(child, signals);
  }
  // The worker goes with its broker, even if that is killed. Asked twice: dropping privileges clears the wish.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  drop_privileges(user);
  forbid_dumps();  // changing the user allowed them again
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != broker) return 1;
  return worker(std::move(opened));
}

}  // namespace dcmwatch
