# kms_add_test(NAME name SOURCES file... [LIBS target...] [LABELS unit|oracle|qemu|slow...] [TIMEOUT seconds])
#
# Builds one CMocka program from files that register their tables with KMS_TESTS (tests/support/kms_test.h) and
# registers each test as CTest's "name: sentence". A program of more than 60 tests, or any with KMEMSIM_WHOLE_PROGRAMS, is one
# test called "name". LABELS defaults to unit, TIMEOUT to 60. Exit status 77 is a skip. The program may include what is
# in include/, sim/ and tests/support/, and is linked with kmemsim::kmemsim.

set(KMEMSIM_TEST_LAUNCHER "" CACHE STRING "Command that runs every test program, such as valgrind with its options")

if(KMEMSIM_HAVE_CMOCKA)
    add_library(kmemsim_test_main STATIC
        ${PROJECT_SOURCE_DIR}/tests/support/death.c ${PROJECT_SOURCE_DIR}/tests/support/kms_test_main.c)
    target_compile_definitions(kmemsim_test_main PRIVATE $<$<BOOL:${KMEMSIM_COVERAGE}>:WITH_GCOV>)
    target_include_directories(kmemsim_test_main PUBLIC ${PROJECT_SOURCE_DIR}/tests/support)
    target_link_libraries(kmemsim_test_main PUBLIC PkgConfig::KMEMSIM_CMOCKA PRIVATE kmemsim_warnings)

    # For tests of a kernel hosted in both modes (tests/support/guest_fixture.h).
    add_library(kmemsim_test_fixture STATIC ${PROJECT_SOURCE_DIR}/tests/support/guest_fixture.c)
    target_link_libraries(kmemsim_test_fixture PUBLIC kmemsim_test_main kmemsim::kmemsim PRIVATE kmemsim_warnings)
endif()

function(kms_add_test)
    cmake_parse_arguments(arg "" "NAME;TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
    if(NOT arg_NAME OR NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "kms_add_test(${ARGN}): needs NAME and SOURCES; not understood: ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT KMEMSIM_HAVE_CMOCKA)
        return()
    endif()
    add_executable(${arg_NAME} ${arg_SOURCES})
    target_include_directories(${arg_NAME} PRIVATE ${PROJECT_SOURCE_DIR}/sim)
    target_link_libraries(${arg_NAME} PRIVATE kmemsim_test_main ${arg_LIBS} kmemsim::kmemsim kmemsim_warnings)
    kms_register_test(${arg_NAME} "${arg_LABELS}" "${arg_TIMEOUT}")
endfunction()

# Registers a program that has tests/support's main: whole, or by a script that lists its tests once it is linked.
function(kms_register_test name labels timeout)
    if(NOT labels)
        set(labels unit)
    endif()
    if(NOT timeout)
        set(timeout 60)
    endif()
    if(KMEMSIM_TEST_LAUNCHER)
        math(EXPR timeout "10 * ${timeout}") # Valgrind is that much slower, and more
    elseif(KMEMSIM_WHOLE_PROGRAMS)
        math(EXPR timeout "4 * ${timeout}") # of all its tests, one after the other
    endif()
    if(KMEMSIM_WHOLE_PROGRAMS)
        add_test(NAME ${name} COMMAND ${KMEMSIM_TEST_LAUNCHER} $<TARGET_FILE:${name}>)
        set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout} SKIP_RETURN_CODE 77)
        return()
    endif()
    set(script ${CMAKE_CURRENT_BINARY_DIR}/${name}_tests.cmake)
    add_custom_command(TARGET ${name} POST_BUILD BYPRODUCTS ${script} VERBATIM
        COMMAND ${CMAKE_COMMAND} "-DPROGRAM=$<TARGET_FILE:${name}>" "-DNAME=${name}" "-DLABELS=${labels}"
                "-DTIMEOUT=${timeout}" "-DLAUNCHER=${KMEMSIM_TEST_LAUNCHER}" "-DSCRIPT=${script}"
                -P ${PROJECT_SOURCE_DIR}/sim/cmake/KmemsimListTests.cmake)
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${script}.in.cmake)
    file(WRITE ${script}.in.cmake
        "if(EXISTS [==[${script}]==])\n  include([==[${script}]==])\nelse()\n"
        "  add_test([==[${name} was not built]==] false)\nendif()\n")
endfunction()
