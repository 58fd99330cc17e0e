#include "mmlcore/core/shared_blas.hpp"

#if !defined(_WIN32)
#include <dlfcn.h>
#include <pthread.h>
#endif
#if defined(__APPLE__)
#include <mach-o/dyld.h>
#elif !defined(_WIN32)
#include <link.h>
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <bitset>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "mmlcore/core/together.hpp"

namespace mmlcore {

#if defined(_WIN32)

std::vector<std::string> loaded_libraries() { return {}; }
std::vector<LoadedBlas> loaded_blas() { return {}; }
bool share_blas(const std::string&, int, int) { return false; }
void unshare_blas(const std::string&) {}
bool restart_blas_threads(const std::string&) { return false; }
int blas_threads(const std::string&) { return 1; }
void set_blas_threads(const std::string&, int) {}
long shared_blas_calls() { return 0; }

#else

namespace {

constexpr int kMostThreads = 1024;  // that an OpenBLAS may have been built for
constexpr int kMostLibraries = 8;

using Job = void (*)(int thread, void* job, int extra);
using OnPool = void (*)(int sync, Job f, int count, std::size_t size, void* jobs, int extra);

struct Library {
  void* handle = nullptr;  // held: what is shared cannot be unloaded
  void* base = nullptr;
  std::string path;
  char* (*config)() = nullptr;
  int (*layer)() = nullptr;
  int (*threads)() = nullptr;
  void (*set_threads)(int) = nullptr;
  void (*set_function)(OnPool) = nullptr;
  int (*begin)(long, void*) = nullptr;  // jobs of its own threads: exec_blas_async and what waits for them
  int (*wait)(long, void*) = nullptr;
  int* own_threads = nullptr;
  void (*read_environment)() = nullptr;
  int (*end_threads)() = nullptr;
  bool takes_function() const { return set_function && threads && set_threads && begin && wait; }

  // Below the lock of `entrance`:
  std::bitset<kMostThreads> taken;  // numbers of threads
  int most = 0;
  bool shared = false;
};

// A symbol of this library itself, under any of the names that builds give it. dlsym looks into what it depends on, too.
void* symbol_of(void* handle, const char* name, void* base) {
  for (const char* prefix : {"", "scipy_"}) {
    for (const char* suffix : {"", "64_", "_64"}) {
      void* found = dlsym(handle, (std::string(prefix) + name + suffix).c_str());
      Dl_info info;
      if (found && dladdr(found, &info) && (!base || info.dli_fbase == base)) return found;
    }
  }
  return nullptr;
}

template <class F>
void find(F*& f, const Library& library, const char* name) {
  f = reinterpret_cast<F*>(symbol_of(library.handle, name, library.base));
}

// Closes the handle again unless the library is an OpenBLAS that was not seen before.
bool open_library(const std::string& path, Library& library) {
  library.handle = dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  if (!library.handle) return false;
  Dl_info info;
  void* config = symbol_of(library.handle, "openblas_get_config", nullptr);
  if (!config || !dladdr(config, &info)) {
    dlclose(library.handle);
    return false;
  }
  library.base = info.dli_fbase;
  library.path = info.dli_fname;
  find(library.config, library, "openblas_get_config");
  find(library.layer, library, "openblas_get_parallel");
  find(library.threads, library, "openblas_get_num_threads");
  find(library.set_threads, library, "openblas_set_num_threads");
  find(library.set_function, library, "openblas_set_threads_callback_function");
  find(library.begin, library, "exec_blas_async");
  find(library.wait, library, "exec_blas_async_wait");
  find(library.own_threads, library, "blas_num_threads");
  find(library.read_environment, library, "openblas_read_env");
  find(library.end_threads, library, "blas_thread_shutdown_");
  return true;
}

// Who may start jobs: at most as many at once as there are processors, in order of arrival.
struct Waiting {
  std::condition_variable woken;
  Waiting* next = nullptr;
};

struct Entrance {
  std::mutex mutex;
  std::condition_variable quiet;
  Waiting* first = nullptr;
  Waiting* last = nullptr;
  int running = 0;
  int processors = 1;
};

Entrance entrance;
std::array<Library, kMostLibraries> libraries;
std::atomic<long> calls{0};
thread_local int depth = 0;    // groups of jobs that this thread is within
thread_local int forking = 0;  // handlers of a fork that hold the lock

bool fits(const Library& library, int count) {
  if (entrance.running == 0) return true;
  return entrance.running + count <= entrance.processors && library.most - static_cast<int>(library.taken.count()) >= count;
}

void wake_first() {
  if (entrance.first) entrance.first->woken.notify_one();
}

// Numbers of threads for the jobs of a group, from the end that OpenBLAS's own do not use.
class Admitted {
 public:
  Admitted(Library& library, int count) : library_(library), count_(count) {
    std::unique_lock lock(entrance.mutex);
    if (depth == 0 && (entrance.first || !fits(library, count))) {
      Waiting self;
      (entrance.last ? entrance.last->next : entrance.first) = &self;
      entrance.last = &self;
      self.woken.wait(lock, [&] { return entrance.first == &self && fits(library, count); });
      entrance.first = self.next;
      if (!self.next) entrance.last = nullptr;
    }
    entrance.running += count;
    for (int id = library.most - 1; id >= 0 && found_ < count; --id) {
      if (library.taken[static_cast<std::size_t>(id)]) continue;
      library.taken.set(static_cast<std::size_t>(id));
      ids_[static_cast<std::size_t>(found_++)] = id;
    }
    wake_first();  // it may fit beside this one
    ++depth;
  }
  ~Admitted() {
    --depth;
    const std::lock_guard lock(entrance.mutex);
    entrance.running -= count_;
    for (int i = 0; i < found_; ++i) library_.taken.reset(static_cast<std::size_t>((*this)[i]));
    wake_first();
    if (entrance.running == 0) entrance.quiet.notify_all();
  }
  Admitted(const Admitted&) = delete;
  Admitted& operator=(const Admitted&) = delete;
  int operator[](index_t i) const { return ids_[static_cast<std::size_t>(i)]; }
  bool complete() const { return found_ == count_; }

