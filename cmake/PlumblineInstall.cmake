# cmake --install: the program, the studies, the manual, and the header of plug-ins. The launcher stays
# behind, for it builds.
include_guard()
include(GNUInstallDirs)
install(TARGETS plumbline RUNTIME)
install(FILES ${PL_PLUGIN_HEADER} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/plumbline)
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/plumbline)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
