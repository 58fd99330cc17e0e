// OpenBLAS on our pool. numpy's and SciPy's wheels bring an OpenBLAS each, with threads of its own, which spin for a tenth
// of a second after every product: a kernel of ours that comes then shares its processors with them. From 0.3.27 on OpenBLAS
// hands its jobs to a function if it is given one; ours runs them on the threads that our kernels use (together.hpp).
//
// What that function must see to, none of which OpenBLAS says:
//
// * Jobs of a product wait for each other: each needs a thread, at the same time. `run_together`.
// * A job is told the number of its thread, which names the memory that it packs matrices into. Two products at once, from
// two
//   Python threads, need different numbers, below the most threads that the library was built for.
// * LU factorizations pass the function by: their updates go to OpenBLAS's own threads, which have the numbers from 0 on.
// Ours
//   are counted from the other end, so that a factorization and a product may run beside each other, and jobs that began
//   before the sharing end in peace.
// * Those own threads spin for 2^28 cycles after a factorization as before, unless `restart_blas_threads` lets them begin
// anew
//   with another time, which OpenBLAS reads from the environment: np.linalg.solve of 300 rows and a kernel of ours in turn,
//   on a busy machine, 10 ms and 0.35 ms as it comes, 22 and 0.12 shared, 1.3 and 0.05 with 2^18 cycles.
// * Products of many Python threads together start no more jobs than there are processors; others wait in order of arrival,
//   asleep. A product never waits for a kernel of ours.
// * Before a fork no job runs (OpenBLAS takes its memory back there); the child begins with a pool of its own.
//
// Before 0.3.29 a job whose number OpenBLAS's own threads do not have finds no memory to pack into: such a library is
// refused.
#pragma once

#include <string>
#include <vector>

namespace mmlcore {

// An OpenBLAS in this process.
struct LoadedBlas {
  std::string path;
  std::string config;   // what it says of itself: "OpenBLAS 0.3.31 DYNAMIC_ARCH ... MAX_THREADS=64"
  int layer = 0;        // 0 without threads, 1 threads of its own, 2 OpenMP
  int threads = 1;      // that its next call may use
  int own_threads = 1;  // that it has started, the caller among them
  bool takes_function = false;
  bool shared = false;
};

std::vector<std::string> loaded_libraries();
std::vector<LoadedBlas> loaded_blas();

// Gives it to our pool, or takes it away; false where there is no such library, or where it takes no function.
// `most_threads` is the number it was built for, `processors` what all jobs together may use.
bool share_blas(const std::string& path, int most_threads, int processors);
void unshare_blas(const std::string& path);
// Ends its own threads; new ones begin with its next call, and with the environment's OPENBLAS_THREAD_TIMEOUT. False where
// it has no function for that. No other thread may be within the library.
bool restart_blas_threads(const std::string& path);
int blas_threads(const std::string& path);
void set_blas_threads(const std::string& path, int count);

// Groups of jobs that the pool has run.
long shared_blas_calls();

}  // namespace mmlcore
