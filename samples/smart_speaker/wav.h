// wav.h: sound files: 16 bits, one channel.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FilePtr = std::unique_ptr<std::FILE, CloseFile>;

// Reads as it comes: from a file, or from standard input ("-"), where a program that records may go on for ever.
class WavReader {
 public:
  // Throws sotto::Error when it is not there, or is no sound of `rate` samples a second.
  WavReader(const std::string& path, uint32_t rate);
  // Waits for `count` samples; fewer: that was the last.
  size_t read(int16_t* samples, size_t count);

 private:
  void read_head(uint32_t rate);
  void read_exactly(void* bytes, size_t count);
  [[noreturn]] void refuse(const std::string& why) const;

  std::string name_;
  FilePtr file_;
  uint64_t left_ = 0;  // bytes of sound
};

// A file that is whole after each `flush`, should the program end.
class WavWriter {
 public:
  WavWriter(const std::string& path, uint32_t rate);  // throws sotto::Error
  void write(const int16_t* samples, size_t count);
  void flush();  // throws sotto::Error: it could not be written

 private:
  std::string name_;
  FilePtr file_;
  uint32_t rate_;
  uint32_t bytes_ = 0;
};
