// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/judge/record.hpp"

#include <boost/url/decode_view.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace canaryctl::judge {
namespace stat = canary::judge;

namespace {

constexpr std::string_view first_line = "judge-record-1";

std::string hex(double value) {
  std::array<char, 64> buffer;
  return {buffer.data(),
          std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::hex).ptr};
}

std::string encoded(const std::string& text) {
  return text.empty() ? "-" : boost::urls::encode(text, boost::urls::unreserved_chars);
}

/// The words of a line, read one by one; a mistake is named with its place.
class words {
 public:
  words(const std::string& line, std::size_t number) : in_(line), number_(number) {}

  std::string next(const char* what) {
    std::string word;
    if (!(in_ >> word)) fail("end of line", what);
    return word;
  }
  double real(const char* what) {
    const auto word = next(what);
    double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, std::chars_format::hex);
    if (error != std::errc() || end != word.data() + word.size()) fail(word, what);
    return value;
  }
  unsigned whole(const char* what) {
    const auto word = next(what);
    unsigned value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) fail(word, what);
    return value;
  }
  std::string text(const char* what) {
    const auto word = next(what);
    const auto decoded = boost::urls::make_pct_string_view(word);
    if (!decoded) fail(word, what);
    if (word == "-") return {};
    const auto view = **decoded;
    return {view.begin(), view.end()};
  }
  void end() {
    std::string word;
    if (in_ >> word) fail(word, "the end of the line");
  }
  [[noreturn]] void fail(const std::string& found, const std::string& expected) const {
    throw std::runtime_error("record, line " + std::to_string(number_) + ": found '" + found.substr(0, 60) +
                             "', expected " + expected);
  }

 private:
  std::istringstream in_;
  std::size_t number_;
};

std::string limits_line(const stat::guardrail_limits& l) {
  return "limits " + std::to_string(l.restarts) + " " + hex(l.seconds_without_traffic) + " " +
         hex(l.seconds_without_ready) + " " + hex(l.seconds_without_metrics);
}

stat::guardrail_limits parse_limits(const std::string& line, std::size_t number) {
  stat::guardrail_limits l;
  words in(line, number);
  in.next("limits");
  l.restarts = in.whole("a number of restarts");
  l.seconds_without_traffic = in.real("seconds in hexadecimal");
  l.seconds_without_ready = in.real("seconds in hexadecimal");
  l.seconds_without_metrics = in.real("seconds in hexadecimal");
  in.end();
  return l;
}

std::string conditions_line(const stat::conditions& c) {
  return "conditions " + (c.ready_canary_endpoints ? std::to_string(*c.ready_canary_endpoints) : std::string("-")) +
         " " + std::to_string(c.canary_restarts) + " " + hex(c.seconds_without_canary_traffic) + " " +
         hex(c.seconds_without_ready_canary) + " " + hex(c.seconds_without_metrics) + " " + encoded(c.missing) + " " +
         encoded(c.differing_bounds);
}

stat::conditions parse_conditions(const std::string& line, std::size_t number) {
  stat::conditions c;
  words in(line, number);
  in.next("conditions");
  const auto ready = in.next("ready endpoints");
  if (ready != "-") {
    words again(ready, number);
    c.ready_canary_endpoints = again.whole("a number of ready endpoints or -");
  }
  c.canary_restarts = in.whole("a number of restarts");
  c.seconds_without_canary_traffic = in.real("seconds in hexadecimal");
  c.seconds_without_ready_canary = in.real("seconds in hexadecimal");
  c.seconds_without_metrics = in.real("seconds in hexadecimal");
  c.missing = in.text("what is missing");
  c.differing_bounds = in.text("a histogram's name or -");
  in.end();
  return c;
}

/// Whether the file is a record that this engine's can be added to.
bool is_record_of(const std::string& file, const engine& e) {
  std::ifstream in(file);
  std::string first, limits, options;
  return std::getline(in, first) && std::getline(in, limits) && std::getline(in, options) && first == first_line &&
         options == to_line(e.options().judge);
}

}  // namespace

std::string verdict_line(const stat::verdict& v) {
  std::string text = "verdict ";
  text += to_string(v.decided);
  text += " ";
  text += to_string(v.because);
  text += " " + hex(v.rollback_evidence) + " " + hex(v.promotion_evidence);
  for (const auto& m : v.metrics) text += " " + hex(m.against) + " " + hex(m.in_favour);
  return text + " " + v.reason;
}

record_writer::record_writer(const std::string& file, const engine& e, bool append) : file_(file) {
  const bool goes_on = append && is_record_of(file, e);
  out_.open(file, goes_on ? std::ios::app : std::ios::trunc);
  if (!goes_on) {
    line(std::string(first_line));
    line(limits_line(e.options().guardrails));
    line(to_line(e.options().judge));
    if (append) line("state " + e.state());
  }
  if (!out_) throw std::runtime_error("--record: cannot write '" + file + "'");
}

void record_writer::write(const stat::batch& b) { line(to_line(b)); }

void record_writer::end(const engine& e, const stat::verdict& v) {
  line(conditions_line(e.conditions()));
  line(verdict_line(v));
}

void record_writer::line(const std::string& text) {
  out_ << text << '\n' << std::flush;
  if (!out_) throw std::runtime_error("--record: cannot write '" + file_ + "'");
}

replay_result replay(std::istream& in, const std::function<void(const engine&)>& seen) {
  replay_result result;
  std::optional<engine> judged;
  engine_options options;
  std::string line, error;
  std::size_t number = 0, meaning = 0;
  while (std::getline(in, line)) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const words at(line, number);
    const auto kind = line.substr(0, line.find(' '));
    if (++meaning == 1) {
      if (line != first_line) at.fail(line, std::string(first_line));
    } else if (meaning == 2) {
      if (kind != "limits") at.fail(kind, "limits");
      options.guardrails = parse_limits(line, number);
    } else if (meaning == 3) {
      auto read = stat::parse_options(line, error);
      if (!read) throw std::runtime_error("record, line " + std::to_string(number) + ": " + error);
      options.judge = std::move(*read);
      judged.emplace(options);
    } else if (kind == "batch") {
      const auto read = stat::parse_batch(line, error);
      try {
        if (!read) throw std::invalid_argument(error);
        judged->observe(*read);
      } catch (const std::invalid_argument& wrong) {
        throw std::runtime_error("record, line " + std::to_string(number) + ": " + wrong.what());
      }
      judged->set_conditions({});
      result.recorded.clear();  // of a judge that was started again
      if (seen) seen(*judged);
    } else if (kind == "state") {
      try {
        judged->restore(std::string_view(line).substr(6));
      } catch (const std::invalid_argument& wrong) {
        throw std::runtime_error("record, line " + std::to_string(number) + ": " + wrong.what());
      }
    } else if (kind == "conditions") {
      judged->set_conditions(parse_conditions(line, number));
    } else if (kind == "verdict") {
      result.recorded = line;
    } else {
      at.fail(kind, "batch, state, conditions or verdict");
    }
  }
  if (!judged)
    throw std::runtime_error("record: it ends after " + std::to_string(number) + " lines, before its options");
  result.verdict = judged->look();
  result.recomputed = verdict_line(result.verdict);
  return result;
}

}  // namespace canaryctl::judge
