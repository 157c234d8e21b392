// SPDX-License-Identifier: BSL-1.0
#include "stream.hpp"

#include <algorithm>
#include <cmath>

namespace bench {

stream::stream(const stream_options& o, std::uint64_t seed) : o_(o), random_(seed), share_(o.share) {
  // Each pod draws its own traffic and error rate; a track's are the means, weighed by traffic.
  const auto draw = [&](int pods, double& traffic, double& errors) {
    traffic = errors = 0;
    for (int i = 0; i != pods; ++i) {
      const double t = 1 + o_.pod_traffic * (2 * random_.uniform() - 1);
      traffic += t / pods;
      errors += t * (1 + o_.pod_errors * (2 * random_.uniform() - 1)) / pods;
    }
    errors /= traffic;
  };
  double stable_traffic = 1;
  double canary_traffic = 1;
  draw(o_.stable_pods, stable_traffic, stable_factor_);
  draw(o_.canary_pods, canary_traffic, canary_factor_);
  share_ = o_.share * canary_traffic / (o_.share * canary_traffic + (1 - o_.share) * stable_traffic);
}

std::uint64_t stream::events(random_source& random, std::uint64_t requests, double rate, std::uint64_t cluster) {
  return std::min(random.binomial(requests, rate / double(cluster)) * cluster, requests);
}

pair stream::next() {
  pair p;
  ++batch_;
  double load = 1;
  do {
    ++rounds_;
    if (o_.diurnal > 0) load = 1 + o_.diurnal * std::sin(6.283185307179586 * double(rounds_) / 500);
    p.canary.total += random_.arrivals(o_.round * load * share_);
    p.stable.total += random_.arrivals(o_.round * load * (1 - share_));
  } while (p.canary.total < 4 || p.stable.total < 4);

  double stable_rate = o_.rate * load * load * stable_factor_;
  double canary_rate = o_.rate * load * load * canary_factor_ * (is_bad() ? o_.ratio : 1);
  if (outage_left_ == 0 && (batch_ == o_.outage_at || (o_.outage > 0 && random_.happens(o_.outage))))
    outage_left_ = o_.outage_length;
  canary_rate += o_.extra_canary_rate;
  in_outage_ = outage_left_ > 0;
  if (in_outage_) {
    --outage_left_;
    stable_rate += o_.outage_rate;
    canary_rate += o_.outage_rate;
  }
  if (o_.sick > 0) {
    if (sick_left_ == 0 && random_.happens(o_.sick)) {
      sick_left_ = o_.sick_length;
      sick_canary_ = random_.below(std::uint64_t(o_.stable_pods + o_.canary_pods)) < std::uint64_t(o_.canary_pods);
      sick_share_ = 1.0 / (sick_canary_ ? o_.canary_pods : o_.stable_pods);
    }
    if (sick_left_ > 0) {
      --sick_left_;
      (sick_canary_ ? canary_rate : stable_rate) += o_.sick_rate * sick_share_;
    }
  }
  p.stable.events = events(random_, p.stable.total, std::min(stable_rate, 1.0), o_.cluster);
  p.canary.events = events(random_, p.canary.total, std::min(canary_rate, 1.0), o_.cluster);
  if (o_.burst > 0 && random_.happens(o_.burst)) {
    // The burst hits whoever serves a randomly chosen request, and the two after it on the same pod.
    auto& hit = random_.below(p.stable.total + p.canary.total) < p.canary.total ? p.canary : p.stable;
    hit.events = std::min(hit.events + std::uint64_t(o_.burst_size), hit.total);
  }
  return p;
}

}  // namespace bench
