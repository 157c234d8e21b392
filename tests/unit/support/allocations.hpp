// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace canary_test {

/// How often this thread has called `operator new` since the object was made.
class allocations {
 public:
  allocations() noexcept;
  [[nodiscard]] std::size_t count() const noexcept;

 private:
  std::size_t before_;
};

}  // namespace canary_test
