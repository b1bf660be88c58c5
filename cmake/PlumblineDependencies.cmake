# Each foreign library has one door (docs/architecture.md); these targets are linked there and
# nowhere else.
include_guard()
find_package(PkgConfig REQUIRED)
pkg_check_modules(YAML     REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(SQLITE   REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(JANSSON  REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET openblas)
pkg_check_modules(XXHASH   REQUIRED IMPORTED_TARGET libxxhash)
find_path(PCG_INCLUDE_DIR pcg_random.hpp REQUIRED)
if(PL_TESTS)
    pkg_check_modules(CUNIT REQUIRED IMPORTED_TARGET cunit)
endif()
