// SPDX-License-Identifier: BSL-1.0
#include "svg.hpp"

#include "report.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace bench {
namespace {

constexpr std::array colours{"#0b6e4f", "#c8553d", "#2e5eaa", "#8a6d00", "#7b2d8b", "#444444", "#008b9a"};
constexpr double left = 70, right = 520, top = 40, bottom = 330;

struct axis {
  bool log;
  double low = INFINITY, high = -INFINITY;

  void cover(double v) {
    if (!std::isfinite(v) || (log && v <= 0)) return;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  void round() {
    if (!(low <= high)) low = high = 1;
    if (log) {
      low = std::pow(10, std::floor(std::log10(low)));
      high = std::pow(10, std::ceil(std::log10(high)));
      if (low == high) high *= 10;
    } else {
      low = std::min(low, 0.0);
      if (low == high) high = low + 1;
    }
  }
  [[nodiscard]] double place(double v) const {
    return log ? std::log(std::max(v, low) / low) / std::log(high / low) : (v - low) / (high - low);
  }
  [[nodiscard]] std::vector<double> ticks() const {
    std::vector<double> t;
    if (log) {
      for (double v = low; v <= high * 1.001; v *= 10) t.push_back(v);
      return t;
    }
    double step = std::pow(10, std::floor(std::log10((high - low) / 4)));
    while ((high - low) / step > 8) step *= (high - low) / step > 20 ? 5 : 2;
    for (double v = std::ceil(low / step) * step; v <= high * 1.001; v += step) t.push_back(v);
    return t;
  }
};

std::string format(const char* f, double a, double b, double c = 0, double d = 0) {
  char buffer[256];
  std::snprintf(buffer, sizeof buffer, f, a, b, c, d);
  return buffer;
}

std::string words(double x, double y, const std::string& text, const char* more) {
  return format("<text x='%.1f' y='%.1f' ", x, y) + more + ">" + text + "</text>\n";
}

}  // namespace

std::string draw(const chart& c) {
  axis x{c.log_x};
  axis y{c.log_y};
  for (const auto& s : c.lines)
    for (const auto& [px, py] : s.points) {
      x.cover(px);
      y.cover(py);
    }
  x.round();
  y.round();
  const auto at_x = [&](double v) { return left + x.place(v) * (right - left); };
  const auto at_y = [&](double v) { return bottom - y.place(v) * (bottom - top); };

  std::string svg =
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 780 380' font-family='sans-serif' font-size='12'>\n"
      "<rect width='780' height='380' fill='#ffffff'/>\n";
  svg += words(390, 22, c.title, "text-anchor='middle' font-size='14' font-weight='bold'");
  for (const double t : x.ticks()) {
    svg += format("<path d='M%.1f %.1fV%.1f' stroke='#dddddd'/>\n", at_x(t), top, bottom);
    svg += words(at_x(t), bottom + 16, number(t), "text-anchor='middle'");
  }
  for (const double t : y.ticks()) {
    svg += format("<path d='M%.1f %.1fH%.1f' stroke='#dddddd'/>\n", left, at_y(t), right);
    svg += words(left - 6, at_y(t) + 4, number(t), "text-anchor='end'");
  }
  svg += words((left + right) / 2, bottom + 36, c.x, "text-anchor='middle'");
  svg += words(16, (top + bottom) / 2, c.y,
               ("text-anchor='middle' transform='rotate(-90 16 " + number((top + bottom) / 2) + ")'").c_str());

  for (std::size_t i = 0; i != c.lines.size(); ++i) {
    const auto& s = c.lines[i];
    const std::string stroke = std::string(" fill='none' stroke-width='2' stroke='") + colours[i % colours.size()] +
                               "'" + (s.dashed ? " stroke-dasharray='6 4'" : "");
    std::string path;
    for (const auto& [px, py] : s.points)
      if (std::isfinite(px) && std::isfinite(py))
        path += format(path.empty() ? "M%.1f %.1f" : "L%.1f %.1f", at_x(px), at_y(py));
    svg += "<path d='" + path + "'" + stroke + "/>\n";
    if (s.points.size() <= 12)
      for (const auto& [px, py] : s.points)
        if (std::isfinite(px) && std::isfinite(py))
          svg += format("<circle cx='%.1f' cy='%.1f' r='3' ", at_x(px), at_y(py)) + "fill='" +
                 colours[i % colours.size()] + "'/>\n";
    const double row = top + 14 + 20 * double(i);
    svg += format("<path d='M%.1f %.1fH%.1f'", right + 12, row - 4, right + 34) + stroke + "/>\n";
    svg += words(right + 40, row, s.name, "");
  }
  return svg + "</svg>\n";
}

}  // namespace bench
