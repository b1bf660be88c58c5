# cmake --install: the program, the header of plug-ins with its pkg-config file, the studies with their
# reference results, examples, and every page in the folder that it has in the checkout, so that links
# between pages lead somewhere here too. The launcher stays behind, for it builds.
#
#     bin/plumbline
#     include/plumbline/task.h, share/pkgconfig/plumbline.pc
#     share/plumbline/{configs, results/reference, examples}
#     share/doc/plumbline/{README.md, docs, configs, ...}
#
# Whatever is looked for when the program runs is looked for from where the program lies
# (experiments/study/locate.h), so a whole installation may be moved.
include_guard()
include(GNUInstallDirs)
set(data ${CMAKE_INSTALL_DATADIR}/plumbline)

install(TARGETS plumbline RUNTIME)

file(RELATIVE_PATH PL_PREFIX_FROM_PC ${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(packaging/plumbline.pc.in generated/plumbline.pc @ONLY)
install(FILES ${PL_PLUGIN_HEADER} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/plumbline)
install(FILES ${PROJECT_BINARY_DIR}/generated/plumbline.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)

install(DIRECTORY configs DESTINATION ${data} FILES_MATCHING PATTERN *.yaml)
install(DIRECTORY results/reference DESTINATION ${data}/results FILES_MATCHING PATTERN *.json)
install(FILES tests/plugin/spiral.c tests/plugin/spiral.yaml tests/plugin/sequence.c DESTINATION ${data}/examples)

install(DIRECTORY ${PL_MANUAL}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
install(FILES ${PL_MANUAL}/completion/plumbline DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${PL_MANUAL}/completion/plumbline.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
# Below /usr, as in a package of the system, zsh looks in another folder than elsewhere, and Debian wants man
# pages and the changelog compressed.
file(CONFIGURE OUTPUT generated/install_more.cmake @ONLY CONTENT [[
set(root $ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}) # what file(INSTALL) adds by itself
if(CMAKE_INSTALL_PREFIX MATCHES "/usr$")
    file(INSTALL @PL_MANUAL@/completion/_plumbline DESTINATION ${CMAKE_INSTALL_PREFIX}/@CMAKE_INSTALL_DATADIR@/zsh/vendor-completions)
    configure_file(@PROJECT_SOURCE_DIR@/CHANGELOG.md ${root}/@CMAKE_INSTALL_DOCDIR@/changelog COPYONLY)
    file(GLOB texts ${root}/@CMAKE_INSTALL_MANDIR@/man1/plumbline*.1 ${root}/@CMAKE_INSTALL_DOCDIR@/changelog)
    execute_process(COMMAND gzip -9nf ${texts} COMMAND_ERROR_IS_FATAL ANY)
else()
    file(INSTALL @PL_MANUAL@/completion/_plumbline DESTINATION ${CMAKE_INSTALL_PREFIX}/@CMAKE_INSTALL_DATADIR@/zsh/site-functions)
endif()
]])
install(SCRIPT ${PROJECT_BINARY_DIR}/generated/install_more.cmake)

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright) # the name that Debian looks for
install(FILES LICENSE CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES results/schema.sql DESTINATION ${CMAKE_INSTALL_DOCDIR}/results)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN *.png)
file(GLOB figures CONFIGURE_DEPENDS results/*.png)
install(FILES ${figures} DESTINATION ${CMAKE_INSTALL_DOCDIR}/results)
file(GLOB top CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} *.md)
file(GLOB_RECURSE pages CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} configs/*.md core/*.md docs/*.md
     experiments/*.md results/*.md tasks/*.md tests/*.md)
foreach(page ${top} ${pages})
    get_filename_component(folder ${page} DIRECTORY)
    if(NOT page MATCHES "^tests/golden/")
        install(FILES ${page} DESTINATION ${CMAKE_INSTALL_DOCDIR}/${folder})
    endif()
endforeach()
