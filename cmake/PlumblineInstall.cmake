# cmake --install: the program, the studies and the manual. The launcher stays behind, for it builds.
include_guard()
include(GNUInstallDirs)
install(TARGETS plumbline RUNTIME)
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/plumbline)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
