// SPDX-License-Identifier: BSL-1.0
#include "characters.hpp"
#include "session.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

// One exchange from the bytes that were read to the bytes of its answer: what needs no waiting.
namespace canary::detail {

head_scanner::state session::scan_head() {
  auto data = in_.data();
  if (scanner_.fresh()) {
    // Some clients send an empty line behind a body (RFC 9112, section 2.2).
    while (data.starts_with("\r\n")) {
      in_.consume(2);
      data.remove_prefix(2);
    }
    if (data.empty() || data == "\r") return head_scanner::state::more;
  }
  return scanner_.scan(data.data(), data.size());
}

bool session::take_buffered_body() {
  body_.clear();
  body_in_place_ = false;
  request_size_ = scanner_.size();
  if (scanner_.chunked()) {
    chunks_ = chunk_decoder({shared_.settings.max_body, shared_.settings.max_head, shared_.settings.max_head});
    return in_.data().size() > scanner_.size() && feed_chunks() == chunk_decoder::state::done;
  }
  const auto length = static_cast<std::size_t>(scanner_.content_length());
  if (in_.data().size() - scanner_.size() < length) return false;
  body_in_place_ = true;
  request_size_ += length;
  return true;
}

chunk_decoder::state session::feed_chunks() {
  const auto [result, consumed] = chunks_.feed(in_.data().substr(scanner_.size()), body_);
  if (result == chunk_decoder::state::more)
    in_.truncate(scanner_.size());
  else if (result == chunk_decoder::state::done)
    request_size_ = scanner_.size() + consumed;
  else
    refuse(chunks_.error_status(), chunks_.error_detail());
  return result;
}

void session::begin_exchange() {
  const auto data = in_.data();
  scanner_.fill(request_, fields_, data.data());
  request_.body =
      body_in_place_ ? data.substr(scanner_.size(), request_size_ - scanner_.size()) : std::string_view(body_);
  read_facts();
  match_ = shared_.routes.find(request_.method, request_.path, parameters_);
  request_.parameters = parameters_.fields();
  if (worker_.counters()) scope_.emplace(*worker_.counters(), match_.route, request_.method, begin_);
  close_ = !scanner_.keep_alive();
  failure_.clear();
}

void session::read_facts() {
  context::facts facts{
      .request_id = {}, .peer = peer_, .deadline = now_ + shared_.settings.handler_timeout, .trace = {}};
  std::string_view state;
  for (const auto& f : fields_) {
    if (ci_is_equal(f.name, "x-request-id")) {
      if (is_sane_id(f.value)) facts.request_id = f.value;
    } else if (ci_is_equal(f.name, "traceparent")) {
      facts.trace = parse_traceparent(f.value);
    } else if (ci_is_equal(f.name, "tracestate")) {
      state = f.value;
    }
  }
  if (!facts.trace.trace_id.empty()) facts.trace.state = state;
  if (facts.request_id.empty()) facts.request_id = worker_.ids().id(id_);
  if (!shared_.trusted.empty()) facts.peer = client_address(peer_, fields_, shared_.trusted);
  context_.renew(facts);
}

void session::call_plain(const plain_handler& h) {
  try {
    answer_ = h(request_, context_);
  } catch (...) {
    answer_exception(std::current_exception());
  }
}

void session::queue_answer() {
  if (const char* why = unsendable(answer_)) {
    failure_ = why;
    answer_failure(500, "the service failed");
  }
  if (wants_close(answer_) || shared_.draining.load(std::memory_order_relaxed)) close_ = true;
  if (scope_) scope_->status(answer_.status);
  rest_ = write_response(out_, answer_,
                         {.keep_alive = !close_,
                          .version = request_.version,
                          .head = request_.method == method::head,
                          .date = worker_.date(),
                          .extra = shared_.extra,
                          .request_id = context_.request_id()});
  if (answer_.status >= 500 && !refused_) log_failure();
}

bool session::flush() {
  while (sent_ < out_.size() + rest_.size()) {
    std::array<iovec, 2> parts{};
    std::size_t count = 0;
    if (sent_ < out_.size()) parts[count++] = {out_.data() + sent_, out_.size() - sent_};
    const auto skip = sent_ - std::min(sent_, out_.size());
    if (skip < rest_.size()) parts[count++] = {const_cast<char*>(rest_.data()) + skip, rest_.size() - skip};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    const auto n = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;  // it would block; another error meets the write that waits, too
    sent_ += static_cast<std::size_t>(n);
  }
  out_.clear();
  rest_ = {};
  sent_ = 0;
  now_ = steady::now();
  return true;
}

void session::end_exchange() {
  // A buffer that grew beyond this for one request is given back.
  constexpr std::size_t kept = 64 * 1024;
  if (worker_.counters() && worker_.ids().chance(shared_.settings.access_log)) log_access();
  if (scope_) scope_->end(now_);
  scope_.reset();
  in_.consume(request_size_);
  request_size_ = 0;
  scanner_.reset();
  served_ = true;
  armed_.reset();
  begin_ = now_;
  if (body_.capacity() > kept) body_ = {};
  if (out_.capacity() > 2 * coalesced && out_.empty()) out_ = {};
  answer_ = {};
}

}  // namespace canary::detail
