#include "state.h"

#include <cstring>

namespace sotto::dialogue {
namespace {

constexpr char kMagic[8] = {'S', 'O', 'T', 'T', 'O', 'D', 'L', 'G'};
constexpr uint32_t kVersion = 1;
constexpr uint32_t kHasSystemPrompt = 1;
constexpr uint32_t kIsDropped = 1;
constexpr size_t kSizeAt = 16;
constexpr size_t kChecksumAt = 24;
constexpr size_t kHeaderSize = 32;
constexpr size_t kTurnOverhead = 4 + 8 + 8;

template <class Number>
void put(std::string* out, Number value) {
  for (size_t i = 0; i < sizeof value; ++i) out->push_back(static_cast<char>((value >> (8 * i)) & 0xFFu));
}

void put_text(std::string* out, const std::string& text) {
  put<uint64_t>(out, text.size());
  out->append(text);
}

void put_at(std::string* out, size_t at, uint64_t value) {
  for (size_t i = 0; i < sizeof value; ++i) (*out)[at + i] = static_cast<char>((value >> (8 * i)) & 0xFFu);
}

// FNV-1a over words of eight bytes: finds damage, not malice; malice is met by the checks of each field.
uint64_t checksum(const unsigned char* bytes, uint64_t size) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (uint64_t at = 0; at < size; at += 8) {
    uint64_t word = 0;
    for (uint64_t i = 0; i < 8 && at + i < size; ++i) word |= static_cast<uint64_t>(bytes[at + i]) << (8 * i);
    hash = (hash ^ word) * 0x100000001b3u;
    hash ^= hash >> 29;
  }
  return hash;
}

// Reads forward and never past the end; after the first failure everything reads as empty.
class Reader {
 public:
  Reader(const unsigned char* bytes, uint64_t size) : at_(bytes), left_(size) {}

  template <class Number>
  Number number() {
    Number value = 0;
    if (left_ < sizeof value) return fail(), Number{0};
    for (size_t i = 0; i < sizeof value; ++i) value |= static_cast<Number>(static_cast<Number>(at_[i]) << (8 * i));
    skip(sizeof value);
    return value;
  }
  std::string text() {
    const uint64_t size = number<uint64_t>();
    if (size > left_) return fail(), std::string();
    std::string text(reinterpret_cast<const char*>(at_), static_cast<size_t>(size));
    skip(size);
    return text;
  }
  void skip(uint64_t count) {
    at_ += count;
    left_ -= count;
  }
  void fail() { failed_ = true, left_ = 0; }
  bool failed() const { return failed_; }
  uint64_t left() const { return left_; }
  const unsigned char* at() const { return at_; }

 private:
  const unsigned char* at_;
  uint64_t left_;
  bool failed_ = false;
};

Status damaged(const std::string& how) {
  return {SOTTO_BAD_FILE, "restoring a dialogue: " + how + "; save it again or start a new one"};
}

Status check_header(const unsigned char* bytes, uint64_t size, uint32_t* flags) {
  if (bytes == nullptr || size < kHeaderSize || std::memcmp(bytes, kMagic, sizeof kMagic) != 0)
    return damaged("the " + std::to_string(size) + " bytes are no saved dialogue");
  Reader header(bytes + sizeof kMagic, kHeaderSize - sizeof kMagic);
  const uint32_t version = header.number<uint32_t>();
  *flags = header.number<uint32_t>();
  if (version != kVersion || (*flags & ~kHasSystemPrompt) != 0)
    return {SOTTO_UNSUPPORTED, "restoring a dialogue: it was saved in format " + std::to_string(version) + " (flags " +
                                   std::to_string(*flags) + "), this plugin reads format " + std::to_string(kVersion)};
  const uint64_t stated = header.number<uint64_t>();
  if (stated != size)
    return damaged("it says that it has " + std::to_string(stated) + " bytes, there are " + std::to_string(size));
  if (header.number<uint64_t>() != checksum(bytes + kHeaderSize, size - kHeaderSize))
    return damaged("its checksum does not fit its " + std::to_string(size) + " bytes");
  return {};
}

}  // namespace

uint64_t packed_size(const Conversation& conversation, uint64_t session_size) {
  uint64_t size = kHeaderSize + 8 + (conversation.system_prompt ? conversation.system_prompt->size() : 0) + 8;
  for (const Turn& turn : conversation.turns) size += kTurnOverhead + turn.role.size() + turn.content.size();
  return size + 8 + session_size;
}

std::string pack(const Conversation& conversation, uint64_t session_size, uint64_t* session_at) {
  std::string out(kMagic, sizeof kMagic);
  out.reserve(static_cast<size_t>(packed_size(conversation, session_size)));
  put<uint32_t>(&out, kVersion);
  put<uint32_t>(&out, conversation.system_prompt ? kHasSystemPrompt : 0);
  put<uint64_t>(&out, 0);  // size and checksum: seal()
  put<uint64_t>(&out, 0);
  put_text(&out, conversation.system_prompt.value_or(std::string()));
  put<uint64_t>(&out, conversation.turns.size());
  for (const Turn& turn : conversation.turns) {
    put<uint32_t>(&out, turn.is_dropped ? kIsDropped : 0);
    put_text(&out, turn.role);
    put_text(&out, turn.content);
  }
  put<uint64_t>(&out, session_size);
  *session_at = out.size();
  out.resize(out.size() + static_cast<size_t>(session_size));
  return out;
}

void seal(std::string* bytes) {
  put_at(bytes, kSizeAt, bytes->size());
  const auto* data = reinterpret_cast<const unsigned char*>(bytes->data());
  put_at(bytes, kChecksumAt, checksum(data + kHeaderSize, bytes->size() - kHeaderSize));
}

Status unpack(const void* given, uint64_t size, Unpacked* out) {
  const auto* bytes = static_cast<const unsigned char*>(given);
  uint32_t flags = 0;
  if (Status s = check_header(bytes, size, &flags); !s.ok()) return s;
  Reader in(bytes + kHeaderSize, size - kHeaderSize);
  std::string system_prompt = in.text();
  if ((flags & kHasSystemPrompt) != 0) out->conversation.system_prompt = std::move(system_prompt);
  const uint64_t turns = in.number<uint64_t>();
  if (turns > in.left() / kTurnOverhead)
    return damaged("it says that it has " + std::to_string(turns) + " turns, " + std::to_string(in.left()) +
                   " bytes are left for them");
  for (uint64_t i = 0; i < turns && !in.failed(); ++i) {
    Turn turn;
    const uint32_t turn_flags = in.number<uint32_t>();
    turn.is_dropped = (turn_flags & kIsDropped) != 0;
    turn.role = in.text();
    turn.content = in.text();
    if (in.failed() || turn.role.empty() || (turn_flags & ~kIsDropped) != 0)
      return damaged("turn " + std::to_string(i) + " of " + std::to_string(turns) + " is cut off or has no role");
    out->conversation.turns.push_back(std::move(turn));
  }
  out->session_size = in.number<uint64_t>();
  if (in.failed() || out->session_size != in.left())
    return damaged("the state of the session does not reach to the end of the bytes");
  out->session = in.at();
  return {};
}

}  // namespace sotto::dialogue
