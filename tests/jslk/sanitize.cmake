# JSLK's heap under the sanitizers (tests/support/probe.cmake): headers and footers are red zones.
include(${PROJECT_SOURCE_DIR}/tests/support/probe.cmake)

set(jslk heap.c heap_block.c heap_check.c ordered_array.c kmalloc.c fail.c watch.c reach.c status.c)
list(TRANSFORM jslk PREPEND ${PROJECT_SOURCE_DIR}/src/jslk/)
kms_add_probe(KERNEL jslk PROBE sanitize_probe.c ${PROJECT_SOURCE_DIR}/tests/support/hw_plain.c
    SOURCES ${jslk} ${PROJECT_SOURCE_DIR}/src/lib/memory_map.c ${PROJECT_SOURCE_DIR}/src/lib/text.c
    OPTIONS "SHELL:-include ${CMAKE_CURRENT_SOURCE_DIR}/probe_config.h")

set(said "AddressSanitizer: use-after-poison.*in ")
set(where " .*sanitize_probe.c:[0-9]+")
kms_probe_test(jslk asan overflow "AddressSanitizer reports one byte beyond a block of JSLK's" "${said}overflow${where}")
kms_probe_test(jslk asan underflow "AddressSanitizer reports a write before a block of JSLK's" "${said}underflow${where}")
kms_probe_test(jslk asan use_after_free "AddressSanitizer reports a block of JSLK's used after kfree"
               "${said}use_after_free${where}")
kms_probe_test(jslk asan never_handed_out "AddressSanitizer reports memory of JSLK's heap that nobody has"
               "${said}never_handed_out${where}")
kms_probe_test(jslk asan right "AddressSanitizer has nothing to say about JSLK's own books" "^all right")

set(where " \\([^)]*sanitize_probe.c:[0-9]+\\)")
kms_probe_test(jslk memcheck overflow "memcheck reports one byte beyond a block of JSLK's"
               "Invalid write of size 1.*overflow${where}")
kms_probe_test(jslk memcheck just_before "memcheck reports one byte before a block of JSLK's"
               "Invalid write of size 1.*just_before${where}")
kms_probe_test(jslk memcheck use_after_free "memcheck reports a block of JSLK's used after kfree, and who freed it"
               "Invalid write of size 1.*use_after_free${where}.*3 bytes inside a block of size 10 free'd.*use_after_free${where}")
kms_probe_test(jslk memcheck uninitialised "memcheck reports the use of JSLK's memory that was never written"
               "depends on uninitialised value.*uninitialised${where}")
kms_probe_test(jslk memcheck stale_content "memcheck reports what an earlier owner left in a block of JSLK's"
               "depends on uninitialised value.*uninitialised${where}")
kms_probe_test(jslk memcheck right "memcheck has nothing to say about JSLK's own books" "all right.*ERROR SUMMARY: 0 errors")
