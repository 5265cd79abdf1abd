# kms_add_fuzzer(NAME name SOURCES file... [LIBS target...] [CORPUS directory] [LONGEST bytes])
#
# Builds one engine-neutral fuzz target (LLVMFuzzerTestOneInput). With KMEMSIM_LIBFUZZER it is a libFuzzer program;
# otherwise fuzz/support/standalone_main.c replays the files and folders it is given, or standard input (AFL++),
# and CTest replays the corpus under the label "fuzz". CORPUS defaults to the folder corpus/ beside the caller, if any.
# LONGEST is for targets that take no more bytes of an input: beyond it mutations would be in vain.
file(WRITE ${PROJECT_BINARY_DIR}/fuzz/targets "") # a line "name longest corpus" for each target, which ./dev fuzz reads

function(kms_add_fuzzer)
    cmake_parse_arguments(arg "" "NAME;CORPUS;LONGEST" "SOURCES;LIBS" ${ARGN})
    set(target fuzz_${arg_NAME})
    add_executable(${target} ${arg_SOURCES})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/sim)
    target_link_libraries(${target} PRIVATE ${arg_LIBS} kmemsim::kmemsim kmemsim_warnings)
    if(KMEMSIM_LIBFUZZER)
        target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    else()
        target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/fuzz/support/standalone_main.c)
    endif()

    if(NOT arg_CORPUS)
        set(arg_CORPUS corpus)
    endif()
    cmake_path(ABSOLUTE_PATH arg_CORPUS)
    if(NOT arg_LONGEST)
        set(arg_LONGEST 0) # libFuzzer decides
    endif()
    file(APPEND ${PROJECT_BINARY_DIR}/fuzz/targets "${arg_NAME} ${arg_LONGEST} ${arg_CORPUS}\n")
    if(KMEMSIM_TESTS AND EXISTS ${arg_CORPUS})
        set(replay $<$<BOOL:${KMEMSIM_LIBFUZZER}>:-runs=0>)
        add_test(NAME fuzz_${arg_NAME}_corpus COMMAND ${target} ${replay} ${arg_CORPUS} COMMAND_EXPAND_LISTS)
        set_tests_properties(fuzz_${arg_NAME}_corpus PROPERTIES LABELS fuzz TIMEOUT 120)
    endif()
endfunction()
