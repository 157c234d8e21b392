// SPDX-License-Identifier: BSL-1.0
// Not a test by itself: tests/http/test_demo.py tells the story with it. While errors are injected into a pod of it,
// the pod has errors of its own besides.
#include <canary/service.hpp>

#include <boost/json/value.hpp>

#include <stdexcept>

int main(int argc, char** argv) {
  const canary::identity self{.version = "v1", .color = "white", .track = "stable", .revision = {}, .config = {}};
  return canary::run_service(argc, argv, self, [](canary::service& s) {
    s.routes().get("/api/info", [&s, n = 0](const canary::request&, canary::context&) mutable {
      if (s.faults().error_ratio() > 0 && ++n % 4 == 0) throw std::runtime_error("an error of its own");
      const auto& me = s.settings().self;
      return canary::json({{"version", me.version}, {"color", me.color}});
    });
  });
}
