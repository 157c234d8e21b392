#include "canaryctl/cli/command.hpp"
namespace canaryctl {
void add_smoke(CLI::App&, exit_code&) {}
}  // namespace canaryctl
