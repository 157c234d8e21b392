// SPDX-License-Identifier: BSL-1.0
#include "deadline_queue.hpp"

namespace canary::detail {

deadline_queue::deadline_queue(durations d) noexcept : durations_(d) {
  for (auto& l : lists_) l.before = l.after = &l;
}

void deadline_queue::unlink(link& l) noexcept {
  if (!l.after) return;
  l.before->after = l.after;
  l.after->before = l.before;
  l.before = l.after = nullptr;
}

deadline_queue::time_point deadline_queue::arm(entry& e, phase p, time_point now) noexcept {
  unlink(e);
  e.phase_ = p;
  e.at_ = now + durations_[index(p)];
  auto& list = lists_[index(p)];
  e.before = list.before;
  e.after = &list;
  list.before->after = &e;
  list.before = &e;
  return e.at_;
}

void deadline_queue::disarm(entry& e) noexcept { unlink(e); }

void deadline_queue::expire(time_point now) {
  for (auto& list : lists_) {
    while (list.after != &list) {
      auto& e = *static_cast<entry*>(list.after);
      if (e.at_ > now) break;
      unlink(e);
      e.on_deadline(e.phase_);
    }
  }
}

deadline_queue::time_point deadline_queue::next() const noexcept {
  auto earliest = time_point::max();
  for (const auto& list : lists_)
    if (list.after != &list)
      if (const auto at = static_cast<const entry*>(list.after)->at_; at < earliest) earliest = at;
  return earliest;
}

}  // namespace canary::detail
