// SPDX-License-Identifier: BSL-1.0
#include <canary/service.hpp>

#include <prometheus/counter.h>

int main(int argc, char** argv) {
  const canary::identity self{.version = "1.0.0", .color = "green", .track = "stable", .revision = {}, .config = {}};
  return canary::run_service(argc, argv, self, [](canary::service& s) {
    const auto greeting = s.env().text({"HELLO_GREETING", "the word before the name"}, "Hello");
    auto& greetings = s.metrics().counter("hello_greetings_total", "Greetings said.");

    s.routes().get("/hello/{name}", [&greetings, greeting](const canary::request& r, canary::context&) {
      greetings.Increment();
      return canary::text(greeting + ", " + std::string(r.parameter("name")) + "!\n");
    });
  });
}
