#include "mmlcore/core/parallel.hpp"

#if !defined(_WIN32)
#include <pthread.h>
#endif
#if defined(__linux__)
#include <sched.h>
#endif

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <thread>
#include <utility>

#include "mmlcore/core/float_mode.hpp"
#include "mmlcore/core/interrupt.hpp"
#include "mmlcore/core/region_failed.hpp"
#include "mmlcore/core/together.hpp"

namespace mmlcore {
namespace {

constexpr int kMaxThreads = 1024;

// How a worker waits for the next region: first in a tight loop, then, until kAwake is over, offering its processor to any
// other thread that wants it; then it sleeps. Kernels such as LU alternate regions with serial stretches of 0.1 ms, and a
// sleeper would pay for a wake-up each time.
constexpr int kSpins = 1000;
constexpr auto kAwake = std::chrono::milliseconds(1);

using Clock = std::chrono::steady_clock;

std::atomic<int> process_threads{1};
thread_local int thread_override = 0;
thread_local bool in_region = false;

inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// A woken worker is often put on the processor of the thread that woke it, where the two take turns until the system's load
// balancing finds out, many milliseconds later. A worker that meets its owner there moves away at once: for one call its
// affinity excludes that processor, which makes the system move it.
#if defined(__linux__)
int current_cpu() { return sched_getcpu(); }

void leave_cpu(int cpu) {
  cpu_set_t allowed, others;
  if (cpu < 0 || cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  others = allowed;
  CPU_CLR(cpu, &others);
  if (CPU_COUNT(&others) == 0) return;
  if (sched_setaffinity(0, sizeof others, &others) == 0) sched_setaffinity(0, sizeof allowed, &allowed);
}
#else
int current_cpu() { return -1; }
void leave_cpu(int) {}
#endif

class Pool {
 public:
  bool failed() const { return failed_.load(std::memory_order_relaxed); }
  // False, with nothing run, when the pool has an owner, and when tasks that need a thread each would not get one.
  enum class Tasks { kAnyThread, kThreadEach };
  bool try_run(index_t count, int threads, detail::TaskFn fn, void* context, Tasks kind);

 private:
  // One word says whether a region is open, which one, and how many workers are inside it. A worker enters by adding one
  // while the region is open; the owner closes it and then waits for the workers inside. A worker that wakes too late finds
  // the region closed and touches nothing.
  static constexpr std::uint64_t kOpen = std::uint64_t{1} << 31;
  static constexpr std::uint64_t kInside = kOpen - 1;
  static constexpr std::uint64_t kEpoch = std::uint64_t{1} << 32;

  void worker(int id);
  bool enter(std::uint64_t gate) { return gate_.compare_exchange_strong(gate, gate + 1, std::memory_order_acq_rel); }
  void work(bool polls);
  void grow(int workers);

  std::atomic<bool> owned_{false};
  std::atomic<std::uint64_t> gate_{0};
  std::atomic<std::uint32_t> alarm_{0};
  std::atomic<int> sleeping_{0};
  int workers_ = 0;

  // The open region. Written by the owner before it opens the gate, read by workers inside.
  detail::TaskFn fn_ = nullptr;
  void* context_ = nullptr;
  index_t count_ = 0;
  int threads_ = 1;
  int owner_cpu_ = -1;
  FloatMode mode_ = FloatMode::current();
  alignas(64) std::atomic<index_t> next_{0};
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;
};

void Pool::work(bool polls) {
  const bool outer = std::exchange(in_region, true);  // a handler of signals within a region may call a library
  try {
    while (!failed_.load(std::memory_order_relaxed)) {
      const index_t task = next_.fetch_add(1, std::memory_order_relaxed);
      if (task >= count_) break;
      fn_(context_, task);
      if (polls) poll_interrupt();
    }
  } catch (...) {
    if (!failed_.exchange(true)) error_ = std::current_exception();
  }
  in_region = outer;
}

void Pool::worker(int id) {
  std::uint64_t done = 0;  // the last epoch served
  int spins = 0;
  Clock::time_point sleep_at;
  for (;;) {
    const std::uint32_t alarm = alarm_.load(std::memory_order_acquire);
    const std::uint64_t gate = gate_.load(std::memory_order_seq_cst);
    if ((gate & kOpen) && (gate / kEpoch) != done) {
      if (!enter(gate)) continue;
      if (id < threads_) {
        if (owner_cpu_ >= 0 && current_cpu() == owner_cpu_) leave_cpu(owner_cpu_);
        mode_.use();
        work(false);
      }
      done = gate / kEpoch;
      gate_.fetch_sub(1, std::memory_order_release);
      spins = 0;
    } else if (++spins < kSpins) {
      relax();
    } else if (spins == kSpins || Clock::now() < sleep_at) {
      if (spins == kSpins) sleep_at = Clock::now() + kAwake;
      for (int i = 0; i < 16; ++i) relax();
      std::this_thread::yield();
    } else {
      sleeping_.fetch_add(1, std::memory_order_seq_cst);
      const std::uint64_t again = gate_.load(std::memory_order_seq_cst);
      if (!((again & kOpen) && (again / kEpoch) != done)) alarm_.wait(alarm, std::memory_order_acquire);
      sleeping_.fetch_sub(1, std::memory_order_relaxed);
      spins = 0;
    }
  }
}

void Pool::grow(int workers) {
  for (; workers_ < workers; ++workers_) {
    try {
      std::thread([this, id = workers_ + 1] { worker(id); }).detach();
    } catch (const std::system_error&) {
      return;  // the system gives no more threads: go on with those there are
    }
  }
}

bool Pool::try_run(index_t count, int threads, detail::TaskFn fn, void* context, Tasks kind) {
  if (owned_.exchange(true, std::memory_order_acquire)) return false;
  grow(threads - 1);
  if (kind == Tasks::kThreadEach && workers_ < threads - 1) {
    owned_.store(false, std::memory_order_release);
    return false;
  }
  fn_ = fn;
  context_ = context;
  count_ = count;
  threads_ = threads;
  owner_cpu_ = current_cpu();
  mode_ = FloatMode::current();
  next_.store(0, std::memory_order_relaxed);
  failed_.store(false, std::memory_order_relaxed);
  gate_.fetch_add(kEpoch + kOpen, std::memory_order_seq_cst);
  if (sleeping_.load(std::memory_order_seq_cst) > 0) {
    alarm_.fetch_add(1, std::memory_order_release);
    alarm_.notify_all();
  }
  work(kind == Tasks::kAnyThread);
  gate_.fetch_and(~kOpen, std::memory_order_acq_rel);
  for (int spins = 0; gate_.load(std::memory_order_acquire) & kInside; ++spins) {
    if (spins < kSpins) {
      relax();
    } else {
      std::this_thread::yield();  // a worker has lost its processor
    }
  }
  std::exception_ptr error = std::exchange(error_, nullptr);
  owned_.store(false, std::memory_order_release);
  if (error) std::rethrow_exception(error);
  return true;
}

// The first serves our kernels and, while they leave it free, groups of tasks that run together; the others serve such
// groups alone. Never destroyed: their workers are detached and may outlive every static. After fork the child makes its
// own.
constexpr int kPools = 64;
std::atomic<Pool*> pools[kPools];

Pool& pool_number(int i) {
  Pool* current = pools[i].load(std::memory_order_acquire);
  if (current) return *current;
#if !defined(_WIN32)
  static const int registered = pthread_atfork(nullptr, nullptr, [] {
    for (auto& pool : pools) pool.store(nullptr, std::memory_order_relaxed);
    in_region = false;
  });
  (void)registered;
#endif
  Pool* fresh = new Pool;
  if (pools[i].compare_exchange_strong(current, fresh)) return *fresh;
  delete fresh;  // another thread was first; this one has no workers yet
  return *current;
}

Pool& the_pool() { return pool_number(0); }

}  // namespace

int num_threads() { return thread_override > 0 ? thread_override : process_threads.load(std::memory_order_relaxed); }

void set_num_threads(int count) { process_threads.store(std::clamp(count, 1, kMaxThreads)); }

int set_thread_override(int count) {
  const int before = thread_override;
  thread_override = std::clamp(count, 0, kMaxThreads);
  return before;
}

// Kernels that a handler of signals calls, within the hook, are no part of the region.
bool region_failed() { return in_region && !in_interrupt_hook && the_pool().failed(); }

namespace detail {

void run_tasks(index_t count, int threads, TaskFn fn, void* context) {
  if (count <= 0) return;
  if (count > 1 && threads > 1 && !in_region && the_pool().try_run(count, threads, fn, context, Pool::Tasks::kAnyThread))
    return;
  const bool outermost = !in_region || in_interrupt_hook;  // inside a region only its owner polls
  for (index_t task = 0; task < count; ++task) {
    fn(context, task);
    if (outermost) poll_interrupt();
  }
}

bool run_together(index_t count, TaskFn fn, void* context) {
  if (count > kMaxThreads) return false;
  if (count == 1) fn(context, 0);
  if (count <= 1) return true;
  for (int i = 0; i < kPools; ++i)
    if (pool_number(i).try_run(count, static_cast<int>(count), fn, context, Pool::Tasks::kThreadEach)) return true;
  return false;
}

}  // namespace detail
}  // namespace mmlcore
