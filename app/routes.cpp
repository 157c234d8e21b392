// SPDX-License-Identifier: BSL-1.0
#include "routes.hpp"

#include "accept.hpp"
#include "assets.hpp"
#include "page.hpp"
#include "text.hpp"

#include <canary/version.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <random>

namespace canary_app {
namespace {

using canary::context;
using canary::request;
using canary::response;
namespace json = boost::json;

/// What does not change while the process runs.
struct facts {
  canary::identity self;
  std::string hostname;
  std::chrono::steady_clock::time_point begin;

  [[nodiscard]] long long uptime_seconds() const {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin).count();
  }
};

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return as_utf8(name.data());
}

response info(const facts& f) {
  return canary::json(json::object{{"version", f.self.version},
                                   {"color", f.self.color},
                                   {"track", f.self.track},
                                   {"revision", f.self.revision},
                                   {"config", f.self.config},
                                   {"hostname", f.hostname},
                                   {"uptime_seconds", f.uptime_seconds()},
                                   {"libcanary", canary::library_version()}})
      .header("Cache-Control", "no-store");
}

/// 128 bits that nobody can guess, for one answer.
std::string make_nonce() {
  std::random_device device;
  std::string bytes;
  for (int i = 0; i < 4; ++i) {
    const std::uint32_t n = device();
    for (unsigned shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(n >> shift & 0xff);
  }
  return base64(bytes);
}

response page(const facts& f, const request& r) {
  if (prefers_json(r.header("Accept"))) return info(f).header("Vary", "Accept");
  const auto nonce = make_nonce();
  return canary::html(render_page({f.self, f.hostname, f.uptime_seconds(), nonce}))
      .header("Cache-Control", "no-store")
      .header("Vary", "Accept")
      .header("X-Content-Type-Options", "nosniff")
      .header("Referrer-Policy", "no-referrer")
      .header("Content-Security-Policy", "default-src 'none'; style-src 'nonce-" + nonce +
                                             "'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri "
                                             "'none'; form-action 'none'; frame-ancestors 'none'");
}

response echo(const request& r) {
  json::object headers;
  for (const auto& [name, value] : r.fields) {
    const std::string key(name);
    if (auto* seen = headers.if_contains(key))
      *seen = std::string(seen->as_string()) + ", " + as_utf8(value);
    else
      headers[key] = as_utf8(value);
  }
  json::object body{{"method", r.method_name},
                    {"target", as_utf8(r.target)},
                    {"path", as_utf8(r.path)},
                    {"query", as_utf8(r.query)},
                    {"headers", std::move(headers)}};
  if (is_utf8(r.body))
    body["body"] = r.body;
  else
    body["body_base64"] = base64(r.body);
  return canary::json(body).header("Cache-Control", "no-store");
}

/// The same in every version of the app up to its content, which the ETag stands for.
canary::plain_handler asset(std::string_view content, std::string type) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : content) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  auto etag = '"' + std::to_string(hash) + '"';
  return [content, type = std::move(type), etag = std::move(etag)](const request& r, context&) {
    response answer;
    const auto known = r.header("If-None-Match");
    if (known == "*" || known.find(etag) != std::string_view::npos) {
      answer.status = 304;
    } else {
      answer.content_type = type;
      answer.static_body = content;
    }
    answer.header("ETag", etag);
    answer.header("Cache-Control", "public, max-age=3600");
    answer.header("X-Content-Type-Options", "nosniff");
    return answer;
  };
}

}  // namespace

void add_routes(canary::service& s) {
  const facts f{s.settings().self, host_name(), std::chrono::steady_clock::now()};
  auto& routes = s.routes();
  routes.get("/", [f](const request& r, context&) { return page(f, r); });
  routes.get("/api/info", [f](const request&, context&) { return info(f); });
  routes.any("/api/echo", [](const request& r, context&) { return echo(r); });
  routes.get("/assets/live.js", asset(live_script, "text/javascript; charset=utf-8"));
  routes.get("/assets/icon.svg", asset(icon, "image/svg+xml"));
}

}  // namespace canary_app
