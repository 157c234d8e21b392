#include "canaryctl/cli/command.hpp"
namespace canaryctl {
void add_split(CLI::App&, exit_code&) {}
}  // namespace canaryctl
