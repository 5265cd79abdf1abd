# That the sanitizers see kernel blocks as they see malloc's: a probe that does one wrong thing, and what must be said
# about it, with the function and the file of the wrong line (DWARF 4, which older Valgrinds read too). A tool that is
# missing here leaves its half out, loudly.
include(CheckCSourceCompiles)

function(vana_probe suffix)
    vana_heap_library(vana_heap_${suffix})
    add_executable(vana_probe_${suffix} sanitize_probe.c hw_plain.c)
    target_link_libraries(vana_probe_${suffix} PRIVATE vana_heap_${suffix} kmemsim_warnings)
    foreach(target vana_heap_${suffix} vana_probe_${suffix})
        target_compile_options(${target} PRIVATE -gdwarf-4 -O1 -fno-inline -fno-omit-frame-pointer ${ARGN})
    endforeach()
endfunction()

# vana_probe_test(SUFFIX USE SENTENCE PATTERN [LAUNCHER...])
function(vana_probe_test suffix use sentence pattern)
    add_test(NAME "vana_probe: ${sentence}" COMMAND ${ARGN} $<TARGET_FILE:vana_probe_${suffix}> ${use})
    set_tests_properties("vana_probe: ${sentence}" PROPERTIES LABELS unit TIMEOUT 60 PASS_REGULAR_EXPRESSION "${pattern}")
endfunction()

set(CMAKE_REQUIRED_FLAGS -fsanitize=address)
set(CMAKE_REQUIRED_LINK_OPTIONS -fsanitize=address)
check_c_source_compiles("int main(void) { return 0; }" KMEMSIM_HAVE_ASAN)
unset(CMAKE_REQUIRED_FLAGS)
unset(CMAKE_REQUIRED_LINK_OPTIONS)
if(KMEMSIM_HAVE_ASAN)
    vana_probe(asan -fsanitize=address)
    target_link_options(vana_probe_asan PRIVATE -fsanitize=address)
    set(said "AddressSanitizer: use-after-poison.*in ")
    set(where " .*sanitize_probe.c:[0-9]+")
    vana_probe_test(asan overflow "AddressSanitizer reports one byte beyond a kmalloc" "${said}overflow${where}")
    vana_probe_test(asan use_after_free "AddressSanitizer reports a block used after kfree" "${said}use_after_free${where}")
    vana_probe_test(asan slack_of_reused_block "AddressSanitizer reports the rest of a block that was longer before"
                    "${said}slack_of_reused_block${where}")
    vana_probe_test(asan never_handed_out "AddressSanitizer reports a block never handed out" "${said}never_handed_out${where}")
    vana_probe_test(asan right "AddressSanitizer has nothing to say about right uses" "^all right")
else()
    kms_missing("the AddressSanitizer half of the kernel heap's sanitizer tests" "AddressSanitizer")
endif()

find_program(KMEMSIM_VALGRIND valgrind)
find_path(KMEMSIM_VALGRIND_INCLUDE valgrind/memcheck.h)
if(KMEMSIM_SANITIZE)
    # memcheck cannot run a program that was built with another sanitizer: the plain builds run this half
elseif(KMEMSIM_VALGRIND AND KMEMSIM_VALGRIND_INCLUDE)
    vana_probe(memcheck -DKERNEL_VALGRIND)
    target_include_directories(vana_heap_memcheck PRIVATE ${KMEMSIM_VALGRIND_INCLUDE})
    target_include_directories(vana_probe_memcheck PRIVATE ${KMEMSIM_VALGRIND_INCLUDE})
    set(where " \\([^)]*sanitize_probe.c:[0-9]+\\)")
    vana_probe_test(memcheck overflow "memcheck reports one byte beyond a kmalloc"
                    "Invalid write of size 1.*overflow${where}" ${KMEMSIM_VALGRIND})
    vana_probe_test(memcheck use_after_free "memcheck reports a block used after kfree, and who freed it"
                    "Invalid write of size 1.*use_after_free${where}.*3 bytes inside a block of size 10 free'd.*use_after_free${where}"
                    ${KMEMSIM_VALGRIND})
    vana_probe_test(memcheck uninitialised "memcheck reports the use of kernel memory that was never written"
                    "depends on uninitialised value.*uninitialised${where}" ${KMEMSIM_VALGRIND})
    vana_probe_test(memcheck stale_content "memcheck reports what an earlier owner left in a block"
                    "depends on uninitialised value.*stale_content${where}" ${KMEMSIM_VALGRIND})
    vana_probe_test(memcheck right "memcheck has nothing to say about right uses" "all right.*ERROR SUMMARY: 0 errors"
                    ${KMEMSIM_VALGRIND})
else()
    kms_missing("the memcheck half of the kernel heap's sanitizer tests" "valgrind, or its memcheck.h")
endif()
