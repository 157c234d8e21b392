// SPDX-License-Identifier: BSL-1.0
#include "canaryctl/demo/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace canaryctl::demo {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// Runs between fork and exec in a process that had other threads: async-signal-safe calls only.
[[noreturn]] void become(const char* program, char** arguments, char** environment, int log, int report, pid_t parent) {
  constexpr int error_pipe = 3;
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR2}) ::signal(number, SIG_DFL);
  const int null = open("/dev/null", O_RDONLY);
  const bool wired = dup2(null, 0) == 0 && dup2(log, 1) == 1 && dup2(log, 2) == 2 && dup2(report, error_pipe) >= 0 &&
                     fcntl(error_pipe, F_SETFD, FD_CLOEXEC) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
  // The proxy's sockets have no close-on-exec flag: a pod that inherits one would keep a client's connection open.
  close_range(error_pipe + 1, ~0U, 0);
  if (getppid() != parent) _exit(127);  // the parent died before the kernel was asked to tell
  if (wired) execve(program, arguments, environment);
  const int error = errno;
  [[maybe_unused]] const auto written = write(error_pipe, &error, sizeof error);
  _exit(127);
}

}  // namespace

child_process::child_process(const std::string& program, const std::vector<std::string>& arguments,
                             const std::vector<std::string>& environment, const std::string& log_file) {
  const auto fail = [](const std::string& what) { throw std::system_error(errno, std::generic_category(), what); };
  std::vector<std::string> argv{program};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  auto env = environment;
  auto argv_pointers = pointers(argv);
  auto env_pointers = pointers(env);

  const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) fail("cannot write " + log_file);
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) {
    close(log);
    fail("no pipe");
  }
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) become(program.c_str(), argv_pointers.data(), env_pointers.data(), log, report[1], parent);
  const int fork_error = errno;
  close(log);
  close(report[1]);
  if (pid_ < 0) {
    close(report[0]);
    errno = fork_error;
    fail("cannot start a process");
  }
  setpgid(pid_, pid_);  // whoever comes first
  int error = 0;
  ssize_t got;
  do got = read(report[0], &error, sizeof error);
  while (got < 0 && errno == EINTR);
  close(report[0]);
  if (got > 0) {
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
    errno = error;
    fail("cannot run " + program);
  }
}

child_process::~child_process() {
  if (pid_ < 0 || !running()) return;
  kill(pid_, SIGKILL);
  int status;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

bool child_process::running() {
  if (status_) return false;
  int status = 0;
  const auto got = waitpid(pid_, &status, WNOHANG);
  if (got == pid_) status_ = status;
  return !status_;
}

void child_process::signal(int number) {
  if (running()) kill(pid_, number);
}

std::string child_process::end() const {
  if (!status_) return "is running";
  if (WIFSIGNALED(*status_)) {
    const char* name = sigabbrev_np(WTERMSIG(*status_));
    return "was killed by SIG" + std::string(name ? name : std::to_string(WTERMSIG(*status_)));
  }
  return "ended with " + std::to_string(WEXITSTATUS(*status_));
}

bool child_process::ended_well() const { return status_ && WIFEXITED(*status_) && WEXITSTATUS(*status_) == 0; }

}  // namespace canaryctl::demo
