// SPDX-License-Identifier: BSL-1.0
#include "sample_service.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <cmath>
#include <limits>
#include <ostream>
#include <stdexcept>

namespace {

using canary::metrics;

struct bad_name {
  std::string name;
  metrics::labels labels;
  std::string reason;
};

std::ostream& operator<<(std::ostream& out, const bad_name& b) { return out << b.name << " " << b.reason; }

const bad_name bad_names[] = {
    {"", {}, "a name is of"},
    {"1st", {}, "a name is of"},
    {"a-b", {}, "a name is of"},
    {"a b", {}, "a name is of"},
    {"http_requests_total", {}, "the library has a metric of that name"},
    {"http_request_duration_seconds_count", {}, "the library has a metric of that name"},
    {"process_threads", {}, "the library has a metric of that name"},
    {"canary_build_info", {}, "the library has a metric of that name"},
    {"jobs_total", {{"version", "x"}}, "label `version` is reserved"},
    {"jobs_total", {{"track", "x"}}, "label `track` is reserved"},
    {"jobs_total", {{"le", "x"}}, "label `le`"},
    {"jobs_total", {{"__x", "x"}}, "label `__x`"},
    {"jobs_total", {{"a-b", "x"}}, "label `a-b`"},
    {"jobs_total", {{"", "x"}}, "label ``"},
    {"taken", {}, "different type"},
};

const std::vector<double> bad_bounds[] = {
    {}, {1, 1}, {2, 1}, {1, std::numeric_limits<double>::infinity()}, {std::nan("")}};

}  // namespace

BOOST_AUTO_TEST_SUITE(user_metrics)

BOOST_DATA_TEST_CASE(bad_name_or_label_is_refused_with_its_reason, boost::unit_test::data::make(bad_names)) {
  metrics m(canary_test::sample_identity());
  m.gauge("taken", "A gauge.");
  BOOST_CHECK_EXCEPTION(m.counter(sample.name, "Help.", sample.labels), std::invalid_argument, [&](const auto& e) {
    const std::string what = e.what();
    return what.find("`" + sample.name + "`") != what.npos && what.find(sample.reason) != what.npos;
  });
}

BOOST_AUTO_TEST_CASE(bounds_have_to_rise) {
  metrics m(canary_test::sample_identity());
  for (const auto& bounds : bad_bounds) BOOST_CHECK_THROW(m.histogram("size", "Sizes.", bounds), std::invalid_argument);
  BOOST_CHECK_NO_THROW(m.histogram("size", "Sizes.", {1, 2}));
}

BOOST_AUTO_TEST_CASE(same_name_and_labels_are_the_same_metric) {
  metrics m(canary_test::sample_identity());
  auto& a = m.counter("jobs_total", "Jobs.", {{"kind", "a"}});
  BOOST_TEST(&m.counter("jobs_total", "Jobs.", {{"kind", "a"}}) == &a);
  BOOST_TEST(&m.counter("jobs_total", "Jobs.", {{"kind", "b"}}) != &a);
}

BOOST_AUTO_TEST_SUITE_END()
