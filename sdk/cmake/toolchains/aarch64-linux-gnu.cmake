# aarch64-linux-gnu.cmake - arm64 Linux with glibc and libstdc++, by Debian's cross compiler (g++-aarch64-linux-gnu).
include(${CMAKE_CURRENT_LIST_DIR}/arm64.cmake)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64;-L;/usr/aarch64-linux-gnu;-cpu;${SOTTO_EMULATED_CPU})
