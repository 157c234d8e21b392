// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/client/prometheus.hpp"

#include <boost/json/parse.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

namespace canaryctl {
namespace json = boost::json;

namespace {

std::string api(const http_target& base, const std::string& path) {
  const auto query = base.target.find('?');
  auto prefix = base.target.substr(0, query);
  while (!prefix.empty() && prefix.back() == '/') prefix.pop_back();
  return prefix + "/api/v1/" + path;
}

/// [ <unix time>, "<value>" ]; strtod reads NaN, +Inf and -Inf as Prometheus writes them.
std::optional<std::pair<double, double>> read_pair(const json::value* pair) {
  if (pair == nullptr || !pair->is_array() || pair->get_array().size() != 2) return std::nullopt;
  const auto& time = pair->get_array()[0];
  const auto& text = pair->get_array()[1];
  if (!time.is_number() || !text.is_string()) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(text.get_string().c_str(), &end);
  if (end == text.get_string().c_str() || *end != '\0') return std::nullopt;
  return std::pair{time.to_number<double>(), value};
}

std::optional<std::map<std::string, std::string>> read_labels(const json::value& element) {
  if (!element.is_object()) return std::nullopt;
  const auto* metric = element.get_object().if_contains("metric");
  if (metric == nullptr || !metric->is_object()) return std::nullopt;
  std::map<std::string, std::string> labels;
  for (const auto& [name, label] : metric->get_object()) {
    if (!label.is_string()) return std::nullopt;
    labels.emplace(std::string(name), std::string(label.get_string()));
  }
  return labels;
}

std::optional<std::vector<vector_sample>> read_result(const json::object& data) {
  std::vector<vector_sample> samples;
  const auto* type = data.if_contains("resultType");
  const auto* result = data.if_contains("result");
  if (type == nullptr || result == nullptr || !result->is_array()) return std::nullopt;
  if (*type == "scalar") {
    const auto value = read_pair(result);
    if (!value) return std::nullopt;
    samples.push_back({{}, value->second});
    return samples;
  }
  if (*type != "vector") return std::nullopt;
  for (const auto& element : result->get_array()) {
    auto labels = read_labels(element);
    const auto value = labels ? read_pair(element.get_object().if_contains("value")) : std::nullopt;
    if (!value) return std::nullopt;
    samples.push_back({std::move(*labels), value->second});
  }
  return samples;
}

std::optional<std::vector<range_series>> read_matrix(const json::object& data) {
  std::vector<range_series> all;
  const auto* type = data.if_contains("resultType");
  const auto* result = data.if_contains("result");
  if (type == nullptr || *type != "matrix" || result == nullptr || !result->is_array()) return std::nullopt;
  for (const auto& element : result->get_array()) {
    auto labels = read_labels(element);
    const auto* values = labels ? element.get_object().if_contains("values") : nullptr;
    if (values == nullptr || !values->is_array()) return std::nullopt;
    auto& one = all.emplace_back();
    one.labels = std::move(*labels);
    for (const auto& pair : values->get_array()) {
      const auto value = read_pair(&pair);
      if (!value) return std::nullopt;
      one.values.push_back(*value);
    }
  }
  return all;
}

/// Unix times to the millisecond, which is what Prometheus keeps.
std::string time_text(double at) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.3f", at);
  return text.data();
}

}  // namespace

prometheus_client::prometheus_client(http_target base, fetch_options options)
    : base_(std::move(base)), options_(options) {}

boost::system::result<json::object, prometheus_error> prometheus_client::ask(const std::string& path,
                                                                             const std::string& promql) const {
  const auto target = base_.with_target(api(base_, path));
  const auto got = fetch(target, {}, options_);
  const auto where = base_.url() + ": query `" + promql + "`: ";
  if (got.result != outcome::answered) {
    return prometheus_error{false, where + std::string(to_string(got.result)) + ": " + got.error};
  }
  json::error_code error;
  auto answer = json::parse(got.response.body, error);
  if (!error && answer.is_object()) {
    // Prometheus explains its refusals in the body, with a 4xx or 503.
    const auto* explained = answer.get_object().if_contains("error");
    if (explained != nullptr && explained->is_string()) {
      return prometheus_error{true, where + std::string(explained->get_string())};
    }
  }
  if (got.response.status != 200) {
    return prometheus_error{true, where + "status " + std::to_string(got.response.status) + ", expected 200"};
  }
  if (error) return prometheus_error{true, where + "no JSON in the answer; is this a Prometheus server?"};
  auto* data = answer.is_object() ? answer.get_object().if_contains("data") : nullptr;
  if (data == nullptr || !data->is_object()) return json::object();
  return std::move(data->get_object());
}

boost::system::result<std::vector<vector_sample>, prometheus_error> prometheus_client::query(
    const std::string& promql, std::optional<double> at) const {
  auto path = "query?query=" + boost::urls::encode(promql, boost::urls::unreserved_chars);
  if (at) path += "&time=" + time_text(*at);
  const auto data = ask(path, promql);
  if (!data) return data.error();
  auto samples = read_result(*data);
  if (!samples) {
    return prometheus_error{true, base_.url() + ": query `" + promql +
                                      "`: not a result of Prometheus' HTTP API (vector or scalar expected)"};
  }
  return std::move(*samples);
}

boost::system::result<std::vector<range_series>, prometheus_error> prometheus_client::query_range(
    const std::string& promql, double from, double to, double step) const {
  const auto path = "query_range?query=" + boost::urls::encode(promql, boost::urls::unreserved_chars) +
                    "&start=" + time_text(from) + "&end=" + time_text(to) + "&step=" + time_text(step);
  const auto data = ask(path, promql);
  if (!data) return data.error();
  auto all = read_matrix(*data);
  if (!all) {
    return prometheus_error{
        true, base_.url() + ": query `" + promql + "`: not a result of Prometheus' HTTP API (matrix expected)"};
  }
  return std::move(*all);
}

std::string prometheus_client::flag(const std::string& name) const {
  const auto data = ask("status/flags", name);
  if (!data) return {};
  const auto* value = data->if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace canaryctl
