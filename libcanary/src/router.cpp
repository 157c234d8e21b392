// SPDX-License-Identifier: BSL-1.0
#include <canary/router.hpp>

#include "route_template.hpp"

#include <boost/url/decode_view.hpp>
#include <boost/url/pct_string_view.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <stdexcept>

namespace canary {

namespace {

constexpr auto get_index = static_cast<std::size_t>(method::get);
constexpr auto head_index = static_cast<std::size_t>(method::head);
constexpr auto options_index = static_cast<std::size_t>(method::options);
constexpr std::uint32_t none = 0xffffffff;

struct node {
  std::map<std::string, std::uint32_t, std::less<>> literals;
  std::uint32_t parameter = none;
  std::uint32_t rest = none;
  std::uint32_t leaf = none;
};

// What a template leads to; index for index one of routes().
struct leaf {
  std::vector<std::string> names;  // of its parameters, in order
  std::array<const handler*, method_names.size()> handlers{};
  const handler* any = nullptr;
  std::string allow;
};

std::string allowed(const leaf& l) {
  std::vector<std::string_view> names;
  for (std::size_t m = 0; m < method_names.size(); ++m)
    if (l.handlers[m] || m == options_index || (m == head_index && l.handlers[get_index]) ||
        (l.any && m != static_cast<std::size_t>(method::other)))
      names.push_back(method_names[m]);
  std::sort(names.begin(), names.end());
  std::string joined;
  for (const auto n : names) joined.append(joined.empty() ? "" : ", ").append(n);
  return joined;
}

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw std::invalid_argument("canary::router: template `" + path + "`: " + reason);
}

}  // namespace

struct router::impl {
  std::vector<node> nodes{1};
  std::vector<leaf> leaves;
  std::vector<route> routes;
  std::deque<handler> handlers;  // their addresses stay
  std::size_t most_parameters = 0;

  std::uint32_t leaf_of(const std::string& path, const std::string& label);
  router::match answer(const leaf& l, std::size_t index, method m) const;

  // The raw values of the parameters on the way to a leaf, in the frames of the search.
  struct trail {
    std::string_view value;
    const trail* before = nullptr;
  };
  // Follows the path's segments; literals first, then a parameter, then the rest. Each node is met at most once.
  template <typename Found>
  bool search(std::uint32_t at, std::string_view left, const trail* values, const Found& found) const;
};

std::uint32_t router::impl::leaf_of(const std::string& path, const std::string& label) {
  const auto segments = parse_template(path);
  std::vector<std::string> names;
  std::uint32_t at = 0;
  const auto step = [this](std::uint32_t from, const template_segment& s) -> std::uint32_t {
    const auto fresh = static_cast<std::uint32_t>(nodes.size());
    std::uint32_t next = fresh;
    if (s.kind == template_segment::type::literal) {
      next = nodes[from].literals.try_emplace(std::string(s.text), fresh).first->second;
    } else {
      auto& child = s.kind == template_segment::type::rest ? nodes[from].rest : nodes[from].parameter;
      if (child == none) child = fresh;
      next = child;
    }
    if (next == fresh) nodes.emplace_back();
    return next;
  };
  for (const auto& s : segments) {
    at = step(at, s);
    if (s.kind != template_segment::type::literal) names.emplace_back(s.text);
  }

  if (nodes[at].leaf == none) {
    nodes[at].leaf = static_cast<std::uint32_t>(leaves.size());
    most_parameters = std::max(most_parameters, names.size());
    leaves.push_back({std::move(names), {}, nullptr, {}});
    routes.push_back({path, label.empty() ? path : label, {}});
  } else {
    const auto& before = routes[nodes[at].leaf];
    if (before.path != path) refuse(path, "matches the same paths as `" + before.path + "`");
    if (!label.empty() && label != before.label) refuse(path, "has the label `" + before.label + "` already");
  }
  return nodes[at].leaf;
}

