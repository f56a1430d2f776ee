#include "capture/mapping.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <mutex>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22  // Linux 5.14
#endif

namespace dcmwatch {
namespace {

/// What the signal handler may touch: no lock, no memory of anybody's.
struct Place {
  std::atomic<bool> taken = false;
  std::atomic<std::uintptr_t> begin = 0;
  std::atomic<std::uintptr_t> end = 0;
  std::atomic<bool> lost = false;
};

// Few windows are mapped at a time; who finds no place reads instead.
std::array<Place, 1024> places;

std::size_t take_place() {
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!places[i].taken.exchange(true)) return i;
  }
  return places.size();
}

const auto page_bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));

void on_missing_page(int signal, siginfo_t* about, void*) {
  const int error = errno;
  const auto at = reinterpret_cast<std::uintptr_t>(about->si_addr);
  for (Place& place : places) {
    if (at < place.begin || at >= place.end) continue;
    void* const page = reinterpret_cast<void*>(at / page_bytes * page_bytes);
    if (mmap(page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) break;
    place.lost = true;
    errno = error;
    return;
  }
  // Not ours: the same happens again, and ends the process.
  ::signal(signal, SIG_DFL);
}

void install_handler() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action {};
    action.sa_sigaction = on_missing_page;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGBUS, &action, nullptr);
  });
}

}  // namespace

std::unique_ptr<Mapping> Mapping::of(int descriptor, std::uint64_t from, std::size_t bytes, std::size_t fresh_bytes) {
  const std::size_t number = take_place();
  if (number == places.size()) return nullptr;
  Place& place = places[number];
  void* const mapped = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, static_cast<off_t>(from));
  if (mapped == MAP_FAILED) {
    place.taken = false;
    return nullptr;
  }
  install_handler();
  auto* const data = static_cast<std::uint8_t*>(mapped);
  place.lost = false;
  place.begin = reinterpret_cast<std::uintptr_t>(data);
  place.end = place.begin + bytes;
  std::unique_ptr<Mapping> mapping{new Mapping{data, bytes, number}};
  // One call instead of a fault for each few pages; kernels that do not know it fault.
  const std::size_t before = (bytes - fresh_bytes) / page_bytes * page_bytes;
  if (madvise(data + before, bytes - before, MADV_POPULATE_READ) != 0 && errno != EINVAL) return nullptr;
  return mapping;
}

// The handler must not find a place of memory that is somebody else's by then.
Mapping::~Mapping() {
  Place& place = places[place_];
  place.begin = place.end = 0;
  munmap(const_cast<std::uint8_t*>(data_), bytes_);
  place.taken = false;
}

const std::atomic<bool>& Mapping::lost() const { return places[place_].lost; }

}  // namespace dcmwatch
