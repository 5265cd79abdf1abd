# kmalloc under the sanitizers (tests/support/probe.cmake): headers and footers are red zones.
include(${PROJECT_SOURCE_DIR}/tests/support/probe.cmake)

set(xelix kmalloc.c kmalloc_bins.c kmalloc_canary.c kmalloc_look.c page_alloc.c)
list(TRANSFORM xelix PREPEND ${PROJECT_SOURCE_DIR}/src/xelix/mem/)
set(lib bitmap.c memory.c runs.c text.c)
list(TRANSFORM lib PREPEND ${PROJECT_SOURCE_DIR}/src/lib/)
kms_add_probe(KERNEL xelix PROBE sanitize_probe.c ${PROJECT_SOURCE_DIR}/tests/support/hw_plain.c
    SOURCES ${xelix} ${lib}
    OPTIONS -I${PROJECT_SOURCE_DIR}/src/xelix -DXELIX_ARENA_PAGES=64u -Dvalloc=xelix_valloc -Dpvalloc=xelix_pvalloc)

set(said "AddressSanitizer: use-after-poison.*in ")
set(where " .*sanitize_probe.c:[0-9]+")
kms_probe_test(xelix asan overflow "AddressSanitizer reports one byte beyond a block of Xelix's" "${said}overflow${where}")
kms_probe_test(xelix asan underflow "AddressSanitizer reports a write before a block of Xelix's" "${said}underflow${where}")
kms_probe_test(xelix asan use_after_free "AddressSanitizer reports a block of Xelix's used after kfree"
               "${said}use_after_free${where}")
kms_probe_test(xelix asan never_handed_out "AddressSanitizer reports memory of Xelix's arena that nobody has"
               "${said}never_handed_out${where}")
kms_probe_test(xelix asan right "AddressSanitizer has nothing to say about Xelix's own words" "^all right")

set(where " \\([^)]*sanitize_probe.c:[0-9]+\\)")
kms_probe_test(xelix memcheck overflow "memcheck reports one byte beyond a block of Xelix's"
               "Invalid write of size 1.*overflow${where}")
kms_probe_test(xelix memcheck underflow "memcheck reports one byte before a block of Xelix's"
               "Invalid write of size 1.*underflow${where}")
kms_probe_test(xelix memcheck use_after_free "memcheck reports a block of Xelix's used after kfree, and who freed it"
               "Invalid write of size 1.*use_after_free${where}.*3 bytes inside a block of size 10 free'd.*use_after_free${where}")
kms_probe_test(xelix memcheck uninitialised "memcheck reports the use of Xelix's memory that was never written"
               "depends on uninitialised value.*uninitialised${where}")
kms_probe_test(xelix memcheck stale_content "memcheck reports what an earlier owner left in a block of Xelix's"
               "depends on uninitialised value.*stale_content${where}")
kms_probe_test(xelix memcheck right "memcheck has nothing to say about Xelix's own words" "all right.*ERROR SUMMARY: 0 errors")
