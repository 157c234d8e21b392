// SPDX-License-Identifier: BSL-1.0
#include "admin_routes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <chrono>

namespace canary::detail {
namespace {

// An I/O thread that has not turned for this long will not.
constexpr std::chrono::seconds stuck_limit{5};

response healthz(const admin_view& v) {
  const auto stuck = v.http.stuck();
  const bool healthy = stuck < stuck_limit;
  return json(boost::json::object{{"status", healthy ? "ok" : "stuck"},
                                  {"longest_turn_seconds", std::chrono::duration<double>(stuck).count()}},
              healthy ? 200 : 503)
      .header("Cache-Control", "no-store");
}

response readyz(const admin_view& v) {
  bool ready = true;
  boost::json::array checks;
  for (const auto& o : v.checks.outcomes()) {
    boost::json::object check{{"name", o.name}, {"passed", o.reason.empty()}};
    if (!o.reason.empty()) check["reason"] = o.reason;
    checks.push_back(std::move(check));
    ready = ready && o.reason.empty();
  }
  return json(boost::json::object{{"status", ready ? "ready" : "not ready"}, {"checks", std::move(checks)}},
              ready ? 200 : 503)
      .header("Cache-Control", "no-store");
}

response scrape(const admin_view& v) {
  v.counters.fault_error_ratio(v.faults.error_ratio());
  v.counters.log_dropped(v.log.dropped());
  response r;
  r.content_type = metrics::content_type;
  r.body = v.counters.render();
  return r;
}

response faults_are_off() {
  return problem(403, "faults can be changed at run time only where the service was started with CANARY_FAULTS=on");
}

response set_faults(const admin_view& v, const request& r) {
  if (!v.settings.faults) return faults_are_off();
  auto wanted = parse_faults(r.body);
  if (const auto* mistake = std::get_if<std::string>(&wanted)) return problem(400, *mistake);
  v.faults.set(std::get<fault_settings>(wanted));
  const auto now = to_json(v.faults.get());
  v.log.warning("faults", {{"settings", log_field::json{boost::json::serialize(now)}}});
  return json(now);
}

response clear_faults(const admin_view& v) {
  if (!v.settings.faults) return faults_are_off();
  v.faults.clear();
  v.log.info("faults", {{"settings", log_field::json{boost::json::serialize(to_json(v.faults.get()))}}});
  response r;
  r.status = 204;
  return r;
}

response set_log_level(const admin_view& v, const request& r) {
  constexpr std::string_view takes = R"(the body is {"level": "debug"}, or info, warning, error, off)";
  boost::system::error_code ec;
  const auto body = boost::json::parse({r.body.data(), r.body.size()}, ec);
  const auto* object = ec ? nullptr : body.if_object();
  if (!object) return problem(400, takes);
  for (const auto& member : *object)
    if (member.key() != "level")
      return problem(400, "unknown field '" + std::string(member.key()) + "': " + std::string(takes));
  const auto* level = object->if_contains("level");
  const auto* name = level ? level->if_string() : nullptr;
  const auto wanted = name ? parse_log_level({name->data(), name->size()}) : std::nullopt;
  if (!wanted) return problem(400, "level: " + std::string(takes));
  v.log.level(*wanted);
  v.log.info("log_level", {{"level_set", to_string(*wanted)}});
  return json(boost::json::object{{"level", to_string(*wanted)}});
}

}  // namespace

void add_admin_routes(router& routes, const admin_view& v) {
  routes.get("/metrics", [v](const request&, context&) { return scrape(v); });
  routes.get("/healthz", [v](const request&, context&) { return healthz(v); });
  routes.get("/readyz", [v](const request&, context&) { return readyz(v); });
  routes.get("/api/config", [v](const request&, context&) {
    return json(v.env.settings().empty() ? to_json(v.settings) : to_json(v.env.settings()));
  });
  routes.get("/api/faults", [v](const request&, context&) { return json(to_json(v.faults.get())); });
  routes.put("/api/faults", [v](const request& r, context&) { return set_faults(v, r); });
  routes.del("/api/faults", [v](const request&, context&) { return clear_faults(v); });
  routes.get("/api/log-level", [v](const request&, context&) {
    return json(boost::json::object{{"level", to_string(v.log.level())}});
  });
  routes.put("/api/log-level", [v](const request& r, context&) { return set_log_level(v, r); });
}

}  // namespace canary::detail
