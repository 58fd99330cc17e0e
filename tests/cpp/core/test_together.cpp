#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "mmlcore/core/parallel.hpp"
#include "mmlcore/core/together.hpp"

namespace mmlcore {
namespace {

TEST_SUITE_BEGIN("core");

// Every task waits until all have begun: on fewer threads this never ends.
bool meets(index_t count) {
  std::atomic<index_t> here{0};
  const bool run = run_together(count, [&](index_t) {
    ++here;
    while (here < count) std::this_thread::yield();
  });
  return run && here == count;
}

TEST_CASE("tasks that wait for each other have a thread each") {
  for (const index_t count : {1, 2, 3, 8}) CHECK(meets(count));
  CHECK(run_together(0, [](index_t) {}));
}

TEST_CASE("workers that sleep come, too") {
  for (int round = 0; round < 30; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    CHECK(meets(3));
  }
}

TEST_CASE("a group does not wait for a kernel that owns the pool") {
  const int before = num_threads();
  set_num_threads(2);
  std::atomic<bool> begun{false};
  std::atomic<bool> met{false};
  std::thread kernel([&] {
    parallel_tasks(2, [&](index_t) {
      begun = true;
      while (!met) std::this_thread::yield();
    });
  });
  while (!begun) std::this_thread::yield();
  CHECK(meets(2));
  met = true;
  kernel.join();
  // Within a task, as in a handler of signals: beside the pool that this thread owns, and the task stays within its region.
  std::atomic<int> right{0};
  parallel_tasks(2, [&](index_t) {
    const auto self = std::this_thread::get_id();
    bool same = true;
    bool fine = meets(2);
    parallel_tasks(4, [&](index_t) { same = same && std::this_thread::get_id() == self; });
    if (fine && same) ++right;
  });
  CHECK(right == 2);
  set_num_threads(before);
}

TEST_CASE("many groups at once") {
  std::atomic<bool> right{true};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 5; ++caller) {
    callers.emplace_back([&] {
      for (int round = 0; round < 100; ++round) {
        if (!meets(2 + round % 2)) right = false;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  CHECK(right);
}

#if (defined(__unix__) || defined(__APPLE__)) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a child after fork runs groups on threads of its own") {
  CHECK(meets(3));
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(20);
    _exit(meets(3) ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
#endif

TEST_SUITE_END();

}  // namespace
}  // namespace mmlcore
