// What a kernel throws. The bindings translate each class into the Python exception that API.md names; the text is the
// user's message, so it is a full sentence with the argument, what came and what was needed.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

namespace mmlcore {

// A value or shape outside the domain of the operation -> ValueError.
struct DomainError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

// NaN or infinity among the numbers.
struct NotFinite : DomainError {
  using DomainError::DomainError;
};

// An exactly singular matrix -> mmlcore.SingularMatrixError.
struct SingularMatrix : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Ctrl-C came while the kernel ran -> the pending KeyboardInterrupt.
struct Interrupted : std::exception {
  const char* what() const noexcept override { return "interrupted"; }
};

// What a message says of a matrix of a batch; nothing for a single one, item -1.
inline std::string of_item(std::ptrdiff_t item) {
  return item < 0 ? "" : " (matrix " + std::to_string(item) + " of the batch)";
}

}  // namespace mmlcore
