# What the program makes of its own tables whenever it is linked (experiments/cli/manual.h): man pages and
# completions, which are installed, and the pages of docs/reference, which are committed.
#
#     pl_manual(TARGET)                               in the folder of the target
#     cmake --build build/release --target manual     copies the pages to docs/reference
include_guard()
set(PL_MANUAL ${PROJECT_BINARY_DIR}/generated/manual)

function(pl_manual target)
    add_custom_command(TARGET ${target} POST_BUILD COMMAND ${target} manual ${PL_MANUAL} VERBATIM)
    add_custom_target(manual
        COMMAND ${CMAKE_COMMAND} -E rm -rf ${PROJECT_SOURCE_DIR}/docs/reference
        COMMAND ${CMAKE_COMMAND} -E copy_directory ${PL_MANUAL}/reference ${PROJECT_SOURCE_DIR}/docs/reference
        DEPENDS ${target}
        VERBATIM)
endfunction()
