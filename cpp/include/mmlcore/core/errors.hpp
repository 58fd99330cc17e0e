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

// An index outside the array that it points into -> ValueError naming the index (API.md: bad input is a ValueError).
struct IndexError : DomainError {
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

}  // namespace mmlcore
