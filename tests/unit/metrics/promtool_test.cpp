// SPDX-License-Identifier: BSL-1.0
#include "sample_service.hpp"

#include "support/temp_dir.hpp"

#include <boost/test/unit_test.hpp>

#include <prometheus/counter.h>
#include <prometheus/histogram.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using namespace std::chrono_literals;
using canary::method;

boost::test_tools::assertion_result has_promtool(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result found(std::system("promtool --version >/dev/null 2>&1") == 0);
  found.message() << "promtool is not installed (Debian package prometheus)";
  return found;
}

// What `promtool check metrics` says of a scrape; empty and 0 where it finds nothing.
std::pair<int, std::string> check(const std::string& scrape) {
  const canary_test::temp_dir dir;
  const auto in = dir.write("scrape", scrape);
  const auto out = dir.path() / "out";
  const int status = std::system(("promtool check metrics <" + in.string() + " >" + out.string() + " 2>&1").c_str());
  std::ifstream said(out);
  return {status, {std::istreambuf_iterator<char>(said), {}}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(promtool, *boost::unit_test::precondition(has_promtool))

BOOST_AUTO_TEST_CASE(scrape_is_parsed_and_found_without_fault) {
  canary::metrics m(canary_test::sample_identity());
  m.declare_http(canary_test::sample_routes());
  const auto [empty_status, empty_said] = check(m.render());
  BOOST_TEST(empty_said == "");
  BOOST_TEST(empty_status == 0);

  auto& shard = m.add_shard();
  for (std::size_t r = 0; r < 6; ++r) shard.observe(r, method::get, 200 + 100 * static_cast<unsigned>(r % 4), 3ms);
  shard.observe(canary::metrics::unmatched, method::other, 404, 8s);
  m.counter("jobs_total", "Jobs\ndone.", {{"kind", "a \"big\" \\ one\n"}}).Increment(1.5);
  m.histogram("size_bytes", "Sizes.", {0.5, 1, 1e6}).Observe(2);
  const auto [status, said] = check(m.render());
  BOOST_TEST(said == "");
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(damaged_scrape_is_not_passed) {
  canary::metrics m(canary_test::sample_identity());
  BOOST_TEST(check(m.render() + "broken{ 1\n").first != 0);
}

BOOST_AUTO_TEST_SUITE_END()
