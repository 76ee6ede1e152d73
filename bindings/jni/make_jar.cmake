# make_jar.cmake: compiles the classes for Java 8 and packs sotto.jar with the native libraries of this machine. Run by CMakeLists.txt.
function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

set(classes ${FOLDER}/classes)
set(natives ${FOLDER}/natives/dev/sotto/natives/${PLATFORM})
file(REMOVE_RECURSE ${classes} ${FOLDER}/annotations ${FOLDER}/natives ${FOLDER}/header)
set(javac ${JAVAC} --release 8 -Xlint:all,-options -Werror)
run(${javac} -d ${FOLDER}/annotations ${ANNOTATIONS})
run(${javac} -cp ${FOLDER}/annotations -d ${classes} -h ${FOLDER}/header ${SOURCES})

# As in lib of an installed Sotto, under the names that the loader asks for; `files` lists them, for a jar cannot be listed.
file(MAKE_DIRECTORY ${natives}/sotto ${classes}/META-INF)
file(COPY_FILE ${CORE} ${natives}/${CORE_NAME})
file(COPY ${JNI} DESTINATION ${natives})
file(COPY ${PLUGINS} DESTINATION ${natives}/sotto)
file(GLOB_RECURSE names RELATIVE ${natives} ${natives}/*.so*)
list(JOIN names "\n" names)
file(WRITE ${natives}/files "${names}\n")
file(COPY ${LICENSE} DESTINATION ${classes}/META-INF)
run(${JAR} --create --file ${FOLDER}/sotto.jar -C ${classes} . -C ${FOLDER}/natives .)
