// SPDX-License-Identifier: BSL-1.0
// The one `main` of every unit test program. With TEST_RESULTS=FOLDER the cases are also written to
// FOLDER/<program>.xml as JUnit, which tests/summary adds up.
#define BOOST_TEST_NO_MAIN
#define BOOST_TEST_ALTERNATIVE_INIT_API
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>

int main(int argc, char** argv) {
  if (const char* folder = std::getenv("TEST_RESULTS"); folder && argc > 0) {
    const auto name = std::filesystem::path(argv[0]).filename().string();
    const auto logger =
        "HRF,test_suite,stdout:JUNIT,message," + (std::filesystem::path(folder) / name).string() + ".xml";
    ::setenv("BOOST_TEST_LOGGER", logger.c_str(), 0);
  }
  return boost::unit_test::unit_test_main([] { return true; }, argc, argv);
}
