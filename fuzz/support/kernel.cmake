# What targets that drive a kernel share: the replay core that runs operations on it and keeps them, and a module made
# for them of the kernel's real sources.
set(fuzz_support ${PROJECT_SOURCE_DIR}/fuzz/support)
if(NOT TARGET fuzz_drive)
    set(replay ${PROJECT_SOURCE_DIR}/src/lib)
    add_library(fuzz_drive STATIC ${fuzz_support}/drive.c ${fuzz_support}/operations.c
        ${PROJECT_SOURCE_DIR}/sim/trace/lower.c
        ${replay}/replay.c ${replay}/replay_format.c ${replay}/replay_validate.c ${replay}/text.c)
    target_include_directories(fuzz_drive PUBLIC ${PROJECT_SOURCE_DIR}/sim ${fuzz_support})
    target_link_libraries(fuzz_drive PUBLIC kmemsim::kmemsim PRIVATE kmemsim_warnings)

    # What judges, and the machine below the kernel, is no news to the fuzzer: counting its branches, and what undefined
    # behaviour can be looked for in it, would cost most of the time. Both have tests and targets of their own. These
    # objects of the simulator stand in for the library.
    add_library(fuzz_machine OBJECT $<TARGET_PROPERTY:kmemsim_objects,SOURCES>)
    target_include_directories(fuzz_machine PRIVATE $<TARGET_PROPERTY:kmemsim_objects,INCLUDE_DIRECTORIES>)
    if(KMEMSIM_LIBFUZZER)
        target_compile_options(fuzz_machine PRIVATE -O2 -fno-sanitize=fuzzer-no-link,undefined)
        target_compile_options(fuzz_drive PRIVATE -O2 -fno-sanitize=fuzzer-no-link,undefined)
    endif()
endif()
set(fuzz_kernel_libs fuzz_machine fuzz_drive)

# kms_fuzz_module(KERNEL name [NAME module] [CONFIG header]): the module name_small, of the sources of src/name; CONFIG is included
# before everything else, for constants that suit a fuzzer. What the kernel's tests call beside its table, a target may call
# too. Its checkers' branches are not counted.
function(kms_fuzz_module)
    cmake_parse_arguments(arg "" "KERNEL;NAME;CONFIG" "" ${ARGN})
    set(module ${arg_KERNEL}_small)
    if(arg_NAME)
        set(module ${arg_NAME})
    endif()
    if(TARGET kmemsim_guest_${module})
        return()
    endif()
    set(config "")
    if(arg_CONFIG)
        set(config "SHELL:-include ${arg_CONFIG}")
    endif()
    string(TOUPPER ${arg_KERNEL} upper)
    get_property(sources GLOBAL PROPERTY KERNEL_${upper}_SOURCES)
    get_property(exports GLOBAL PROPERTY KERNEL_${upper}_EXPORTS)
    kmemsim_add_guest(NAME ${module} OPS ${arg_KERNEL}_guest SOURCES ${sources}
        INCLUDES ${PROJECT_SOURCE_DIR}/src/${arg_KERNEL} LIBS kmemsim_warnings OPTIONS ${config}
        EXPORTS ${exports})
    if(KMEMSIM_LIBFUZZER)
        target_compile_options(kmemsim_guest_${module}_objects PRIVATE -O2 -fno-sanitize-coverage=trace-cmp)
        list(FILTER sources INCLUDE REGEX "_check\\.c$")
        set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS -fno-sanitize=fuzzer-no-link)
    endif()
endfunction()

# kms_fuzz_judges(NAME file...): these sources of a target are not counted, and in no other are comparisons: no operation
# hides behind a magic value.
function(kms_fuzz_judges name)
    if(KMEMSIM_LIBFUZZER)
        target_compile_options(fuzz_${name} PRIVATE -fno-sanitize-coverage=trace-cmp)
        set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -fno-sanitize=fuzzer-no-link)
    endif()
endfunction()
