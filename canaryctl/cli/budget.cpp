#include "canaryctl/cli/command.hpp"
namespace canaryctl {
void add_budget(CLI::App&, exit_code&) {}
}  // namespace canaryctl
