// SPDX-License-Identifier: BSL-1.0
// Writes FOLDER/JUDGE.md and FOLDER/judge/*.svg: the judge's promises, measured. Fixed seeds: the same text on every
// run.
#include "report.hpp"

#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>

int main(int argc, char** argv) try {
  bench::report r;
  if (argc > 2) {
    const char* const end = argv[2] + std::strlen(argv[2]);
    if (std::from_chars(argv[2], end, r.effort).ptr != end || !(r.effort > 0 && r.effort <= 1)) argc = 1;
  }
  if (argc < 2 || argc > 3) {
    std::fputs(
        "usage: judge_report FOLDER [EFFORT]\nwrites FOLDER/JUDGE.md and FOLDER/judge/*.svg; EFFORT above 0, at most "
        "1, is the share of the runs\n",
        stderr);
    return 2;
  }
  r.folder = argv[1];
  std::filesystem::create_directories(r.folder + "/judge");
  for (auto* section : {bench::method, bench::false_rollback, bench::false_promotion, bench::promotion_time,
                        bench::exposure, bench::scrapes, bench::turning_bad, bench::opponents})
    section(r);
  if (r.effort < 1) r.text = "> A rehearsal with " + bench::percent(r.effort, 0) + " of the runs.\n\n" + r.text;
  while (r.text.ends_with("\n\n")) r.text.pop_back();
  std::ofstream file(r.folder + "/JUDGE.md", std::ios::binary);
  file << r.text;
  if (!file.flush()) throw std::runtime_error(r.folder + "/JUDGE.md: cannot be written");
} catch (const std::exception& e) {
  std::fprintf(stderr, "judge_report: %s\n", e.what());
  return 1;
}
