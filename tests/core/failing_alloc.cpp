// Loaded before everything else, it lets the n-th allocation of C++ code fail and counts the blocks that are held:
// see test_out_of_memory.py.
#include <dlfcn.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_realloc(void* data, std::size_t size);
void* __libc_memalign(std::size_t align, std::size_t size);
void __libc_free(void* data);
}

namespace {

std::atomic<bool> watching{false};
std::atomic<long> left{-1};  // allocations until one fails; negative: none will

// The blocks that were taken while watching and not given back, each in a row of 16 places that its address picks.
constexpr std::size_t kRows = 1 << 12, kPlaces = 16;
std::atomic<void*> held[kRows][kPlaces];
std::atomic<long> count_held{0};

std::atomic<void*>* row_of(void* data) { return held[(reinterpret_cast<std::size_t>(data) >> 4) % kRows]; }

// Puts `to` where `from` is.
bool exchange(void* at, void* from, void* to) {
  for (std::atomic<void*>* place = row_of(at); place != row_of(at) + kPlaces; ++place) {
    void* expected = from;
    if (place->compare_exchange_strong(expected, to)) return true;
  }
  return false;
}

void note(void* data) {
  if (data && watching && exchange(data, nullptr, data)) ++count_held;
}

void forget(void* data) {
  if (data && watching && exchange(data, data, nullptr)) --count_held;
}

// pybind11 notes each instance of a class in a map, in a function that may not throw: the one allocation that may not fail.
constexpr std::size_t kInstance = 24;

// Whether the code at an address is mmlcore's: malloc serves the interpreter and its libraries too.
bool ours(void* code) {
  Dl_info where;
  return watching && dladdr(code, &where) != 0 && std::strstr(where.dli_fname, "/mmlcore/_core_") != nullptr;
}

bool fails(std::size_t size) { return size != kInstance && left.load() >= 0 && left.fetch_sub(1) == 0; }

template <class Take>
void* take(std::size_t size, Take&& from) {
  void* data = fails(size) ? nullptr : from();
  note(data);
  if (!data) errno = ENOMEM;
  return data;
}

void give_back(void* data) {
  forget(data);
  __libc_free(data);
}

void* taken(std::size_t size) {
  void* data = take(size, [=] { return __libc_malloc(size ? size : 1); });
  if (!data) throw std::bad_alloc();
  return data;
}

}  // namespace

extern "C" {

void mmlcore_test_watch(int on) { watching = on != 0; }
void mmlcore_test_fail_after(long count) { left = count; }
// Whether a failure is still to come.
int mmlcore_test_armed() { return left.load() >= 0; }
long mmlcore_test_held() { return count_held.load(); }

void* malloc(std::size_t size) {
  const auto plain = [=] { return __libc_malloc(size); };
  return ours(__builtin_return_address(0)) ? take(size, plain) : plain();
}

void* realloc(void* data, std::size_t size) {
  const auto plain = [=] { return __libc_realloc(data, size); };
  if (!ours(__builtin_return_address(0))) return plain();
  forget(data);
  void* moved = take(size, plain);
  if (!moved) note(data);
  return moved;
}

void* aligned_alloc(std::size_t align, std::size_t size) {
  return take(size, [=] { return __libc_memalign(align, size); });
}

void free(void* data) { give_back(data); }

}  // extern "C"

void* operator new(std::size_t size) { return taken(size); }
void* operator new[](std::size_t size) { return taken(size); }
void operator delete(void* data) noexcept { give_back(data); }
void operator delete[](void* data) noexcept { give_back(data); }
void operator delete(void* data, std::size_t) noexcept { give_back(data); }
void operator delete[](void* data, std::size_t) noexcept { give_back(data); }
