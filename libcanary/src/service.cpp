// SPDX-License-Identifier: BSL-1.0
#include <canary/service.hpp>

#include "service_run.hpp"

namespace canary {

service::service(config c, env_reader* env) : impl_(std::make_unique<impl>(std::move(c), env)) {}
service::~service() = default;

const config& service::settings() const noexcept { return impl_->settings; }
env_reader& service::env() noexcept { return *impl_->env; }
router& service::routes() noexcept { return impl_->routes; }
canary::metrics& service::metrics() noexcept { return impl_->counters; }
logger& service::log() noexcept { return impl_->log; }
fault_injector& service::faults() noexcept { return impl_->faults; }
asio::any_io_executor service::executor() { return impl_->http ? impl_->http->executor() : asio::any_io_executor(); }

void service::ready_when(std::string name, ready_check check) { impl_->checks.add(std::move(name), std::move(check)); }
void service::on_start(service_task task) { impl_->start_tasks.push_back(std::move(task)); }
void service::on_drain(service_task task) { impl_->drain_tasks.push_back(std::move(task)); }

int service::run() { return impl_->run(); }
void service::stop() { impl_->request_stop(0); }

}  // namespace canary
