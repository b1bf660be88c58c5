# How every folder declares itself: pl_folder(base SOURCES ... LINK ... ) makes the static library
# pl_base. A folder sees only what it links to, so the link graph is the layer graph
# (.ci/layers.sh prints any include that points up).
include_guard()

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(pl_flags INTERFACE)
target_include_directories(pl_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_definitions(pl_flags INTERFACE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE
                           $<$<CONFIG:Debug>:PL_DEBUG>)
if(PL_PLANTED_FAULTS)
    target_compile_definitions(pl_flags INTERFACE PL_PLANTED_FAULTS)
endif()
# Contraction is off everywhere: a fused multiply-add happens only where a kernel spells it out, so
# that the same source gives the same bits on every machine class.
target_compile_options(pl_flags INTERFACE -Wall -Wextra -Wshadow -Wpointer-arith -Wvla
    -Wno-missing-field-initializers -ffp-contract=off -fno-math-errno
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes>
    $<$<BOOL:${PL_NATIVE}>:-march=native>)
if(PL_SANITIZE)
    target_compile_options(pl_flags INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer
                           -fno-sanitize-recover=all)
    target_link_options(pl_flags INTERFACE -fsanitize=address,undefined)
endif()
if(PL_COVERAGE)
    target_compile_options(pl_flags INTERFACE --coverage)
    target_link_options(pl_flags INTERFACE --coverage)
endif()

function(pl_folder name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
    add_library(pl_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(pl_${name} PUBLIC pl_flags ${ARG_LINK})
endfunction()
