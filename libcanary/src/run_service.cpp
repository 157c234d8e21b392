// SPDX-License-Identifier: BSL-1.0
#include <canary/service.hpp>

#include <canary/version.hpp>

#include <csignal>
#include <iostream>
#include <string_view>

namespace canary {
namespace {

constexpr int configuration_error = 2;
constexpr int runtime_failure = 1;

enum class wish { run, help, help_markdown, check, version };

int usage(std::string_view argument) {
  std::cerr << "unknown argument '" << argument << "': expected --help, --help-markdown, --check-config or --version\n";
  return configuration_error;
}

void print_help(std::string_view program, std::span<const setting> rows) {
  std::cout << "Usage: " << program << " [--help | --help-markdown | --check-config | --version]\n\n"
            << "Every setting is an environment variable:\n\n"
            << settings_help(rows) << "\nSIGTERM and SIGINT drain and end; a second one ends at once.\n"
            << "Exit codes: 0 after a drain, 1 on a failure at run time, 2 on a bad argument or setting.\n";
}

int refuse(const env_reader& env) {
  std::cerr << error_report(env.errors());
  return configuration_error;
}

/// The library's settings are bad: the program's own are read all the same, so that all mistakes are told together.
void report_own_mistakes(env_reader& env, const identity& self, const std::function<void(service&)>& setup) {
  try {
    config harmless;
    harmless.self = self;
    service s(std::move(harmless), &env);
    setup(s);
  } catch (const std::exception&) {
    // It could not be set up without its configuration: no mistake of the environment.
  }
}

}  // namespace

int run_service(int argc, char** argv, identity defaults, const std::function<void(service&)>& setup) {
  auto wanted = wish::run;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--help" || argument == "-h")
      wanted = wish::help;
    else if (argument == "--help-markdown")
      wanted = wish::help_markdown;
    else if (argument == "--check-config")
      wanted = wish::check;
    else if (argument == "--version")
      wanted = wish::version;
    else
      return usage(argument);
  }
  const std::string_view program =
      argc > 0 ? std::string_view(argv[0]).substr(std::string_view(argv[0]).rfind('/') + 1) : "";
  try {
    const bool explain = wanted == wish::help || wanted == wish::help_markdown;
    auto env = explain ? env_reader() : env_reader::of_process();
    auto settings = read_config(env, std::move(defaults));
    const auto self = settings.self;
    if (wanted == wish::version) {
      std::cout << program << ' ' << self.version << " (libcanary " << library_version() << ")\n";
      return 0;
    }
    // Somebody who no longer reads our standard error is no reason to end.
    std::signal(SIGPIPE, SIG_IGN);
    if (!env.errors().empty() && !explain) {
      report_own_mistakes(env, self, setup);
      return refuse(env);
    }
    service s(std::move(settings), &env);
    // It reads the program's own settings, which belong to the help and to the check, too.
    setup(s);
    if (wanted == wish::help) {
      print_help(program, env.settings());
      return 0;
    }
    if (wanted == wish::help_markdown) {
      std::cout << settings_markdown(env.settings());
      return 0;
    }
    if (!env.errors().empty()) return refuse(env);
    if (wanted == wish::check) {
      for (const auto& w : env.warnings()) std::cerr << "warning: " << w << '\n';
      std::cout << effective_settings(env.settings());
      return 0;
    }
    return s.run();
  } catch (const std::exception& e) {
    std::cerr << program << ": " << e.what() << '\n';
    return runtime_failure;
  }
}

}  // namespace canary
