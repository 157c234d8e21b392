// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <stdexcept>

namespace bench {

void report::table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows) {
  const auto line = [&](const std::vector<std::string>& cells) {
    text += '|';
    for (const auto& c : cells) text.append(" ").append(c).append(" |");
    text += '\n';
  };
  line(head);
  std::vector<std::string> rule(head.size(), "--:");
  rule[0] = ":--";
  line(rule);
  for (const auto& r : rows) line(r);
  text += '\n';
}

void report::picture(const std::string& name, const std::string& alt, const std::string& svg) {
  const auto path = folder + "/judge/" + name + ".svg";
  std::ofstream file(path, std::ios::binary);
  file << svg;
  if (!file.flush()) throw std::runtime_error(path + ": cannot be written");
  add("![" + alt + "](judge/" + name + ".svg)");
}

std::string number(double x, int digits) {
  char buffer[64];
  if (!std::isfinite(x)) return "–";
  if (std::abs(x) >= 1000) {
    std::snprintf(buffer, sizeof buffer, "%.0f", x);
    std::string text = buffer;
    for (int i = int(text.size()) - 3; i > (x < 0 ? 1 : 0); i -= 3) text.insert(std::size_t(i), 1, ',');
    return text;
  }
  std::snprintf(buffer, sizeof buffer, "%.*g", digits, x);
  return buffer;
}

std::string percent(double share, int decimals) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f %%", decimals, 100 * share);
  return buffer;
}

double mean(const std::vector<double>& v) {
  return v.empty() ? NAN : std::accumulate(v.begin(), v.end(), 0.0) / double(v.size());
}

double quantile(std::vector<double> v, double q) {
  if (v.empty()) return NAN;
  const auto at = std::min(std::size_t(q * double(v.size())), v.size() - 1);
  std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(at), v.end());
  return v[at];
}

}  // namespace bench