 private:
  Library& library_;
  int count_;
  int found_ = 0;
  std::array<int, kMostThreads> ids_;
};

void serve(Library& library, Job f, int count, std::size_t size, void* jobs, int extra) {
  if (count <= 0) return;
  calls.fetch_add(1, std::memory_order_relaxed);
  const Admitted number(library, count);
  const auto job = [&](index_t i) { f(number[i], static_cast<char*>(jobs) + static_cast<std::size_t>(i) * size, extra); };
  if (number.complete() && run_together(count, job)) return;
  // No more threads from the system, or no more numbers: OpenBLAS's own, which are there, do it as ever. The first job comes
  // with memory of its own.
  void* others = static_cast<char*>(jobs) + size;
  if (count > 1) library.begin(1, others);
  f(library.most - 1, jobs, extra);
  if (count > 1) library.wait(count - 1, others);
}

template <std::size_t Slot>
void on_pool(int, Job f, int count, std::size_t size, void* jobs, int extra) {
  serve(libraries[Slot], f, count, size, jobs, extra);
}

template <std::size_t... Slots>
constexpr std::array<OnPool, sizeof...(Slots)> functions(std::index_sequence<Slots...>) {
  return {&on_pool<Slots>...};
}
constexpr auto kFunctions = functions(std::make_index_sequence<kMostLibraries>{});

void before_fork() {
  if (depth > 0 || forking++ > 0) return;
  std::unique_lock lock(entrance.mutex);
  if (entrance.running > 0) {
    entrance.quiet.wait(lock, [] { return entrance.running == 0; });
    // Who called has to leave OpenBLAS's locks, which the child could never open. Nobody new comes: callers from Python need
    // the interpreter's lock, which whoever forks holds.
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
  lock.release();  // held until the fork is over
}

void in_parent() {
  if (depth == 0 && --forking == 0) entrance.mutex.unlock();
}

void in_child() {
  if (depth > 0 || --forking > 0) return;
  const int processors = entrance.processors;
  new (&entrance) Entrance;  // those who waited in the parent do not exist here
  entrance.processors = processors;
}

Library* known(const std::string& path) {
  for (auto& library : libraries)
    if (library.path == path) return &library;
  return nullptr;
}

#if !defined(__APPLE__)
int collect(dl_phdr_info* info, std::size_t, void* names) {
  if (info->dlpi_name && *info->dlpi_name) static_cast<std::vector<std::string>*>(names)->emplace_back(info->dlpi_name);
  return 0;
}
#endif

}  // namespace

std::vector<std::string> loaded_libraries() {
  std::vector<std::string> names;
#if defined(__APPLE__)
  for (std::uint32_t i = 0; i < _dyld_image_count(); ++i)
    if (const char* name = _dyld_get_image_name(i)) names.emplace_back(name);
#else
  dl_iterate_phdr(&collect, &names);
#endif
  return names;
}

std::vector<LoadedBlas> loaded_blas() {
  std::vector<LoadedBlas> all;
  for (const auto& path : loaded_libraries()) {
    Library library;
    if (!open_library(path, library)) continue;
    const bool seen = std::any_of(all.begin(), all.end(), [&](const auto& blas) { return blas.path == library.path; });
    if (!seen) {
      LoadedBlas blas;
      blas.path = library.path;
      blas.config = library.config();
      blas.layer = library.layer ? library.layer() : 0;
      blas.threads = library.threads ? library.threads() : 1;
      blas.own_threads = library.own_threads ? *library.own_threads : blas.threads;
      blas.takes_function = library.takes_function();
      if (const Library* ours = known(blas.path)) blas.shared = ours->shared;
      all.push_back(std::move(blas));
    }
    dlclose(library.handle);
  }
  return all;
}

bool share_blas(const std::string& path, int most_threads, int processors) {
  Library* library = known(path);
  if (!library) {
    library = known("");  // a free slot
    Library found;
    if (!library || !open_library(path, found)) return false;
    // Handlers run in the reverse order: ours must come before this library's own, which may have been loaded since.
    if (!found.takes_function() || pthread_atfork(&before_fork, &in_parent, &in_child) != 0) {
      dlclose(found.handle);
      return false;
    }
    *library = std::move(found);
  }
  {
    const std::lock_guard lock(entrance.mutex);
    library->most = std::clamp(most_threads, 1, kMostThreads);
    library->shared = true;
    entrance.processors = std::max(1, processors);
  }
  library->set_function(kFunctions[static_cast<std::size_t>(library - libraries.data())]);
  return true;
}

void unshare_blas(const std::string& path) {
  Library* library = known(path);
  if (!library) return;
  library->set_function(nullptr);
  const std::lock_guard lock(entrance.mutex);
  library->shared = false;
}

bool restart_blas_threads(const std::string& path) {
  const Library* library = known(path);
  if (!library || !library->read_environment || !library->end_threads) return false;
  library->read_environment();
  library->end_threads();
  return true;
}

int blas_threads(const std::string& path) {
  const Library* library = known(path);
  return library ? library->threads() : 1;
}

void set_blas_threads(const std::string& path, int count) {
  if (const Library* library = known(path)) library->set_threads(count);
}

long shared_blas_calls() { return calls.load(std::memory_order_relaxed); }

#endif

}  // namespace mmlcore
