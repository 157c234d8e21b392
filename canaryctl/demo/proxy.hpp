// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace canaryctl::demo {

enum class track : std::uint8_t { stable, canary };
inline const char* to_string(track t) { return t == track::stable ? "stable" : "canary"; }

/// Where a pod listens and what it is. `name` is unique in a proxy.
struct pod_address {
  std::string name;
  std::string version;
  demo::track track = track::stable;
  std::string host = "127.0.0.1";
  std::uint16_t http_port = 0;
  std::uint16_t admin_port = 0;
};

/// What a pod did with the requests it was handed. A request is in exactly one of: answered, the five failures,
/// client_gone, in_flight.
struct pod_counts {
  pod_address address;
  bool ready = false;
  bool removed = false;                        ///< taken out of the pool for good; the counts stay
  std::uint64_t requests = 0;                  ///< handed to the pod
  std::uint64_t forced = 0;                    ///< of these: by X-Canary, not by the draw
  std::uint64_t connections = 0;               ///< opened to the pod for requests
  std::map<unsigned, std::uint64_t> statuses;  ///< answered in full, by status
  std::uint64_t refused = 0;                   ///< no connection
  std::uint64_t reset = 0;                     ///< connection lost before the head of an answer
  std::uint64_t timeout = 0;                   ///< no answer in time, or stalled in the middle of one
  std::uint64_t cut = 0;                       ///< connection lost within an answer
  std::uint64_t malformed = 0;                 ///< an answer that is no HTTP, or framed ambiguously
  std::uint64_t client_gone = 0;               ///< the client left first: not the pod's fault
  std::uint64_t in_flight = 0;

  std::uint64_t failures() const { return refused + reset + timeout + cut + malformed; }
};

struct proxy_counts {
  std::vector<pod_counts> pods;       ///< in the order they were added
  std::uint64_t no_ready_stable = 0;  ///< answered 503: the drawn track had no ready pod
  std::uint64_t no_ready_canary = 0;
  std::uint64_t rejected = 0;  ///< refused before a pod was chosen (bad framing and the like)
  int weight = 0;
  std::vector<std::string> failures;  ///< the latest failures in words, oldest first (at most 50)
};

struct proxy_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  ///< 0: the kernel chooses
  int weight = 20;            ///< percent of requests to the canary, 0..100
  std::uint64_t seed = 1;
  std::chrono::milliseconds poll_every{100};  ///< readiness of each pod
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds answer_timeout{20000};  ///< for each piece of progress that is due from a pod
  std::chrono::milliseconds client_timeout{30000};  ///< the same from a client within a request
  std::chrono::milliseconds idle_timeout{120000};   ///< a client's connection between requests
};

/// An HTTP/1 reverse proxy in front of two tracks of pods, with a thread of its own.
///
/// Each request is a draw of its own: canary with a chance of `weight` percent, then one of the track's ready pods,
/// all equally likely. `X-Canary: always|never` decides instead of the draw. A track without a ready pod costs its
/// share: these requests get 503 and are counted, as the Gateway API demands of a backend without endpoints; they
/// are not sent to the other track in silence. A pod is ready while its admin port answers /readyz with 200.
///
/// Nothing is ever tried twice. What a pod refused, reset, cut or let time out is counted against that pod, and the
/// client gets 502 or 504, or its connection is cut when the head of the answer had already been passed on.
///
/// Bodies are streamed in both directions at once, with backpressure. Upgrades are passed on as ordinary requests
/// (the Upgrade field is hop-by-hop), CONNECT is answered 501, trailers are discarded. Ambiguous framing is a 400.
///
/// The functions may be called from any one thread at a time.
class reverse_proxy {
 public:
  /// Listens and starts serving. Throws std::runtime_error that says what to do when the port cannot be had.
  explicit reverse_proxy(const proxy_options& options);
  ~reverse_proxy();  ///< calls stop()
  reverse_proxy(const reverse_proxy&) = delete;
  reverse_proxy& operator=(const reverse_proxy&) = delete;

  std::uint16_t port() const;

  /// The pod gets requests as soon as its /readyz answered 200.
  void add_pod(const pod_address& pod);
  /// The pod gets no further request; those it has are finished.
  void remove_pod(const std::string& name);
  /// 0..100; counts from the next request on.
  void set_weight(int percent);

  proxy_counts counts() const;

  /// Cuts every connection and joins the thread. Idempotent.
  void stop();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace canaryctl::demo
