#include "wav.h"

#include <algorithm>
#include <cstring>

#include "sotto/sotto.hpp"

namespace {

// WAV is little-endian, as every machine this sample runs on.
uint32_t u32(const char* bytes) {
  uint32_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}
uint16_t u16(const char* bytes) {
  uint16_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

constexpr uint32_t kUnknownSize = 0x7FFFFFFF;  // a program that records does not know how long: arecord writes about this

}  // namespace

WavReader::WavReader(const std::string& path, uint32_t rate)
    : name_(path == "-" ? "standard input" : path), file_(path == "-" ? stdin : std::fopen(path.c_str(), "rb")) {
  if (!file_) throw sotto::Error(SOTTO_NOT_FOUND, ("the sound file " + path + " cannot be opened").c_str());
  read_head(rate);
}

void WavReader::refuse(const std::string& why) const {
  throw sotto::Error(
      SOTTO_BAD_FILE,
      (name_ + " is no sound that is listened to: " + why + "; wanted is WAV, 16 bits, one channel, 16000 Hz").c_str());
}

void WavReader::read_exactly(void* bytes, size_t count) {
  if (std::fread(bytes, 1, count, file_.get()) != count) refuse("it ends within its head");
}

void WavReader::read_head(uint32_t rate) {
  char riff[12];
  read_exactly(riff, sizeof riff);
  if (std::memcmp(riff, "RIFF", 4) != 0 || std::memcmp(riff + 8, "WAVE", 4) != 0) refuse("it does not begin as WAV does");
  bool is_format_known = false;
  while (true) {
    char chunk[8];
    read_exactly(chunk, sizeof chunk);
    const uint32_t size = u32(chunk + 4);
    if (std::memcmp(chunk, "data", 4) == 0) {
      if (!is_format_known) refuse("its format is not told");
      left_ = size == 0 || size >= kUnknownSize - 4096 ? UINT64_MAX : size;
      return;
    }
    if (std::memcmp(chunk, "fmt ", 4) == 0) {
      char format[16];
      if (size < sizeof format || size > 4096) refuse("its format has " + std::to_string(size) + " bytes");
      read_exactly(format, sizeof format);
      if (u16(format) != 1 || u16(format + 2) != 1 || u32(format + 4) != rate || u16(format + 14) != 16)
        refuse("it has " + std::to_string(u16(format + 2)) + " channels of " + std::to_string(u16(format + 14)) + " bits at " +
               std::to_string(u32(format + 4)) + " Hz");
      is_format_known = true;
    }
    uint64_t rest = uint64_t{size} + (size & 1u) - (std::memcmp(chunk, "fmt ", 4) == 0 ? 16 : 0);
    for (char skipped[256]; rest > 0;) {
      const size_t part = static_cast<size_t>(std::min<uint64_t>(rest, sizeof skipped));
      read_exactly(skipped, part);
      rest -= part;
    }
  }
}

size_t WavReader::read(int16_t* samples, size_t count) {
  const uint64_t wanted = std::min<uint64_t>(count, left_ / sizeof *samples);
  const size_t got = std::fread(samples, sizeof *samples, static_cast<size_t>(wanted), file_.get());
  left_ -= got * sizeof *samples;
  return got;
}

WavWriter::WavWriter(const std::string& path, uint32_t rate) : name_(path), file_(std::fopen(path.c_str(), "wb")), rate_(rate) {
  if (!file_) throw sotto::Error(SOTTO_IO_ERROR, ("the sound file " + path + " cannot be written").c_str());
  flush();
}

void WavWriter::write(const int16_t* samples, size_t count) {
  if (std::fwrite(samples, sizeof *samples, count, file_.get()) == count)
    bytes_ += static_cast<uint32_t>(count * sizeof *samples);
}

void WavWriter::flush() {
  char head[44] = "RIFF....WAVEfmt ";
  const auto put = [&](size_t at, uint32_t value, size_t size) { std::memcpy(head + at, &value, size); };
  put(4, 36 + bytes_, 4);
  put(16, 16, 4);  // bytes of the format
  put(20, 1, 2);   // plain samples
  put(22, 1, 2);   // one channel
  put(24, rate_, 4);
  put(28, 2 * rate_, 4);
  put(32, 2, 2);
  put(34, 16, 2);
  std::memcpy(head + 36, "data", 4);
  put(40, bytes_, 4);
  const bool is_done = std::fseek(file_.get(), 0, SEEK_SET) == 0 &&
                       std::fwrite(head, 1, sizeof head, file_.get()) == sizeof head &&
                       std::fseek(file_.get(), 0, SEEK_END) == 0 && std::fflush(file_.get()) == 0;
  if (!is_done) throw sotto::Error(SOTTO_IO_ERROR, ("the sound file " + name_ + " cannot be written").c_str());
}
