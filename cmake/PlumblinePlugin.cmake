# What plug-ins need: <plumbline/task.h>, made of the headers below, and a program that lends them the
# functions these declare and no others.
#
#   pl_lend_to_plugins(TARGET)
include_guard()

# Each after the headers that it includes.
set(PL_PLUGIN_HEADERS
    core/base/status.h core/base/hash.h core/base/alloc.h core/base/arena.h core/base/strbuf.h core/base/rng.h
    core/base/math.h core/config/option.h core/data/dataset.h tasks/task.h tasks/split.h
    tasks/mixture.h tasks/labels.h tasks/deal.h tasks/finite.h tasks/sequence.h)
set(PL_PLUGIN_HEADER  ${PROJECT_BINARY_DIR}/generated/plumbline/task.h)
set(PL_PLUGIN_SYMBOLS ${PROJECT_BINARY_DIR}/generated/plumbline/task.symbols)

list(TRANSFORM PL_PLUGIN_HEADERS PREPEND ${PROJECT_SOURCE_DIR}/ OUTPUT_VARIABLE plugin_parts)
list(JOIN PL_PLUGIN_HEADERS " " plugin_names)
add_custom_command(
    OUTPUT ${PL_PLUGIN_HEADER} ${PL_PLUGIN_SYMBOLS}
    COMMAND ${CMAKE_COMMAND} -D ROOT=${PROJECT_SOURCE_DIR} -D "HEADERS=${plugin_names}"
            -D HEADER=${PL_PLUGIN_HEADER} -D SYMBOLS=${PL_PLUGIN_SYMBOLS}
            -P ${PROJECT_SOURCE_DIR}/cmake/plugin_header.cmake
    DEPENDS ${plugin_parts} ${PROJECT_SOURCE_DIR}/cmake/plugin_header.cmake
    COMMENT "Making <plumbline/task.h>"
    VERBATIM)
unset(plugin_parts)
unset(plugin_names)
add_custom_target(pl_plugin_header ALL DEPENDS ${PL_PLUGIN_HEADER} ${PL_PLUGIN_SYMBOLS})

function(pl_lend_to_plugins target)
    add_dependencies(${target} pl_plugin_header)
    target_link_options(${target} PRIVATE -Wl,--dynamic-list=${PL_PLUGIN_SYMBOLS})
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${PL_PLUGIN_SYMBOLS})
endfunction()
