// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <canary/http.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace canary {

/// Methods and path templates (`/api/items/{id}`) to handlers. Filled before a server runs it; then read by every
/// thread without a lock.
class router {
 public:
  static constexpr std::size_t unmatched = static_cast<std::size_t>(-1);

  /// A path template with the methods that have a handler.
  struct route {
    std::string path;
    std::string label;  ///< the metric label; the template itself unless another was given
    std::vector<method> methods;
  };

  enum class outcome { found, not_found, method_not_allowed, options };

  struct match {
    outcome result = outcome::not_found;
    const handler* target = nullptr;  ///< with `found`
    std::size_t route = unmatched;    ///< index into routes()
    std::string_view allow;           ///< with `method_not_allowed` and `options`: the value of Allow
  };

  /// Where `find` puts the path's parameters. Kept by a session and reused, so that matching allocates nothing.
  class parameters {
   public:
    [[nodiscard]] std::span<const field> fields() const noexcept;
    void clear() noexcept;

   private:
    friend class router;
    std::vector<field> fields_;
    std::vector<std::string> decoded_;  // of the values that held a percent sign
  };

  router();
  ~router();
  router(router&&) noexcept;
  router& operator=(router&&) noexcept;

  /// \throws std::invalid_argument naming the template: no leading slash, an ill-formed or repeated parameter name, the
  /// same method and path twice, or two templates that match the same paths under different parameter names.
  router& add(method m, std::string path, handler h, std::string label = {});
  router& get(std::string path, handler h, std::string label = {}) { return add(method::get, std::move(path), std::move(h), std::move(label)); }
  router& post(std::string path, handler h, std::string label = {}) { return add(method::post, std::move(path), std::move(h), std::move(label)); }
  router& put(std::string path, handler h, std::string label = {}) { return add(method::put, std::move(path), std::move(h), std::move(label)); }
  router& del(std::string path, handler h, std::string label = {}) { return add(method::delete_, std::move(path), std::move(h), std::move(label)); }
  /// Any method, an unknown one too.
  router& any(std::string path, handler h, std::string label = {});

  [[nodiscard]] std::span<const route> routes() const noexcept;

  /// HEAD falls back to GET's handler. A literal segment goes before a parameter. The path is matched as sent, its
  /// parameters are percent-decoded.
  [[nodiscard]] match find(method m, std::string_view path, parameters& out) const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace canary
