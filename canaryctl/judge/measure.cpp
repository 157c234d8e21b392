// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/judge/measure.hpp"

#include "canaryctl/cli/values.hpp"

#include <cmath>

namespace canaryctl::judge {
namespace stat = canary::judge;

namespace {

using result = boost::system::result<measure, parse_error>;

/// Values of `le` are texts, and 1 is also written 1.0.
std::string of_bound(double bound) {
  const auto text = shortest(bound);
  return "le=~" + promql_string(escaped(text) + "|" + escaped(text + (text.find('.') == text.npos ? ".0" : "0")));
}

bool is_metric_name(const std::string& name) {
  if (name.empty()) return false;
  for (std::size_t i = 0; i != name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
    if (!letter && (i == 0 || c < '0' || c > '9')) return false;
  }
  return true;
}

boost::system::result<series, parse_error> parse_series(const std::string& text) {
  const auto brace = text.find('{');
  series out{text.substr(0, brace), {}};
  if (!is_metric_name(out.metric))
    return parse_error{"'" + text + "': '" + out.metric + "' is no metric name; expected name or name{matchers}"};
  if (brace == std::string::npos) return out;
  if (text.back() != '}') return parse_error{"'" + text + "': expected } at the end"};
  auto where = selector::parse(std::string_view(text).substr(brace + 1, text.size() - brace - 2));
  if (!where) return where.error();
  out.where = std::move(*where);
  return out;
}

/// The / between total and events: outside of quotes and braces.
std::size_t middle(const std::string& text) {
  bool in_quotes = false;
  int depth = 0;
  for (std::size_t i = 0; i != text.size(); ++i) {
    if (text[i] == '\\' && in_quotes) {
      ++i;
    } else if (text[i] == '"') {
      in_quotes = !in_quotes;
    } else if (!in_quotes && text[i] == '{') {
      ++depth;
    } else if (!in_quotes && text[i] == '}') {
      --depth;
    } else if (!in_quotes && depth == 0 && text[i] == '/') {
      return i;
    }
  }
  return std::string::npos;
}

}  // namespace

result errors_measure(const metric_names& names, double objective) {
  const auto all = selector::parse(names.select);
  if (!all) return parse_error{"--select: " + all.error().what};
  const auto errors = selector::parse(names.errors);
  if (!errors) return parse_error{"--errors-match: " + errors.error().what};
  if (!is_metric_name(names.requests))
    return parse_error{"--requests-metric: '" + names.requests + "' is no metric name"};
  return measure{stat::errors_metric(objective), {names.requests, *all}, {names.requests, *all && *errors}};
}

result slow_measure(const metric_names& names, double bound) {
  const auto all = selector::parse(names.select);
  if (!all) return parse_error{"--select: " + all.error().what};
  if (!is_metric_name(names.duration))
    return parse_error{"--duration-metric: '" + names.duration + "' is no metric name"};
  const auto within = selector::parse(of_bound(bound));
  if (!within) return within.error();
  const auto length = std::chrono::nanoseconds(std::llround(bound * 1e9));
  return measure{stat::slow_metric("slower-than-" + format_duration(length)),
                 {names.duration + "_count", *all},
                 {names.duration + "_bucket", *all && *within},
                 true,
                 bound};
}

result pair_measure(const std::string& text) {
  const auto equals = text.find('=');
  const auto expected = "'" + text + "': expected NAME=TOTAL/EVENTS, such as jobs=jobs_total/jobs_total{ok=\"false\"}";
  if (equals == std::string::npos || equals == 0) return parse_error{expected};
  const auto name = text.substr(0, equals);
  // The name goes into a record's line, where a space would end it.
  if (name.find_first_of(" \t{}\"/") != std::string::npos) return parse_error{expected};
  const auto pair = text.substr(equals + 1);
  const auto slash = middle(pair);
  if (slash == std::string::npos) return parse_error{expected};
  const auto total = parse_series(pair.substr(0, slash));
  if (!total) return total.error();
  const auto events = parse_series(pair.substr(slash + 1));
  if (!events) return events.error();
  measure out;
  out.options = stat::slow_metric(name);
  out.total = *total;
  out.events = *events;
  return out;
}

boost::system::result<gateway_measure, parse_error> make_gateway_measure(const gateway_names& names, double objective) {
  gateway_measure out;
  out.options = stat::errors_metric(objective);
  out.options.name = "gateway-errors";
  const bool traefik = names.kind == "traefik";
  if (!traefik && names.kind != "ingress-nginx")
    return parse_error{"--gateway: '" + names.kind + "': expected traefik or ingress-nginx"};
  out.metric = traefik ? "traefik_service_requests_total" : "nginx_ingress_controller_requests";
  std::string stable = names.stable_select, canary = names.canary_select;
  if (traefik) {
    // Gateway API: "httproute-...-svc-NAMESPACE-SERVICE-0@kubernetesgateway"; Ingress:
    // "NAMESPACE-SERVICE-80@kubernetes"; ingress-nginx's annotations:
    // "NAMESPACE-INGRESS-SERVICE-80@kubernetesingressnginx", the canary's with "-canary" behind stable's port. The
    // Ingress is taken to have its Service's name.
    const auto space = escaped(names.space) + "-";
    const auto mine = escaped(names.stable_service), theirs = escaped(names.canary_service);
    const std::string port = "-(http-)?[0-9]+", provider = "(@.+)?";
    if (stable.empty())
      stable = "service=~" + promql_string("(.+-svc-)?" + space + "(" + mine + "-)?" + mine + port + provider);
    if (canary.empty())
      canary = "service=~" + promql_string("((.+-svc-)?" + space + theirs + port + "|" + space + mine + "-" + mine +
                                           port + "-canary)" + provider);
  } else {
    const auto space = "exported_namespace=~" + promql_string("|" + escaped(names.space));  // or not renamed at all
    if (stable.empty()) stable = "service=" + promql_string(names.stable_service) + ",canary=\"\"," + space;
    if (canary.empty())
      canary = "canary=~" + promql_string(escaped(names.space) + "-" + escaped(names.canary_service) + "-.+");
  }
  auto mine = selector::parse(stable);
  if (!mine) return parse_error{"--gateway-stable: " + mine.error().what};
  auto theirs = selector::parse(canary);
  if (!theirs) return parse_error{"--gateway-canary: " + theirs.error().what};
  out.stable = std::move(*mine);
  out.canary = std::move(*theirs);
  out.errors = *selector::parse(std::string(traefik ? "code" : "status") + "=~\"502|503|504\"");
  return out;
}

}  // namespace canaryctl::judge
