// SPDX-License-Identifier: BSL-1.0
#include "words.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace canary::judge {
namespace {

std::string print(const char* format, double x) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, x);
  return buffer;
}

std::string grouped(std::uint64_t n) {
  auto text = std::to_string(n);
  for (auto i = std::ptrdiff_t(text.size()) - 3; i > 0; i -= 3) text.insert(std::size_t(i), ",");
  return text;
}

std::string both(const metric_numbers& m) {
  return m.name + " in " + share_of(m.canary) + " of the canary's requests and " + share_of(m.stable) + " of stable's";
}

std::string chance(double a) { return "1 in " + round_number(std::floor(1 / a + 1e-9)); }

template <typename Less>
const metric_numbers* pick(const verdict& v, Less less) {
  const auto found = std::max_element(v.metrics.begin(), v.metrics.end(), less);
  return found == v.metrics.end() ? nullptr : &*found;
}

}  // namespace

std::string duration(double seconds) {
  if (seconds < 119.5) return print("%.0f s", seconds);
  if (seconds < 7170) return print("%.0f min", seconds / 60);
  return seconds < 172800 ? print("%.1f h", seconds / 3600) : print("%.0f days", seconds / 86400);
}

std::string percent(double share) { return print("%.3g %%", 100 * share); }

std::string share_of(const tally& t) {
  const auto text = grouped(t.events) + " of " + grouped(t.total);
  return t.total ? text + " (" + percent(double(t.events) / double(t.total)) + ")" : text;
}

std::string round_number(double x) {
  if (!(x < 1e18)) return "more than " + print("%.0e", 1e18);
  if (x < 100) return print("%.0f", std::ceil(x));
  const double unit = std::pow(10, std::floor(std::log10(x)) - 1);
  return grouped(std::uint64_t(std::ceil(x / unit - 1e-9) * unit + .5));
}

std::string rollback_reason(const verdict& v, double alpha) {
  const auto* m = pick(v, [](const auto& a, const auto& b) { return a.against < b.against; });
  return "Rolled back: " + both(*m) + "; a canary no worse than stable is rolled back with a chance of at most " +
         chance(alpha) + ".";
}

std::string promotion_reason(const verdict& v, double beta) {
  const auto* m = pick(v, [](const auto& a, const auto& b) { return a.in_favour > b.in_favour; });
  return "Promoted: " + both(*m) + (v.metrics.size() > 1 ? ", and the other metrics are as good" : "") +
         "; a canary that is bad" + (v.metrics.size() > 1 ? " in any of them" : "") +
         " is promoted with a chance of at most " + chance(beta) + ".";
}

std::string over_budget_reason(const budget_projection& b, double days) {
  return "Not promoted: " + percent(b.canary_rate) + " of the canary's requests fail, stable's " +
         percent(b.stable_rate) + "; with all traffic on the canary the error budget of " + print("%.0f", days) +
         " days (" + percent(b.allowed_rate) + ") would be spent after " + duration(b.days_until_spent * 86400) + ".";
}

std::string waiting_reason(const verdict& v) {
  const auto* worst = pick(v, [](const auto& a, const auto& b) { return a.against < b.against; });
  const auto* unsure = pick(v, [](const auto& a, const auto& b) { return a.in_favour > b.in_favour; });
  const bool doubtful = v.rollback_evidence > 1 && v.rollback_evidence > v.promotion_evidence;
  std::string text = "Inconclusive: " + both(doubtful ? *worst : *unsure);
  if (!v.needed) return text + "; more requests are needed.";
  if (v.needed->towards == decision::inconclusive)
    return text + "; if it goes on like this, no number of requests would decide.";
  text += "; if it goes on like this, about " + round_number(v.needed->canary_requests) + " more canary requests";
  if (v.needed->minutes) text += " (" + duration(*v.needed->minutes * 60) + ")";
  return text + (v.needed->towards == decision::promote ? " would promote it." : " would roll it back.");
}

}  // namespace canary::judge
