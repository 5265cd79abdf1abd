# What the targets that drive VanaOS share: the kernel's real sources as a module with a small heap, and the replay core
# that runs operations on it and keeps them.
set(fuzz_support ${PROJECT_SOURCE_DIR}/fuzz/support)
if(NOT TARGET fuzz_drive)
    set(replay ${PROJECT_SOURCE_DIR}/src/lib)
    add_library(fuzz_drive STATIC ${fuzz_support}/drive.c ${fuzz_support}/operations.c
        ${PROJECT_SOURCE_DIR}/sim/trace/lower.c
        ${replay}/replay.c ${replay}/replay_format.c ${replay}/replay_validate.c ${replay}/text.c)
    target_include_directories(fuzz_drive PUBLIC ${PROJECT_SOURCE_DIR}/sim ${fuzz_support})
    target_link_libraries(fuzz_drive PUBLIC kmemsim::kmemsim PRIVATE kmemsim_warnings)

    get_property(sources GLOBAL PROPERTY KERNEL_VANA_SOURCES)
    kmemsim_add_guest(NAME vana_small OPS vana_guest SOURCES ${sources} INCLUDES ${PROJECT_SOURCE_DIR}/src/vana
        LIBS kmemsim_warnings OPTIONS "SHELL:-include ${fuzz_support}/small_config.h")

    # What judges, and the machine below the kernel, is no news to the fuzzer: counting its branches, and what undefined
    # behaviour can be looked for in it, would cost most of the time. Both have tests and targets of their own. These objects of the simulator stand in for the library.
    add_library(fuzz_machine OBJECT $<TARGET_PROPERTY:kmemsim_objects,SOURCES>)
    target_include_directories(fuzz_machine PRIVATE $<TARGET_PROPERTY:kmemsim_objects,INCLUDE_DIRECTORIES>)
    if(KMEMSIM_LIBFUZZER)
        target_compile_options(kmemsim_guest_vana_small_objects PRIVATE -fno-sanitize-coverage=trace-cmp)
        target_compile_options(fuzz_machine PRIVATE -O2 -fno-sanitize=fuzzer-no-link,undefined)
        target_compile_options(fuzz_drive PRIVATE -O2 -fno-sanitize=fuzzer-no-link,undefined)
        set(checkers ${sources})
        list(FILTER checkers INCLUDE REGEX "_check\\.c$")
        set_source_files_properties(${checkers} PROPERTIES COMPILE_OPTIONS -fno-sanitize=fuzzer-no-link)
    endif()
endif()

# kms_fuzz_judges(NAME file...): these sources of a target are not counted, and in no other are comparisons: no operation
# hides behind a magic value.
function(kms_fuzz_judges name)
    if(KMEMSIM_LIBFUZZER)
        target_compile_options(fuzz_${name} PRIVATE -fno-sanitize-coverage=trace-cmp)
        set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -fno-sanitize=fuzzer-no-link)
    endif()
endfunction()
set(fuzz_vana_libs fuzz_machine fuzz_drive kmemsim::guest_vana_small)
