// Loaded before everything else, it lets the n-th allocation of C++ code fail: see test_out_of_memory.py.
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

namespace {

std::atomic<long> left{-1};  // allocations until one fails; negative: none will

// Tiny blocks are those of pybind11 and of exceptions, which do not survive it.
constexpr std::size_t kTiny = 64;

bool fails(std::size_t size) { return size > kTiny && left.load() >= 0 && left.fetch_sub(1) == 0; }

void* taken(std::size_t size) {
  void* data = fails(size) ? nullptr : std::malloc(size ? size : 1);
  if (!data) throw std::bad_alloc();
  return data;
}

}  // namespace

extern "C" {

void mmlcore_test_fail_after(long count) { left = count; }
// Whether a failure is still to come.
int mmlcore_test_armed() { return left.load() >= 0; }

void* aligned_alloc(std::size_t align, std::size_t size) {
  void* data = nullptr;
  if (fails(size) || posix_memalign(&data, align, size) != 0) {
    errno = ENOMEM;
    return nullptr;
  }
  return data;
}

}  // extern "C"

void* operator new(std::size_t size) { return taken(size); }
void* operator new[](std::size_t size) { return taken(size); }
void operator delete(void* data) noexcept { std::free(data); }
void operator delete[](void* data) noexcept { std::free(data); }
void operator delete(void* data, std::size_t) noexcept { std::free(data); }
void operator delete[](void* data, std::size_t) noexcept { std::free(data); }