template <typename Found>
bool router::impl::search(std::uint32_t at, std::string_view left, const trail* values, const Found& found) const {
  const node& n = nodes[at];
  if (left.empty()) return n.leaf != none && found(n.leaf, values);

  left.remove_prefix(1);  // the slash
  const auto end = std::min(left.find('/'), left.size());
  const auto segment = left.substr(0, end);
  const auto behind = left.substr(end);
  if (const auto literal = n.literals.find(segment); literal != n.literals.end())
    if (search(literal->second, behind, values, found)) return true;
  if (n.parameter != none && !segment.empty()) {
    const trail value{segment, values};
    if (search(n.parameter, behind, &value, found)) return true;
  }
  if (n.rest != none && !left.empty()) {
    const trail value{left, values};
    return found(nodes[n.rest].leaf, &value);
  }
  return false;
}

router::match router::impl::answer(const leaf& l, std::size_t index, method m) const {
  const auto wanted = static_cast<std::size_t>(m);
  const handler* target = l.handlers[wanted];
  if (!target && m == method::head) target = l.handlers[get_index];
  if (!target) target = l.any;
  if (target) return {outcome::found, target, index, {}};
  if (m == method::options) return {outcome::options, nullptr, index, l.allow};
  return {outcome::method_not_allowed, nullptr, unmatched, l.allow};
}

std::span<const field> router::parameters::fields() const noexcept { return fields_; }
void router::parameters::clear() noexcept { fields_.clear(); }

router::router() : impl_(std::make_unique<impl>()) {}
router::~router() = default;
router::router(router&&) noexcept = default;
router& router::operator=(router&&) noexcept = default;

router& router::add(method m, std::string path, handler h, std::string label) {
  if (m == method::other) refuse(path, "a method without a name of its own goes to a handler for any method");
  if (std::visit([](const auto& f) { return !f; }, h)) refuse(path, "the handler is empty");
  const auto index = impl_->leaf_of(path, label);
  auto& l = impl_->leaves[index];
  auto& slot = l.handlers[static_cast<std::size_t>(m)];
  if (slot) refuse(path, "has a handler for " + std::string(to_string(m)) + " already");
  slot = &impl_->handlers.emplace_back(std::move(h));
  l.allow = allowed(l);
  auto& methods = impl_->routes[index].methods;
  if (std::find(methods.begin(), methods.end(), m) == methods.end()) methods.push_back(m);
  return *this;
}

router& router::any(std::string path, handler h, std::string label) {
  if (std::visit([](const auto& f) { return !f; }, h)) refuse(path, "the handler is empty");
  const auto index = impl_->leaf_of(path, label);
  auto& l = impl_->leaves[index];
  if (l.any) refuse(path, "has a handler for any method already");
  l.any = &impl_->handlers.emplace_back(std::move(h));
  l.allow = allowed(l);
  auto& methods = impl_->routes[index].methods;
  methods.clear();
  for (std::size_t m = 0; m < method_names.size(); ++m) methods.push_back(static_cast<method>(m));
  return *this;
}

std::span<const router::route> router::routes() const noexcept { return impl_->routes; }

router::match router::find(method m, std::string_view path, parameters& out) const {
  out.clear();
  if (!path.starts_with('/')) return {};
  // Room for all of them at once: a string that moved would leave its view behind.
  if (out.decoded_.size() < impl_->most_parameters) {
    out.decoded_.resize(impl_->most_parameters);
    out.fields_.reserve(impl_->most_parameters);
  }

  match result;
  impl_->search(0, path, nullptr, [&](std::uint32_t index, const impl::trail* values) {
    const leaf& l = impl_->leaves[index];
    out.fields_.resize(l.names.size());
    for (std::size_t i = l.names.size(); i-- > 0; values = values->before) {
      std::string_view value = values->value;
      if (value.find('%') != value.npos) {
        const auto encoded = boost::urls::make_pct_string_view(value);
        if (!encoded) {
          out.clear();
          return false;
        }
        const auto decoded = **encoded;
        auto& kept = out.decoded_[i];  // std::string::assign would go through a string of its own
        kept.resize(decoded.size());
        std::copy(decoded.begin(), decoded.end(), kept.begin());
        value = kept;
      }
      out.fields_[i] = {l.names[i], value};
    }
    result = impl_->answer(l, index, m);
    return true;
  });
  return result;
}

}  // namespace canary
