# cmake --install: headers, both libraries, the CMake package, the pkg-config file, and the tool with its manual.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/kmemsim)

# image.h stays behind: what it declares needs libelf and zstd and is built into the tool, not into the library.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/kmemsim ${PROJECT_SOURCE_DIR}/include/kernel
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h" PATTERN image.h EXCLUDE)
# kmemsim_add_guest() and its templates, for kernels outside this repository.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/sim/guest/ DESTINATION ${package_dir}/guest
        FILES_MATCHING PATTERN "*.cmake" PATTERN "*.in" PATTERN "*.ld")
install(TARGETS kmemsim_static kmemsim_shared EXPORT kmemsimTargets)
install(EXPORT kmemsimTargets NAMESPACE kmemsim:: DESTINATION ${package_dir})

configure_package_config_file(
    ${PROJECT_SOURCE_DIR}/sim/cmake/kmemsimConfig.cmake.in ${PROJECT_BINARY_DIR}/kmemsimConfig.cmake
    INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/kmemsimConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/kmemsimConfig.cmake ${PROJECT_BINARY_DIR}/kmemsimConfigVersion.cmake
        DESTINATION ${package_dir})

# The pkg-config file finds its prefix from its own place, so that an installed tree can be moved.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
           OUTPUT_VARIABLE prefix_from_pkgconfig)
get_property(has_gdb_commands GLOBAL PROPERTY KMEMSIM_HAS_GDB_COMMANDS)
if(has_gdb_commands)
    set(KMEMSIM_LINK_GDB_COMMANDS " -Wl,--undefined=kms_gdb_calls") # as sim/CMakeLists.txt has it
endif()
configure_file(${PROJECT_SOURCE_DIR}/sim/cmake/kmemsim.pc.in ${PROJECT_BINARY_DIR}/kmemsim.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/kmemsim.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(TARGET kmemsim_tool)
    install(TARGETS kmemsim_tool)
    install(FILES ${PROJECT_SOURCE_DIR}/sim/cli/kmemsim.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 OPTIONAL)
    install(FILES ${PROJECT_SOURCE_DIR}/sim/cli/kmemsim.bash RENAME kmemsim
            DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions OPTIONAL)
endif()
