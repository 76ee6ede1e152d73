# aarch64-linux-musl.cmake - arm64 Linux with musl and libc++, by zig's clang and lld, as sdk/tools/cross puts them into the sysroot.
# libc++ is linked into every library and program by itself, as Android's c++_static is: nothing of C++ can pass between two of them.
include(${CMAKE_CURRENT_LIST_DIR}/arm64.cmake)
set(CMAKE_C_COMPILER ${SOTTO_SYSROOT}/bin/clang)
set(CMAKE_CXX_COMPILER ${SOTTO_SYSROOT}/bin/clang++)
set(CMAKE_AR ${SOTTO_SYSROOT}/bin/ar CACHE FILEPATH "")
set(CMAKE_RANLIB ${SOTTO_SYSROOT}/bin/ranlib CACHE FILEPATH "")
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-musl)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# zig links a program statically as long as it names no shared library, and a static program opens no plugin. This one is empty, and
# musl's loader, which has the real one within, takes its name for its own.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-pie ${SOTTO_SYSROOT}/lib/libdl.so")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64;-L;${SOTTO_SYSROOT};-cpu;${SOTTO_EMULATED_CPU})
# As CMake has it for GNU's linker, in the one spelling that zig takes: not by -Xlinker, no --push-state.
set(CMAKE_CXX_LINK_LIBRARY_USING_WHOLE_ARCHIVE -Wl,--whole-archive <LINK_ITEM> -Wl,--no-whole-archive)
set(CMAKE_CXX_LINK_LIBRARY_USING_WHOLE_ARCHIVE_SUPPORTED TRUE)
