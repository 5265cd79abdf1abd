# VlsOs's heap, pages and slabs under the sanitizers (tests/support/probe.cmake).
include(${PROJECT_SOURCE_DIR}/tests/support/probe.cmake)

set(renames "")
foreach(name IN ITEMS malloc free memset memcmp memcpy)
    list(APPEND renames -D${name}=kernel_${name})
endforeach()
add_library(vlsos_memory OBJECT ${vlsos}/memory.c)
target_include_directories(vlsos_memory PRIVATE ${PROJECT_SOURCE_DIR}/include)
target_compile_options(vlsos_memory PRIVATE -ffreestanding ${renames})
target_link_libraries(vlsos_memory PRIVATE kmemsim_warnings)

set(plain ${vlsos}/buddy.c ${vlsos}/kmem.c ${vlsos}/layout.c ${vlsos}/pages.c ${vlsos}/slab.c ${vlsos}/slab_cache.c
    ${vlsos}/slab_check.c ${vlsos}/slab_zone.c ${vlsos}/memory_zone.c ${vlsos}/zone.c ${vlsos}/zone_block.c ${lib}/bit_tree.c ${lib}/text.c)
set(machine ${PROJECT_SOURCE_DIR}/tests/support/hw_plain.c)
kms_add_test(NAME vlsos_memory_test SOURCES test_memory.c ${plain} ${machine} LIBS vlsos_memory)
if(TARGET vlsos_memory_test)
    target_include_directories(vlsos_memory_test PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
endif()

kms_add_probe(KERNEL vlsos PROBE sanitize_probe.c ${machine} SOURCES ${vlsos}/memory.c ${plain} OPTIONS ${renames})

set(said "AddressSanitizer: use-after-poison.*in ")
set(where " .*sanitize_probe.c:[0-9]+")
kms_probe_test(vlsos asan overflow "AddressSanitizer reports one byte beyond a request" "${said}overflow${where}")
kms_probe_test(vlsos asan use_after_free "AddressSanitizer reports an object used after slab_free"
               "${said}use_after_free${where}")
kms_probe_test(vlsos asan large_overflow "AddressSanitizer reports one byte beyond a large request"
               "${said}large_overflow${where}")
kms_probe_test(vlsos asan heap_overflow "AddressSanitizer reports one byte beyond a malloc" "${said}heap_overflow${where}")
kms_probe_test(vlsos asan never_handed_out "AddressSanitizer reports a page never handed out"
               "${said}never_handed_out${where}")
kms_probe_test(vlsos asan right "AddressSanitizer has nothing to say about right uses of slabs and pages" "^all right")

set(where " \\([^)]*sanitize_probe.c:[0-9]+\\)")
kms_probe_test(vlsos memcheck overflow "memcheck reports one byte beyond a request"
               "Invalid write of size 1.*overflow${where}")
kms_probe_test(vlsos memcheck use_after_free "memcheck reports an object used after slab_free"
               "Invalid write of size 1.*use_after_free${where}")
kms_probe_test(vlsos memcheck uninitialised "memcheck reports the use of memory that was never written"
               "depends on uninitialised value.*uninitialised${where}")
kms_probe_test(vlsos memcheck stale_content "memcheck reports what an earlier owner left in an object"
               "depends on uninitialised value.*stale_content${where}")
kms_probe_test(vlsos memcheck right "memcheck has nothing to say about right uses of slabs and pages"
               "all right.*ERROR SUMMARY: 0 errors")
