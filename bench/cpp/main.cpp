// Times every row and prints the table: the least of several turns, in which ours and Eigen's take part alternately.
//
//   mmlcore_cpp_benchmarks [part of a name] [options of Google Benchmark]
//
// A kernel that is written by hand stays when its ratio, Eigen's time over ours, is at least 1.1 at its sizes.
#include <algorithm>
#include <map>
#include <vector>

#include "mmlcore/core/parallel.hpp"
#include "rows.hpp"

namespace {

class Table : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
      const std::string& name = run.run_name.function_name;
      const std::size_t bar = name.find('|');
      const std::string task = name.substr(0, bar), side = name.substr(bar + 1);
      const auto [at, fresh] = times_.try_emplace(task);
      if (fresh) order_.push_back(task);
      double& least = side == "ours" ? at->second.ours : at->second.theirs;
      if (side != "ours") at->second.peer = side;
      least = std::min(least, run.real_accumulated_time / static_cast<double>(run.iterations));
    }
  }

  void Finalize() override {
    std::printf("| %-46s | %-42s | %10s | %10s | %6s |\n", "task", "Eigen", "ours us", "Eigen us", "ratio");
    std::printf("| -- | -- | --: | --: | --: |\n");
    std::sort(order_.begin(), order_.end());
    for (const std::string& task : order_) {
      const Sides& s = times_[task];
      std::printf("| %-46s | %-42s | %10.3f | %10.3f | %6.2f |\n", task.c_str(), s.peer.c_str(), 1e6 * s.ours,
                  1e6 * s.theirs, s.theirs / s.ours);
    }
  }

 private:
  struct Sides {
    std::string peer;
    double ours = std::numeric_limits<double>::infinity(), theirs = ours;
  };
  std::map<std::string, Sides> times_;
  std::vector<std::string> order_;
};

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words{argv[0], "--benchmark_repetitions=7", "--benchmark_min_time=0.02",
                                 "--benchmark_enable_random_interleaving=true"};
  for (int i = 1; i < argc; ++i) {
    const bool option = argv[i][0] == '-';
    words.push_back(option ? argv[i] : std::string("--benchmark_filter=") + argv[i]);
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 1;
  mmlcore::set_num_threads(1);  // Eigen's has one
  mmlcore::bench::products();
  mmlcore::bench::vectors();
  mmlcore::bench::elimination();
  mmlcore::bench::orthogonal();
  mmlcore::bench::eigenvalues();
  Table table;
  benchmark::RunSpecifiedBenchmarks(&table);
}
