# SottoPlugins.cmake: how a plugin is built, inside this tree and, installed, outside of it.
include_guard(GLOBAL)

# sotto_add_plugin(NAME SOURCES ... [LINK ...] [WHEN condition] [FOLDER folder] [COMPONENT name]): a skill or communicator plugin, one library lib<NAME>.so
# that exports the symbol sotto_plugin and nothing else. Within Sotto it lands in lib/sotto, or in FOLDER below it when it is not to be
# loaded with the others; elsewhere beside the caller's libraries. With COMPONENT it is
# installed only when that component is named.
function(sotto_add_plugin name)
  cmake_parse_arguments(arg "" "FOLDER;COMPONENT" "SOURCES;LINK;WHEN" ${ARGN})
  if(DEFINED arg_WHEN)
    if(NOT (${arg_WHEN}))
      message(STATUS "sotto: ${name} is not built (${arg_WHEN} is false)")
      return()
    endif()
  endif()
  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE Sotto::headers ${arg_LINK})
  set_target_properties(${name} PROPERTIES
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(NOT APPLE AND NOT WIN32)
    # Our own objects are hidden already; this also hides what static libraries and the standard library's templates bring. Some of
    # the latter would otherwise be unique in the process and keep the library from being unloaded.
    set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/sotto_plugin.map)
    target_link_options(${name} PRIVATE -Wl,--version-script=${map} -Wl,--no-undefined -Wl,-z,max-page-size=16384
      -Wl,-z,common-page-size=16384)
    set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${map})
  endif()
  if(UNIX)
    add_custom_command(TARGET ${name} POST_BUILD COMMAND chmod go-w $<TARGET_FILE:${name}> VERBATIM)
  endif()
  if(TARGET sotto_options)
    target_link_libraries(${name} PRIVATE sotto_options)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/sotto/${arg_FOLDER} INSTALL_RPATH "")
    if(arg_FOLDER)
      file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/lib/sotto/${arg_FOLDER})
      file(CHMOD ${PROJECT_BINARY_DIR}/lib/sotto/${arg_FOLDER} DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
    endif()
    if(arg_COMPONENT)
      set(component COMPONENT ${arg_COMPONENT} EXCLUDE_FROM_ALL)
    endif()
    install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/sotto/${arg_FOLDER} ${component})
    set_property(GLOBAL APPEND PROPERTY SOTTO_PLUGINS ${name})
  endif()
endfunction()

# sotto_add_backend(NAME ...): as sotto_add_plugin, the library is libsotto_backend_<NAME>.so.
function(sotto_add_backend name)
  sotto_add_plugin(sotto_backend_${name} ${ARGN})
endfunction()
