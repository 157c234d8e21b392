// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace canaryctl::judge {

/// Serves GET /metrics on threads of its own until it is destroyed.
class metrics_server {
 public:
  /// Listens when it returns. \param render the text format 0.0.4; called on the server's thread
  /// \throws std::runtime_error naming address and port when it cannot.
  metrics_server(const std::string& address, std::uint16_t port, std::function<std::string()> render);
  ~metrics_server();
  metrics_server(const metrics_server&) = delete;
  metrics_server& operator=(const metrics_server&) = delete;

  /// With the kernel's choice where the port given was 0.
  const std::string& url() const { return url_; }

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
  std::string url_;
};

}  // namespace canaryctl::judge
