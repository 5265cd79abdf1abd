# VanaOS's heap under the sanitizers (tests/support/probe.cmake).
include(${PROJECT_SOURCE_DIR}/tests/support/probe.cmake)

kms_add_probe(KERNEL vana PROBE sanitize_probe.c ${PROJECT_SOURCE_DIR}/tests/support/hw_plain.c
    SOURCES ${vana}/heap.c ${vana}/heap_check.c ${vana}/kheap.c ${vana}/status.c ${lib}/runs.c ${lib}/memory.c)

set(said "AddressSanitizer: use-after-poison.*in ")
set(where " .*sanitize_probe.c:[0-9]+")
kms_probe_test(vana asan overflow "AddressSanitizer reports one byte beyond a kmalloc" "${said}overflow${where}")
kms_probe_test(vana asan use_after_free "AddressSanitizer reports a block used after kfree" "${said}use_after_free${where}")
kms_probe_test(vana asan slack_of_reused_block "AddressSanitizer reports the rest of a block that was longer before"
               "${said}slack_of_reused_block${where}")
kms_probe_test(vana asan never_handed_out "AddressSanitizer reports a block never handed out" "${said}never_handed_out${where}")
kms_probe_test(vana asan right "AddressSanitizer has nothing to say about right uses" "^all right")

set(where " \\([^)]*sanitize_probe.c:[0-9]+\\)")
kms_probe_test(vana memcheck overflow "memcheck reports one byte beyond a kmalloc"
               "Invalid write of size 1.*overflow${where}")
kms_probe_test(vana memcheck use_after_free "memcheck reports a block used after kfree, and who freed it"
               "Invalid write of size 1.*use_after_free${where}.*3 bytes inside a block of size 10 free'd.*use_after_free${where}")
kms_probe_test(vana memcheck uninitialised "memcheck reports the use of kernel memory that was never written"
               "depends on uninitialised value.*uninitialised${where}")
kms_probe_test(vana memcheck stale_content "memcheck reports what an earlier owner left in a block"
               "depends on uninitialised value.*stale_content${where}")
kms_probe_test(vana memcheck right "memcheck has nothing to say about right uses" "all right.*ERROR SUMMARY: 0 errors")
