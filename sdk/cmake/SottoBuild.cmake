# SottoBuild.cmake: how every target of this tree is compiled. Not installed; third parties need SottoPlugins.cmake only.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug, RelWithDebInfo" FORCE)
endif()

# One layout for the build tree and the installed one: bin/, lib/libsotto.so, lib/sotto/<plugins>.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
# A plugin that others may write, or that lies in a folder that they may write, is refused: whatever the umask says.
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/lib/sotto)
file(CHMOD ${PROJECT_BINARY_DIR}/lib/sotto DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})

find_package(Threads REQUIRED)

# What every target compiles with: language level, warnings, hidden visibility, sanitizers.
add_library(sotto_options INTERFACE)
target_compile_features(sotto_options INTERFACE cxx_std_17 c_std_99)
target_compile_options(sotto_options INTERFACE
  -Wall -Wextra -Wconversion -fvisibility=hidden $<$<COMPILE_LANGUAGE:CXX>:-fvisibility-inlines-hidden>
  $<$<BOOL:${SOTTO_WARNINGS_AS_ERRORS}>:-Werror>)
# Android 15 maps libraries by pages of 16 KB and refuses what is aligned to less. lld ends the data that becomes read-only at the
# common page: at 4 KB, the loader would take what follows on the same page with it.
target_link_options(sotto_options INTERFACE
  $<$<PLATFORM_ID:Linux,Android>:LINKER:-z,max-page-size=16384;LINKER:-z,common-page-size=16384>)
if(SOTTO_SANITIZE)
  target_compile_options(sotto_options INTERFACE -fsanitize=${SOTTO_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  # A third of this build's time, for what the address sanitizer tells too or what the fuzzers' build (clang) looks for.
  if(SOTTO_SANITIZE MATCHES undefined AND NOT SOTTO_BUILD_FUZZERS)
    target_compile_options(sotto_options INTERFACE -fno-sanitize=null,vptr,object-size,alignment)
  endif()
  target_link_options(sotto_options INTERFACE -fsanitize=${SOTTO_SANITIZE})
endif()

# Where a build's time goes: with sanitizers everything is compiled without optimising, but for what computes; without them all
# is optimised fully, but for what is compiled more often than it runs.
add_library(sotto_computes INTERFACE)
add_library(sotto_compiles_fast INTERFACE)
if(SOTTO_SANITIZE)
  target_compile_options(sotto_computes INTERFACE -O1)
  if(SOTTO_SANITIZE MATCHES undefined AND NOT SOTTO_BUILD_FUZZERS) # what tests and the command do themselves is not in question
    target_compile_options(sotto_compiles_fast INTERFACE -fno-sanitize=undefined)
  endif()
else()
  target_compile_options(sotto_compiles_fast INTERFACE $<$<CXX_COMPILER_ID:GNU,Clang>:-O1>)
endif()

# {fmt} as a static library of this tree, so that libsotto needs the C and C++ runtime and nothing else on the device.
find_package(fmt REQUIRED)
add_library(sotto_format STATIC ${CMAKE_CURRENT_LIST_DIR}/format.cc)
set_target_properties(sotto_format PROPERTIES POSITION_INDEPENDENT_CODE ON)
target_include_directories(sotto_format SYSTEM PUBLIC $<TARGET_PROPERTY:fmt::fmt,INTERFACE_INCLUDE_DIRECTORIES>)
target_link_libraries(sotto_format PRIVATE sotto_options)

# sotto_add_module(NAME SOURCES ... [LINK ...] [PRIVATE_LINK ...]): one folder of sdk/src as a static library. LINK names the
# folders it may include (docs/architecture.md); PRIVATE_LINK third-party libraries that stay inside its .cc files.
function(sotto_add_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(sotto_${name} STATIC ${arg_SOURCES})
  set_target_properties(sotto_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(sotto_${name} PUBLIC ${PROJECT_SOURCE_DIR}/sdk/src)
  target_link_libraries(sotto_${name} PUBLIC Sotto::headers ${arg_LINK} PRIVATE sotto_options ${arg_PRIVATE_LINK})
  target_compile_definitions(sotto_${name} PRIVATE SOTTO_BUILDING)
endfunction()

# sotto_add_test(NAME SOURCES ... [LINK ...] [LABELS ...]): a GoogleTest program, registered with ctest as one test.
function(sotto_add_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;LABELS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE sotto_options sotto_compiles_fast sotto_test_support ${arg_LINK} GTest::gtest GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  if(arg_LABELS)
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}")
  endif()
endfunction()

# Adds every sub-folder of the named folders that has a CMakeLists.txt: a new backend or skill is one new folder. Folders named
# external_* are projects of their own, which tests/outside builds from the installed package alone.
function(sotto_add_folders)
  foreach(parent IN LISTS ARGN)
    file(GLOB lists CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${parent}/*/CMakeLists.txt)
    list(FILTER lists EXCLUDE REGEX "/external_[^/]*/CMakeLists.txt$")
    foreach(list IN LISTS lists)
      cmake_path(GET list PARENT_PATH folder)
      add_subdirectory(${folder})
    endforeach()
  endforeach()
endfunction()
