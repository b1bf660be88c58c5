# pl_build_info: link it, include "experiments/run/build_info.h", and know what this program was built
# from. The header is looked at anew at every build and written only when something in it changed,
# so only the files that include it compile again.
include_guard()

# The flags of C code, as the compiler of this build type gets them. Warnings are left out by
# build_info.cmake: they cannot change a number.
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/build_info.$<COMPILE_LANGUAGE>.flags
     CONTENT "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${build_type}} \
$<JOIN:$<TARGET_PROPERTY:pl_flags,INTERFACE_COMPILE_OPTIONS>, > \
-D$<JOIN:$<TARGET_PROPERTY:pl_flags,INTERFACE_COMPILE_DEFINITIONS>, -D>")
unset(build_type)

add_custom_target(pl_build_info_header
    COMMAND ${CMAKE_COMMAND}
            -D ROOT=${PROJECT_SOURCE_DIR}
            -D OUTPUT=${PROJECT_BINARY_DIR}/generated/experiments/run/build_info.h
            -D FLAGS_FILE=${PROJECT_BINARY_DIR}/build_info.C.flags
            -D "COMPILER=${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}"
            -D BUILD_TYPE=${CMAKE_BUILD_TYPE}
            -P ${PROJECT_SOURCE_DIR}/cmake/build_info.cmake
    BYPRODUCTS ${PROJECT_BINARY_DIR}/generated/experiments/run/build_info.h
    COMMENT "Looking at what is being built"
    VERBATIM)
add_library(pl_build_info INTERFACE)
target_include_directories(pl_build_info INTERFACE ${PROJECT_BINARY_DIR}/generated)
add_dependencies(pl_build_info pl_build_info_header)
