# Files that travel inside the program.
#
#   pl_embed(TARGET FILE SYMBOL)
#
# adds to TARGET a generated source, generated/<file with its dots as underscores>.c, that defines
# `const char SYMBOL[]`: the bytes of FILE and a zero byte. It is made anew whenever FILE changes.
# The same file is the script that writes the source, so nothing but CMake is needed.

if(CMAKE_SCRIPT_MODE_FILE)
    get_filename_component(name ${INPUT} NAME)
    file(READ ${INPUT} bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
    string(REGEX REPLACE "('.x0a',)" "\\1\n    " bytes "${bytes}")
    file(WRITE ${OUTPUT}
         "/* Made from ${name} by cmake/PlumblineEmbed.cmake. */\n"
         "extern const char ${SYMBOL}[];\n"
         "const char ${SYMBOL}[] = {\n    ${bytes}0};\n")
    return()
endif()

include_guard()
set(PL_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(pl_embed target file symbol)
    get_filename_component(input ${file} ABSOLUTE)
    get_filename_component(stem ${file} NAME)
    string(REPLACE "." "_" stem ${stem})
    set(output ${PROJECT_BINARY_DIR}/generated/${stem}.c)
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DINPUT=${input} -DOUTPUT=${output} -DSYMBOL=${symbol}
                -P ${PL_EMBED_SCRIPT}
        DEPENDS ${input} ${PL_EMBED_SCRIPT}
        COMMENT "Embedding ${stem}"
        VERBATIM)
    target_sources(${target} PRIVATE ${output})
endfunction()
