#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <cstring>

#include <fmt/format.h>

#include "host/library_file.h"

namespace sotto {
namespace {

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);

struct MachineRow {
  uint16_t machine;
  const char* name;
};

constexpr MachineRow kMachines[] = {
    {EM_X86_64, "x86-64"}, {EM_AARCH64, "aarch64"}, {EM_386, "x86"},   {EM_ARM, "arm"},    {EM_RISCV, "riscv"},
    {EM_PPC64, "ppc64"},   {EM_S390, "s390"},       {EM_MIPS, "mips"}, {258, "loongarch"},
};

#if defined(__x86_64__)
constexpr uint16_t kThisMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t kThisMachine = EM_AARCH64;
#elif defined(__i386__)
constexpr uint16_t kThisMachine = EM_386;
#elif defined(__arm__)
constexpr uint16_t kThisMachine = EM_ARM;
#elif defined(__riscv)
constexpr uint16_t kThisMachine = EM_RISCV;
#else
#error "add this machine to the table above"
#endif
constexpr unsigned char kThisClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
constexpr unsigned char kThisOrder = ELFDATA2LSB;
#else
constexpr unsigned char kThisOrder = ELFDATA2MSB;
#endif

std::string machine_name(uint16_t machine) {
  for (const MachineRow& row : kMachines)
    if (row.machine == machine) return row.name;
  return fmt::format("ELF machine {}", machine);
}

Status refused(std::string text) { return Status(SOTTO_REFUSED, std::move(text)); }

Status truncated(uint64_t end, uint64_t file_size) {
  return refused(fmt::format("truncated: its content reaches to byte {}, the file has {}", end, file_size));
}

bool read_at(int fd, uint64_t at, void* into, size_t size) {
  return ::pread(fd, into, size, static_cast<off_t>(at)) == static_cast<ssize_t>(size);
}

// Two numbers of a hostile file; their sum does not wrap.
uint64_t end_of(uint64_t offset, uint64_t size) { return size > UINT64_MAX - offset ? UINT64_MAX : offset + size; }

Status check_kind(const Header& header) {
  const unsigned char* ident = header.e_ident;
  if (ident[EI_DATA] != kThisOrder && (ident[EI_DATA] == ELFDATA2LSB || ident[EI_DATA] == ELFDATA2MSB))
    return refused(fmt::format("wrong architecture: {}-endian, this machine is {}-endian",
                               ident[EI_DATA] == ELFDATA2LSB ? "little" : "big", kThisOrder == ELFDATA2LSB ? "little" : "big"));
  if (header.e_machine != kThisMachine)
    return refused(
        fmt::format("wrong architecture: {}, this machine is {}", machine_name(header.e_machine), machine_name(kThisMachine)));
  if (ident[EI_CLASS] != kThisClass)
    return refused(fmt::format("wrong architecture: {} bits, this process has {}", ident[EI_CLASS] == ELFCLASS64 ? 64 : 32,
                               sizeof(void*) * 8));
  if (ident[EI_DATA] != kThisOrder || ident[EI_VERSION] != EV_CURRENT)
    return refused(fmt::format("not a library: ELF header of byte order {}, version {}", ident[EI_DATA], ident[EI_VERSION]));
  if (header.e_type != ET_DYN)
    return refused(fmt::format("not a library: ELF file of type {}, a shared library is {}", header.e_type, ET_DYN));
  return Status();
}

}  // namespace

Status check_elf(int fd, uint64_t file_size) {
  Header header;
  if (file_size < SELFMAG || !read_at(fd, 0, &header, SELFMAG) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return refused(fmt::format("not a library: {} bytes that do not start with an ELF header", file_size));
  if (file_size < sizeof header) return truncated(sizeof header, file_size);
  if (!read_at(fd, 0, &header, sizeof header)) return Status(SOTTO_IO_ERROR, "its ELF header cannot be read");
  SOTTO_TRY(check_kind(header));
  if (header.e_phnum == 0 || header.e_phentsize != sizeof(Segment))
    return refused(fmt::format("not a library: {} program headers of {} bytes", header.e_phnum, header.e_phentsize));
  const uint64_t table_end = end_of(header.e_phoff, uint64_t{header.e_phnum} * header.e_phentsize);
  if (table_end > file_size) return truncated(table_end, file_size);
  const uint64_t sections_end = end_of(header.e_shoff, uint64_t{header.e_shnum} * header.e_shentsize);
  if (header.e_shoff != 0 && sections_end > file_size) return truncated(sections_end, file_size);
  for (uint64_t i = 0; i < header.e_phnum; ++i) {
    Segment segment;
    if (!read_at(fd, header.e_phoff + i * sizeof segment, &segment, sizeof segment))
      return Status(SOTTO_IO_ERROR, "its ELF program headers cannot be read");
    const uint64_t end = end_of(segment.p_offset, segment.p_filesz);
    if (segment.p_type == PT_LOAD && end > file_size) return truncated(end, file_size);
  }
  return Status();
}

}  // namespace sotto
