# Writes the one header that a plug-in is compiled against, and the list of symbols that the program
# lends to plug-ins: every pl_ function that stands in that header.
#
#     cmake -D ROOT=<source tree> -D "HEADERS=<paths from the root, each after what it includes>"
#           -D HEADER=<plumbline/task.h> -D SYMBOLS=<list for the linker> -P plugin_header.cmake
cmake_minimum_required(VERSION 3.25)
separate_arguments(HEADERS)

set(text "/* <plumbline/task.h>: a task of your own, as a plug-in (docs/add-a-task.md).\n *\n\
 * One file made of these headers of plumbline, which are the manual of what they declare:\n *\n")
foreach(header ${HEADERS})
    string(APPEND text " *     ${header}\n")
endforeach()
string(APPEND text " */\n")

set(seen "")
foreach(header ${HEADERS})
    file(READ ${ROOT}/${header} part)
    string(REGEX MATCHALL "#include \"[^\"]*\"" includes "${part}")
    foreach(include ${includes})
        string(REGEX REPLACE "#include \"(.*)\"" "\\1" path "${include}")
        if(NOT path IN_LIST seen)
            message(FATAL_ERROR "${header} includes ${path}, which PL_PLUGIN_HEADERS "
                                "(cmake/PlumblinePlugin.cmake) does not name before it")
        endif()
    endforeach()
    string(REGEX REPLACE "#include \"[^\"]*\"\n" "" part "${part}")
    list(APPEND seen ${header})
    string(APPEND text "\n/* ==== ${header} ==== */\n\n${part}")
endforeach()

string(REGEX MATCHALL "pl_[a-z0-9_]+\\(" calls "${text}")
list(REMOVE_DUPLICATES calls)
list(SORT calls)
set(symbols "")
foreach(call ${calls})
    string(REPLACE "(" ";\n" symbol "${call}")
    string(APPEND symbols "${symbol}")
endforeach()

foreach(output HEADER SYMBOLS)
    get_filename_component(folder ${${output}} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
endforeach()
file(WRITE ${HEADER} "${text}")
file(WRITE ${SYMBOLS} "{\n${symbols}};\n")
