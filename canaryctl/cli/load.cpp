#include "canaryctl/cli/command.hpp"
namespace canaryctl {
void add_load(CLI::App&, exit_code&) {}
}  // namespace canaryctl
