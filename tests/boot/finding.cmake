# What a fuzz target finds is replayed on the metal. VanaOS with one bug, planted in a copy of a source, is a guest module, a
# fuzz target and an image; the sound kernel has all three already.
if(NOT TARGET fuzz_paging OR NOT TARGET kmemsim_tool OR NOT TARGET vana_image)
    return()
endif()
if(KMEMSIM_LIBFUZZER OR KMEMSIM_SANITIZE OR KMEMSIM_COVERAGE OR KMEMSIM_TEST_LAUNCHER)
    return() # instruments have no part in it, and it is one kernel more to build
endif()

set(vana ${PROJECT_SOURCE_DIR}/src/vana)
set(fuzz ${PROJECT_SOURCE_DIR}/fuzz)
set(planted ${CMAKE_CURRENT_BINARY_DIR}/planted/paging.c)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${vana}/paging.c)
file(READ ${vana}/paging.c text)
set(bug "return lets_users_write(entry) &&")
string(REPLACE "${bug}" "return false && lets_users_write(entry) &&" with_bug "${text}")
if(with_bug STREQUAL text)
    message(FATAL_ERROR "tests/boot/finding.cmake: \"${bug}\" stands no more in src/vana/paging.c")
endif()
file(CONFIGURE OUTPUT ${planted} CONTENT "${with_bug}" @ONLY)

get_property(sources GLOBAL PROPERTY KERNEL_VANA_SOURCES)
list(TRANSFORM sources REPLACE "^${vana}/paging\\.c$" ${planted})
kmemsim_add_guest(NAME vana_planted OPS vana_guest SOURCES ${sources} INCLUDES ${vana} LIBS kmemsim_warnings
    OPTIONS "SHELL:-include ${fuzz}/support/vana_small.h")
add_executable(paging_planted ${fuzz}/paging/paging_fuzz.c ${fuzz}/paging/places.c ${fuzz}/paging/shadow.c
    ${fuzz}/support/standalone_main.c)
target_compile_definitions(paging_planted PRIVATE PAGING_KERNEL="vana_planted")
target_include_directories(paging_planted PRIVATE ${PROJECT_SOURCE_DIR}/sim)
target_link_libraries(paging_planted PRIVATE fuzz_machine fuzz_drive kmemsim::guest_vana_planted kmemsim::kmemsim
    kmemsim_warnings)
enable_language(ASM) # of this folder too
kms_add_boot_image(NAME vana_planted SOURCES ${sources} ${vana}/boot.c)
target_include_directories(vana_planted_image PRIVATE ${vana})

set(sentence "fuzzing: what a target finds is replayed by kmemsim run and in QEMU, and shows the bug there")
add_test(NAME ${sentence}
    COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/finding_test.sh $<TARGET_FILE:kmemsim_tool> $<TARGET_FILE:paging_planted>
            ${fuzz}/paging/corpus $<TARGET_FILE:vana_image> $<TARGET_FILE:vana_planted_image>)
set_tests_properties(${sentence} PROPERTIES LABELS qemu TIMEOUT 120 SKIP_RETURN_CODE 77)
