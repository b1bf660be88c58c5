# Writes experiments/run/build_info.h, at every build, and touches it only when its text changes.
#
#     cmake -D ROOT=<source tree> -D OUTPUT=<header> -D FLAGS_FILE=<text> -D COMPILER=<id version>
#           -D BUILD_TYPE=<type> -P build_info.cmake
cmake_minimum_required(VERSION 3.25)

# Empty when git is not there, when it fails, or when it prints nothing.
function(ask_git out)
    set(text "")
    if(GIT)
        execute_process(COMMAND ${GIT} -c safe.directory=${ROOT} -C ${ROOT} ${ARGN}
                        OUTPUT_VARIABLE text ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE
                        RESULT_VARIABLE status)
        if(NOT status EQUAL 0)
            set(text "")
        endif()
    endif()
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

# The commit of this tree and whether what is built differs from it. A tree unpacked inside somebody
# else's repository has no commit.
function(find_commit out_commit out_dirty)
    find_program(GIT git)
    ask_git(top rev-parse --show-toplevel)
    set(commit "")
    if(NOT top STREQUAL "")
        file(REAL_PATH ${ROOT} root)
        file(REAL_PATH "${top}" top)
        if(top STREQUAL root)
            ask_git(commit rev-parse --verify HEAD)
        endif()
    endif()
    set(dirty 0)
    if(commit STREQUAL "")
        set(commit unknown)
    else()
        ask_git(changes --no-optional-locks status --porcelain --
                core tasks experiments cmake results/schema.sql results/upgrade-2.sql
                results/upgrade-3.sql CMakeLists.txt)
        if(NOT changes STREQUAL "")
            set(dirty 1)
        endif()
    endif()
    set(${out_commit} ${commit} PARENT_SCOPE)
    set(${out_dirty} ${dirty} PARENT_SCOPE)
endfunction()

function(read_flags out)
    file(READ ${FLAGS_FILE} text)
    separate_arguments(flags UNIX_COMMAND "${text}")
    list(FILTER flags EXCLUDE REGEX "^-W([^lap]|.[^,])|^-D$")
    list(JOIN flags " " text)
    string(REPLACE "\\" "\\\\" text "${text}")
    string(REPLACE "\"" "\\\"" text "${text}")
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

find_commit(commit dirty)
read_flags(flags)
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[/* Build info: what this program was built from. Written by cmake/build_info.cmake. */
#ifndef PL_EXPERIMENTS_BUILD_INFO_H
#define PL_EXPERIMENTS_BUILD_INFO_H

#define PL_BUILD_COMMIT   "@commit@" /* or "unknown" outside a git checkout */
#define PL_BUILD_DIRTY    @dirty@ /* 1: the sources differ from that commit */
#define PL_BUILD_COMPILER "@COMPILER@"
#define PL_BUILD_FLAGS    "@flags@" /* of C code, without warnings */
#define PL_BUILD_TYPE     "@BUILD_TYPE@"

#endif
]])
