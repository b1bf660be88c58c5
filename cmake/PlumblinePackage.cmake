# A Debian package of what cmake --install installs, and the sources as an archive with the version in its name.
#
#     cmake --build build/release --target package    build/release/plumbline_VERSION_ARCH.deb
#     cmake --build build/release --target dist       build/release/plumbline-VERSION.tar.gz, of the last commit
#
# Libraries that the program is linked to are found by dpkg-shlibdeps; libopenblas0 is loaded only when a
# product needs it, so nothing but this file knows of it.
include_guard()
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME plumbline)
set(CPACK_PACKAGE_VENDOR "The Plumbline contributors")
set(CPACK_PACKAGE_CONTACT "The Plumbline contributors <nobody@plumbline.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "shows which residual connections of deep networks hold up")
set(CPACK_PACKAGE_DESCRIPTION
"Trains small models with every published residual connection on synthetic
data whose structure is a dial, and says with intervals over seeds which
connection wins where. One YAML file is a study; the same study gives the
same bits on every machine, and a check holds its claims in CI.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS libopenblas0)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS gnuplot-nox)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "pocl-opencl-icd | opencl-icd, slurm-client")
set(CPACK_SOURCE_GENERATOR "") # dist below takes what is committed, and nothing that lies about
include(CPack)

find_program(PL_GIT git)
set(dist ${PROJECT_BINARY_DIR}/plumbline-${PROJECT_VERSION}.tar.gz)
add_custom_target(dist
    COMMAND ${PL_GIT} archive --prefix=plumbline-${PROJECT_VERSION}/ -o ${dist} HEAD
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    COMMENT "The sources of the last commit: ${dist}"
    VERBATIM)
