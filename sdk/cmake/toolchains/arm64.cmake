# arm64.cmake - what the toolchain files of this folder share: where the libraries of the other machine lie (sdk/tools/cross makes that
# folder) and the processor that runs its programs here.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(SOTTO_SYSROOT "" CACHE PATH "Folder with usr/include and usr/lib of the other machine's libraries, beside what the compiler brings")
set(SOTTO_EMULATED_CPU max CACHE STRING "Processor of qemu-aarch64 -cpu that tests run on")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SOTTO_SYSROOT)
set(CMAKE_FIND_ROOT_PATH ${SOTTO_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(Boost_NO_BOOST_CMAKE ON) # its headers alone are there
set(ENV{PKG_CONFIG_LIBDIR} ${SOTTO_SYSROOT}/usr/lib/pkgconfig:${SOTTO_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${SOTTO_SYSROOT})
