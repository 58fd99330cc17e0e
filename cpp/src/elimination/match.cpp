#include "mmlcore/elimination/match.hpp"

#include <algorithm>

namespace mmlcore {
namespace {

constexpr index_t kAlways = 256;  // rows up to which no path is too long
constexpr index_t kSteps = 16;    // for each row of larger matrices: as many operations as 16 looks at all entries
constexpr int kRounds = 8;        // in which rows and columns are centred
constexpr index_t kFree = -1;
constexpr int kFar = INT_MAX;

class Matching {
 public:
  Matching(const int* x, std::vector<int>& rows, std::vector<int>& cols)
      : x_(x),
        rows_(rows),
        cols_(cols),
        n_(static_cast<index_t>(rows.size())),
        row_of_(rows.size(), kFree),
        before_(rows.size()),
        slack_(rows.size()),
        seen_(rows.size()) {}

  bool run() {
    std::vector<index_t> open;
    for (index_t i = 0; i < n_; ++i) {
      if (!take_tight(i)) open.push_back(i);
    }
    for (const index_t i : open) {
      if (!augment(i)) return false;
    }
    for (int round = 0; round < kRounds && center(); ++round) {
    }
    return true;
  }

 private:
  bool take_tight(index_t i) {
    for (index_t j = 0; j < n_; ++j) {
      if (row_of_[j] == kFree && x_[i * n_ + j] == rows_[i] + cols_[j]) {
        row_of_[j] = i;
        return true;
      }
    }
    return false;
  }

  // A path from row `start` to a free column, along which rows and columns change partners.
  bool augment(index_t start) {
    std::fill(slack_.begin(), slack_.end(), kFar);
    std::fill(seen_.begin(), seen_.end(), 0);
    index_t row = start, column = kFree;
    while (true) {
      if (n_ > kAlways && ++steps_ > kSteps * n_) return false;
      index_t next = kFree;
      for (index_t j = 0; j < n_; ++j) {
        if (seen_[j]) continue;
        if (x_[row * n_ + j] != kNoExponent) {
          const int slack = rows_[row] + cols_[j] - x_[row * n_ + j];
          if (slack < slack_[j]) {
            slack_[j] = slack;
            before_[j] = column;
          }
        }
        if (next == kFree || slack_[j] < slack_[next]) next = j;
      }
      const int step = slack_[next];
      if (step == kFar) return false;
      rows_[start] -= step;
      for (index_t j = 0; j < n_; ++j) {
        if (seen_[j]) {
          rows_[row_of_[j]] -= step;
          cols_[j] += step;
        } else if (slack_[j] != kFar) {
          slack_[j] -= step;
        }
      }
      column = next;
      seen_[column] = 1;
      if (row_of_[column] == kFree) break;
      row = row_of_[column];
    }
    while (column != kFree) {
      const index_t previous = before_[column];
      row_of_[column] = previous == kFree ? start : row_of_[previous];
      column = previous;
    }
    return true;
  }

  // Each row and its column moved against each other until their other entries lie as far below 1; whether any moved.
  bool center() {
    bool moved = false;
    for (index_t j = 0; j < n_; ++j) {
      const index_t i = row_of_[j];
      int along = kFar, down = kFar;
      for (index_t k = 0; k < n_; ++k) {
        if (k != j && x_[i * n_ + k] != kNoExponent) along = std::min(along, rows_[i] + cols_[k] - x_[i * n_ + k]);
        if (k != i && x_[k * n_ + j] != kNoExponent) down = std::min(down, rows_[k] + cols_[j] - x_[k * n_ + j]);
      }
      if (along == kFar || down == kFar) continue;
      const int step = (along - down) / 2;
      rows_[i] -= step;
      cols_[j] += step;
      moved |= step != 0;
    }
    return moved;
  }

  const int* const x_;
  std::vector<int>&rows_, &cols_;
  const index_t n_;
  std::vector<index_t> row_of_, before_;
  std::vector<int> slack_;
  std::vector<char> seen_;
  index_t steps_ = 0;
};

}  // namespace

bool match(const int* x, std::vector<int>& rows, std::vector<int>& cols) { return Matching(x, rows, cols).run(); }

}  // namespace mmlcore
