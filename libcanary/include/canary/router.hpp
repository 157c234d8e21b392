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

/// Methods and path templates to handlers: `/api/items/{id}` takes one segment as a parameter, a final `{path*}` all
/// that is left. A parameter is never empty, and a trailing slash makes another path. Filled before a server runs it;
/// then read by every thread without a lock.
class router {
 public:
  static constexpr std::size_t unmatched = static_cast<std::size_t>(-1);

  /// A path template with the methods that have a handler.
  struct route {
    std::string path;
    std::string label;  ///< the metric label; the template itself unless another was given
    /// All of them with `any`; HEAD and OPTIONS only where they have a handler of their own.
    std::vector<method> methods;
  };

  enum class outcome { found, not_found, method_not_allowed, options };

  struct match {
    outcome result = outcome::not_found;
    const handler* target = nullptr;  ///< with `found`
    /// Index into routes() with `found` and `options`. A method that a path has no handler for is `unmatched` like an
    /// unknown path: so a client cannot make a series of every method at every path.
    std::size_t route = unmatched;
    /// With `method_not_allowed` and `options`: the value of Allow, sorted, with HEAD where there is GET and always
    /// with OPTIONS.
    std::string_view allow;
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

  /// \param label the path's metric label; the template itself where it is empty.
  /// \throws std::invalid_argument naming the template: no leading slash, characters that no path has, an ill-formed or
  /// repeated parameter name, the same method and path twice, two templates that match the same paths under different
  /// parameter names, two labels for one path, an empty handler, or method::other (which goes to `any`).
  router& add(method m, std::string path, handler h, std::string label = {});
  router& get(std::string path, handler h, std::string label = {}) {
    return add(method::get, std::move(path), std::move(h), std::move(label));
  }
  router& post(std::string path, handler h, std::string label = {}) {
    return add(method::post, std::move(path), std::move(h), std::move(label));
  }
  router& put(std::string path, handler h, std::string label = {}) {
    return add(method::put, std::move(path), std::move(h), std::move(label));
  }
  router& del(std::string path, handler h, std::string label = {}) {
    return add(method::delete_, std::move(path), std::move(h), std::move(label));
  }
  /// Any method, an unknown one too.
  router& any(std::string path, handler h, std::string label = {});

  [[nodiscard]] std::span<const route> routes() const noexcept;

  /// Literal segments go before a parameter, a parameter before the rest, and the path's template decides alone: its
  /// own handler for the method, for HEAD then the one for GET, then the one for any method; OPTIONS without one is
  /// answered by the caller. Literals are compared as sent; parameters are percent-decoded, and one with a bad escape
  /// matches nothing. Allocates only until `out` has the room this router needs.
  [[nodiscard]] match find(method m, std::string_view path, parameters& out) const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace canary
