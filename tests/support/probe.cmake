# That the sanitizers see kernel blocks as they see malloc's: a probe is a program that does one wrong thing with a
# kernel's heap, and a test is what must be said about it, with the function and the file of the wrong line (DWARF 4,
# which older Valgrinds read too). A tool that is missing leaves its half out, loudly.
include_guard(GLOBAL)
include(CheckCSourceCompiles)

set(CMAKE_REQUIRED_FLAGS -fsanitize=address)
set(CMAKE_REQUIRED_LINK_OPTIONS -fsanitize=address)
check_c_source_compiles("int main(void) { return 0; }" KMEMSIM_HAVE_ASAN)
unset(CMAKE_REQUIRED_FLAGS)
unset(CMAKE_REQUIRED_LINK_OPTIONS)
if(NOT KMEMSIM_HAVE_ASAN)
    kms_missing("the AddressSanitizer half of the kernel heaps' sanitizer tests" "AddressSanitizer")
endif()

find_program(KMEMSIM_VALGRIND valgrind)
find_path(KMEMSIM_VALGRIND_INCLUDE valgrind/memcheck.h)
if(NOT KMEMSIM_VALGRIND OR NOT KMEMSIM_VALGRIND_INCLUDE)
    kms_missing("the memcheck half of the kernel heaps' sanitizer tests" "valgrind, or its memcheck.h")
endif()

# kms_add_probe(KERNEL name SOURCES kernel's... PROBE file... [OPTIONS option...]): the programs name_probe_asan and
# name_probe_memcheck. The sources are compiled as in a module, with names of their own for what the C library also has.
function(kms_add_probe)
    if(KMEMSIM_HAVE_ASAN)
        kms_build_probe(asan "-fsanitize=address" ${ARGN})
    endif()
    # memcheck cannot run a program that was built with another sanitizer: the plain builds run this half
    if(KMEMSIM_VALGRIND AND KMEMSIM_VALGRIND_INCLUDE AND NOT KMEMSIM_SANITIZE)
        kms_build_probe(memcheck "-DKERNEL_VALGRIND" ${ARGN})
    endif()
endfunction()

function(kms_build_probe suffix flag)
    cmake_parse_arguments(arg "" "KERNEL" "SOURCES;PROBE;OPTIONS" ${ARGN})
    set(heap ${arg_KERNEL}_heap_${suffix})
    set(probe ${arg_KERNEL}_probe_${suffix})
    add_library(${heap} OBJECT ${arg_SOURCES})
    target_compile_options(${heap} PRIVATE -ffreestanding
        -Dmemset=kernel_memset -Dmemcmp=kernel_memcmp -Dmemcpy=kernel_memcpy)
    add_executable(${probe} ${arg_PROBE} $<TARGET_OBJECTS:${heap}>)
    target_link_options(${probe} PRIVATE $<$<STREQUAL:${suffix},asan>:-fsanitize=address>)
    foreach(target ${heap} ${probe})
        target_link_libraries(${target} PRIVATE kmemsim_warnings)
        target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include
            $<$<STREQUAL:${suffix},memcheck>:${KMEMSIM_VALGRIND_INCLUDE}>)
        target_compile_options(${target} PRIVATE -gdwarf-4 -O1 -fno-inline -fno-omit-frame-pointer ${flag} ${arg_OPTIONS})
    endforeach()
endfunction()

# kms_probe_test(KERNEL SUFFIX USE SENTENCE PATTERN): what is said about this use.
function(kms_probe_test kernel suffix use sentence pattern)
    set(probe ${kernel}_probe_${suffix})
    if(NOT TARGET ${probe})
        return()
    endif()
    set(launcher $<$<STREQUAL:${suffix},memcheck>:${KMEMSIM_VALGRIND}>)
    add_test(NAME "${kernel}_probe: ${sentence}" COMMAND ${launcher} $<TARGET_FILE:${probe}> ${use} COMMAND_EXPAND_LISTS)
    set_tests_properties("${kernel}_probe: ${sentence}" PROPERTIES
        LABELS unit TIMEOUT 60 PASS_REGULAR_EXPRESSION "${pattern}")
endfunction()
