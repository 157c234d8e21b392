// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/webhook/routes.hpp"

#include "canaryctl/judge/report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include <array>

namespace canaryctl {

namespace json = boost::json;
namespace stat = canary::judge;
using canary::asio::awaitable;

namespace {

constexpr std::array<stat::decision, 3> decisions{stat::decision::inconclusive, stat::decision::promote,
                                                  stat::decision::rollback};

std::string sentence(const standing& known) {
  std::string text(to_string(known.verdict.decided));
  text += ": " + known.verdict.reason;
  if (!known.trouble.empty() && known.trouble != known.verdict.reason) text += " (" + known.trouble + ")";
  return text;
}

json::object to_json(const rollout_key& key, const standing& known) {
  auto object = judge::to_json(known.verdict);
  object["namespace"] = key.name_space;
  object["name"] = key.name;
  object["checksum"] = key.checksum;
  object["version"] = key.version;
  object["config"] = key.config;
  object["successful"] = known.verdict.decided == stat::decision::promote;
  object["failed"] = known.verdict.decided == stat::decision::rollback;
  object["inconclusive"] = known.verdict.decided == stat::decision::inconclusive;
  object["batches"] = known.batches;
  if (known.began != 0) {
    object["began"] = known.began;
    object["judged_until"] = known.judged_until;
  }
  if (!known.trouble.empty()) object["trouble"] = known.trouble;
  return object;
}

canary::response bad_request(canary::service& service, const canary::request& r, const parse_error& error) {
  service.log().warning("bad_payload", {{"path", r.path}, {"error", error.what}});
  return canary::problem(400, error.what);
}

}  // namespace

webhook::webhook(canary::service& service, analyses_options options, std::chrono::nanoseconds patience)
    : service_(service),
      options_(std::move(options)),
      patience_(patience),
      refused_(service.metrics().counter("canaryctl_webhook_bad_payloads_total", "Questions that could not be read")),
      forgotten_(service.metrics().counter("canaryctl_webhook_rollouts_forgotten_total",
                                           "Rollouts forgotten: not asked about, replaced by others, or over")),
      troubles_(service.metrics().counter("canaryctl_webhook_troubles_total",
                                          "Times that Prometheus did not answer, or lacked something")),
      judged_(service.metrics().gauge("canaryctl_webhook_rollouts", "Rollouts judged now")) {
  const auto register_answers = [this](std::string_view asked_by) {
    for (const auto decided : decisions) {
      const std::string by(asked_by), what(to_string(decided));
      answers_[{by, what}] = &service_.metrics().counter(
          "canaryctl_webhook_answers_total", "Answers by gate and verdict", {{"gate", by}, {"verdict", what}});
    }
  };
  auto& routes = service.routes();
  for (const auto g : all_gates) {
    register_answers(to_string(g));
    routes.post("/flagger/" + std::string(to_string(g)),
                [this, g](const canary::request& r, canary::context& c) { return flagger(g, r, c); });
  }
  register_answers("argo-rollouts");
  const auto argo = [this](const canary::request& r, canary::context& c) { return argo_rollouts(r, c); };
  routes.get("/argo-rollouts", argo);
  routes.post("/argo-rollouts", argo);
  routes.get("/rollouts", [this](const canary::request&, canary::context&) { return rollouts(); });
  analyses_ = std::make_unique<analyses>(options_, events());
}

webhook::~webhook() = default;

analyses_events webhook::events() {
  analyses_events happened;
  happened.decided = [this](const rollout_key& key, const standing& known) {
    service_.log().info("decided", {{"rollout", to_string(key)},
                                    {"verdict", to_string(known.verdict.decided)},
                                    {"reason", known.verdict.reason},
                                    {"rollback_evidence", known.verdict.rollback_evidence},
                                    {"promotion_evidence", known.verdict.promotion_evidence}});
  };
  happened.forgotten = [this](const rollout_key& key, const char* why) {
    forgotten_.Increment();
    service_.log().info("forgotten", {{"rollout", to_string(key)}, {"reason", why}});
  };
  happened.trouble = [this](const rollout_key& key, const std::string& what) {
    troubles_.Increment();
    service_.log().warning("trouble", {{"rollout", to_string(key)}, {"error", what}});
  };
  happened.size = [this](std::size_t n) { judged_.Set(double(n)); };
  return happened;
}

void webhook::count(const char* asked_by, std::string_view decided) {
  answers_.at({asked_by, std::string(decided)})->Increment();
}

awaitable<standing> webhook::ask(const rollout_key& key, canary::context& c) {
  bool busy = false;
  try {
    co_return co_await c.blocking([this, &key] { return analyses_->ask(key, patience_); });
  } catch (const canary::blocking_queue_full&) {
    busy = true;
  }
  // No time to wait for its history: what is known must do. A gate is never shut by a busy webhook.
  co_return busy ? analyses_->ask(key, std::chrono::nanoseconds(0)) : standing();
}

awaitable<canary::response> webhook::flagger(gate g, const canary::request& r, canary::context& c) {
  const auto call = parse_flagger(r.body);
  if (!call) {
    refused_.Increment();
    co_return bad_request(service_, r, call.error());
  }
  standing known;
  if (under_way(call->phase)) {
    known = co_await ask(call->key, c);
  } else {
    known.verdict.reason = "no rollout is under way in phase " + call->phase;
  }
  const auto status = answer(g, known.verdict.decided);
  count(to_string(g).data(), to_string(known.verdict.decided));
  co_return canary::text(sentence(known) + '\n', status);
}

awaitable<canary::response> webhook::argo_rollouts(const canary::request& r, canary::context& c) {
  std::map<std::string, std::string> fields;
  if (r.method == canary::method::post) {
    auto members = text_members(r.body);
    if (!members) {
      refused_.Increment();
      co_return bad_request(service_, r, members.error());
    }
    fields = std::move(*members);
  } else {
    for (const char* name : {"namespace", "name", "checksum", "version", "config"}) {
      if (auto value = r.query_parameter(name)) fields.emplace(name, std::move(*value));
    }
  }
  const auto call = parse_fields(fields);
  if (!call) {
    refused_.Increment();
    co_return bad_request(service_, r, call.error());
  }
  const auto known = co_await ask(call->key, c);
  count("argo-rollouts", to_string(known.verdict.decided));
  co_return canary::json(to_json(call->key, known)).header("Cache-Control", "no-store");
}

canary::response webhook::rollouts() const {
  json::array all;
  for (const auto& [key, known] : analyses_->all()) all.push_back(to_json(key, known));
  return canary::json(json::object{{"rollouts", std::move(all)}}).header("Cache-Control", "no-store");
}

}  // namespace canaryctl
