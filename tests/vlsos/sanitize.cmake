# That the sanitizers see blocks of VlsOs's heap, pages and slabs as they see malloc's: a probe that does one wrong thing,
# and what must be said about it (as in tests/vana/sanitize.cmake, which looks for the tools).
set(renames "")
foreach(name IN ITEMS malloc free memset memcmp memcpy)
    list(APPEND renames -D${name}=kernel_${name})
endforeach()
add_library(vlsos_memory OBJECT ${vlsos}/memory.c)
target_include_directories(vlsos_memory PRIVATE ${PROJECT_SOURCE_DIR}/include)
target_compile_options(vlsos_memory PRIVATE -ffreestanding ${renames})
target_link_libraries(vlsos_memory PRIVATE kmemsim_warnings)

set(plain ${vlsos}/buddy.c ${vlsos}/kmem.c ${vlsos}/kmem_zone.c ${vlsos}/layout.c ${vlsos}/pages.c ${vlsos}/slab.c ${vlsos}/slab_cache.c
    ${vlsos}/slab_check.c ${vlsos}/slab_zone.c ${lib}/bit_tree.c ${lib}/text.c ${PROJECT_SOURCE_DIR}/tests/vana/hw_plain.c)
kms_add_test(NAME vlsos_memory_test SOURCES test_memory.c ${plain} LIBS vlsos_memory)
if(TARGET vlsos_memory_test)
    target_include_directories(vlsos_memory_test PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
endif()

function(vlsos_probe suffix)
    add_library(vlsos_memory_${suffix} OBJECT ${vlsos}/memory.c)
    target_compile_options(vlsos_memory_${suffix} PRIVATE -ffreestanding ${renames})
    add_executable(vlsos_probe_${suffix} sanitize_probe.c ${plain})
    foreach(target vlsos_memory_${suffix} vlsos_probe_${suffix})
        target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include
                                   ${PROJECT_SOURCE_DIR}/tests/vana ${KMEMSIM_VALGRIND_INCLUDE})
        target_compile_options(${target} PRIVATE -gdwarf-4 -O1 -fno-inline -fno-omit-frame-pointer ${ARGN})
        target_link_libraries(${target} PRIVATE kmemsim_warnings)
    endforeach()
    target_link_libraries(vlsos_probe_${suffix} PRIVATE vlsos_memory_${suffix})
endfunction()

function(vlsos_probe_test suffix use sentence pattern)
    add_test(NAME "vlsos_probe: ${sentence}" COMMAND ${ARGN} $<TARGET_FILE:vlsos_probe_${suffix}> ${use})
    set_tests_properties("vlsos_probe: ${sentence}" PROPERTIES LABELS unit TIMEOUT 60 PASS_REGULAR_EXPRESSION "${pattern}")
endfunction()

if(KMEMSIM_HAVE_ASAN)
    vlsos_probe(asan -fsanitize=address)
    target_link_options(vlsos_probe_asan PRIVATE -fsanitize=address)
    set(said "AddressSanitizer: use-after-poison.*in ")
    set(where " .*sanitize_probe.c:[0-9]+")
    vlsos_probe_test(asan overflow "AddressSanitizer reports one byte beyond a request" "${said}overflow${where}")
    vlsos_probe_test(asan use_after_free "AddressSanitizer reports an object used after slab_free" "${said}use_after_free${where}")
    vlsos_probe_test(asan large_overflow "AddressSanitizer reports one byte beyond a large request" "${said}large_overflow${where}")
    vlsos_probe_test(asan heap_overflow "AddressSanitizer reports one byte beyond a malloc" "${said}heap_overflow${where}")
    vlsos_probe_test(asan never_handed_out "AddressSanitizer reports a page never handed out" "${said}never_handed_out${where}")
    vlsos_probe_test(asan right "AddressSanitizer has nothing to say about right uses of slabs and pages" "^all right")
endif()

if(NOT KMEMSIM_SANITIZE AND KMEMSIM_VALGRIND AND KMEMSIM_VALGRIND_INCLUDE)
    vlsos_probe(memcheck -DKERNEL_VALGRIND)
    set(where " \\([^)]*sanitize_probe.c:[0-9]+\\)")
    vlsos_probe_test(memcheck overflow "memcheck reports one byte beyond a request"
                     "Invalid write of size 1.*overflow${where}" ${KMEMSIM_VALGRIND})
    vlsos_probe_test(memcheck use_after_free "memcheck reports an object used after slab_free"
                     "Invalid write of size 1.*use_after_free${where}" ${KMEMSIM_VALGRIND})
    vlsos_probe_test(memcheck uninitialised "memcheck reports the use of memory that was never written"
                     "depends on uninitialised value.*uninitialised${where}" ${KMEMSIM_VALGRIND})
    vlsos_probe_test(memcheck stale_content "memcheck reports what an earlier owner left in an object"
                     "depends on uninitialised value.*stale_content${where}" ${KMEMSIM_VALGRIND})
    vlsos_probe_test(memcheck right "memcheck has nothing to say about right uses of slabs and pages"
                     "all right.*ERROR SUMMARY: 0 errors" ${KMEMSIM_VALGRIND})
endif()
